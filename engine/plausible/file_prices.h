/* file_prices.h - what a query file's models cost, without a router for them. */
#ifndef TGR_PLAUSIBLE_FILE_PRICES_H
#define TGR_PLAUSIBLE_FILE_PRICES_H

#include <tagroute/prices.h>

#include "engine/router/router.h"
#include "engine/store/query_read.h"

/* A router of the file's models and nothing but their prices, the caller's to free. all: words
 * about other models are wrong; else they are passed over, and nothing is said. */
tgr_status tgr_file_prices(const tgr_query_file *file, const tgr_price_options *prices, bool all,
                           tgr_router **router, const tgr_run *run, tgr_error *error);

#endif
