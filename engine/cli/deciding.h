/* deciding.h - the options that say how queries are decided, shared by route and simulate. */
#ifndef TGR_CLI_DECIDING_H
#define TGR_CLI_DECIDING_H

#include <tagroute/policy.h>

#include "engine/cli/options.h"

extern const tgr_cli_group tgr_cli_deciding_group;

typedef struct tgr_cli_deciding {
    tgr_policy policy;
    double *thresholds; /* NULL where none were given */
    size_t threshold_count;
    const char *fallback; /* NULL: none */
    const char *split;    /* NULL: every query */
    double align_min;     /* 0: as the router says */
} tgr_cli_deciding;

tgr_status tgr_cli_deciding_read(tgr_cli_deciding *deciding, const tgr_cli_arguments *arguments,
                                 tgr_error *error);
void tgr_cli_deciding_free(tgr_cli_deciding *deciding);

/* The option that gives the threshold of a policy: "theta", "lambda" or "tau". */
const char *tgr_cli_threshold_option(tgr_policy policy);

#endif
