/* paid.h - what calls cost whose cost was not logged, from their tokens and the prices of the
 * models that served them.
 */
#ifndef TGR_INGEST_PAID_H
#define TGR_INGEST_PAID_H

#include "engine/ingest/part.h"
#include "engine/router/router.h"

/* Starts zeroed. */
typedef struct tgr_paid {
    const tgr_price_options *options; /* NULL: nothing is estimated */
    tgr_strings *names;               /* models that served a query, in order of arrival */
    tgr_router **routers;             /* of each: one of that model alone */
    size_t capacity;
    const tgr_model *
        *prices; /* of the logged models of a part, and their numbers among its models */
    uint32_t *models;
    size_t price_capacity, model_capacity;
} tgr_paid;

/* options: NULL, or prices, which are checked, and described: what must be the same for a run that
 * goes on. */
tgr_status tgr_paid_open(tgr_paid *paid, const tgr_price_options *options, tgr_buffer *described,
                         const tgr_run *run, tgr_error *error);

/* Fills in the costs of a part whose tokens and prices are known. Each model is looked up once, and
 * a warning says where nothing is known of it. Parts come in order, from one thread. */
tgr_status tgr_paid_estimate(tgr_paid *paid, tgr_part *part, const tgr_run *run, tgr_error *error);

/* Warns of words about models that the logs do not have. */
void tgr_paid_tell(const tgr_paid *paid, const tgr_strings *models, const tgr_run *run);

void tgr_paid_free(tgr_paid *paid); /* harmless on a zeroed structure */

#endif
