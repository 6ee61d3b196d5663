/* unmatched.h - what became of judgements, for the summary of a command that lays them over rows.
 */
#ifndef TGR_CLI_UNMATCHED_H
#define TGR_CLI_UNMATCHED_H

#include <stdint.h>

#include "engine/cli/session.h"

#define TGR_CLI_JUDGED_FILES 64 /* of one run, at most */

/* How many ids no query has, and the first of them. */
void tgr_cli_say_unmatched(const tgr_cli_session *session, uint64_t unmatched,
                           const char (*first)[64], size_t shown);

/* The files that --outcomes names: their number, or TGR_ERR_ARGUMENT where they are too many. */
tgr_status tgr_cli_read_outcomes(const tgr_cli_arguments *arguments,
                                 const char *files[TGR_CLI_JUDGED_FILES], size_t *count,
                                 tgr_error *error);

#endif
