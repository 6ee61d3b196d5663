/* mixed.c - ridge that lets categories speak: a mixed model, with the category as a nearly free
 * effect and every other tag as a small one.
 *
 * A category stands on many queries and says the most about them; the penalty that keeps thousands
 * of rare tags quiet keeps it too quiet as well. Here a tag cat:... is penalised by a small part of
 * alpha. Without the category as a tag this is ridge.
 */
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/scorer/ridge.h"

#define CATEGORY_PREFIX  "cat:" /* as ingest writes them */
#define CATEGORY_PENALTY (1.0 / 32)

static tgr_status learn(tgr_learning *learning, const tgr_router *settings, float *weights,
                        float *bias, tgr_error *error)
{
    size_t tags = learning->values->tags;
    double *relative = tgr_mem_alloc(tags, sizeof *relative);
    if (relative == NULL) {
        return tgr_fail_memory(error, "the penalties");
    }
    for (size_t tag = 0; tag < tags; tag++) {
        const char *name = tgr_strings_get(settings->tags, (uint32_t)tag, NULL);
        bool category =
            settings->category_tag && strncmp(name, CATEGORY_PREFIX, strlen(CATEGORY_PREFIX)) == 0;
        relative[tag] = category ? CATEGORY_PENALTY : 1;
    }
    tgr_status status = tgr_ridge_learn(learning, settings, relative, weights, bias, error);
    tgr_mem_free(relative);
    return status;
}

const tgr_scorer tgr_scorer_mixed = {.name = "mixed",
                                     .default_count = TGR_COUNT_BINARY,
                                     .parameter = "alpha",
                                     .wants_values = true,
                                     .walks = true,
                                     .learn = learn};
