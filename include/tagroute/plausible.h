/* plausible.h - whether the tokens and costs of a log can be what they say. */
#ifndef TAGROUTE_PLAUSIBLE_H
#define TAGROUTE_PLAUSIBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/prices.h>
#include <tagroute/router.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tgr_plausible_options {
    size_t size;               /* sizeof(tgr_plausible_options) */
    const char *const *inputs; /* query files */
    size_t input_count;
    const tgr_router *router;        /* whose prices recorded costs are compared with, or NULL */
    const tgr_price_options *prices; /* the same without a router, for the files' models; or NULL */
    uint64_t most;    /* queries of each file looked at, in 16 even stretches; 0: all of them */
    bool some_models; /* words of `prices` about models that a file lacks are passed over, and
                       * nothing is said of models without a price */
} tgr_plausible_options;

/* Looks for what honest logs do not have, and says each in a warning through run:
 *
 * - the same number of prompt tokens, or of a model's completion tokens, in all of at least 20
 *   queries;
 * - costs of 0 recorded for at least 1 % of a model's answers that have one;
 * - recorded costs that differ by more than 5 % from tokens times price, where that is known, for
 *   at least 1 % of a model's answers: how many, and what both come to in all.
 *
 * With a router, a note says for which models costs are recorded: these go before computed ones.
 * Estimated tokens (/obs/prompt_tokens_from) are neither counted nor compared. */
TGR_API tgr_status tgr_plausible(const tgr_plausible_options *options, const tgr_run *run,
                                 tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
