/* oddities.h - what is odd about tokens and costs, gathered batch by batch. */
#ifndef TGR_PLAUSIBLE_ODDITIES_H
#define TGR_PLAUSIBLE_ODDITIES_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/run.h>

#include "engine/base/buffer.h"
#include "engine/base/exact.h"
#include "engine/base/json_write.h"
#include "engine/router/router.h"
#include "engine/store/query_read.h"

/* What batches have to be read with. */
#define TGR_ODDITY_WANTS                                                                           \
    (TGR_WANT_PROMPT_TOKENS | TGR_WANT_CACHED_TOKENS | TGR_WANT_TOKENS_FROM | TGR_WANT_COST |      \
     TGR_WANT_COMPLETION_TOKENS)

typedef struct tgr_spread { /* of numbers of tokens */
    uint64_t count;
    double least, most;
} tgr_spread;

typedef struct tgr_model_oddities {
    tgr_spread completions;
    uint64_t costs, zeros; /* recorded */
    uint64_t compared, differing;
    tgr_sum recorded, computed; /* of those compared */
} tgr_model_oddities;

typedef struct tgr_oddities {
    uint64_t queries;
    tgr_spread prompts;
    tgr_model_oddities *models; /* of the file */
    const tgr_model **priced;   /* likewise: what the router knows of each; NULL: nothing */
    size_t count;
} tgr_oddities;

/* router: whose prices costs are compared with; NULL: they are not. It must outlive this. */
tgr_status tgr_oddities_open(tgr_oddities *odd, const tgr_query_file *file,
                             const tgr_router *router, tgr_error *error);
void tgr_oddities_close(tgr_oddities *odd); /* harmless on a zeroed structure */

void tgr_oddities_add(tgr_oddities *odd, const tgr_batch *batch);

/* Each oddity as a sentence, through `say`. */
typedef void tgr_oddity_say(void *user, const char *sentence);
tgr_status tgr_oddities_tell(const tgr_oddities *odd, const tgr_query_file *file,
                             tgr_oddity_say *say, void *user, tgr_error *error);

/* All that was counted, as the object `plausibility`. */
void tgr_oddities_json(const tgr_oddities *odd, const tgr_query_file *file, tgr_json *json);

#endif
