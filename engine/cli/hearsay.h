/* hearsay.h - what the library says to processes that do not speak, told by the one that does. */
#ifndef TGR_CLI_HEARSAY_H
#define TGR_CLI_HEARSAY_H

#include <tagroute/crew.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

/* Keeps a note or warning, in whichever process it came up; beyond some, none. */
void tgr_cli_hearsay_keep(tgr_level level, const char *sentence);

/* Every process takes part: what came up in others alone is said by the first, once. */
tgr_status tgr_cli_hearsay_tell(const tgr_crew *crew, tgr_error *error);

#endif
