/* query_source.h - what an open query file holds between reads; the store's own. */
#ifndef TGR_STORE_QUERY_SOURCE_H
#define TGR_STORE_QUERY_SOURCE_H

#include "engine/store/column.h"
#include "engine/store/layout.h"
#include "engine/store/query_read.h"
#include "engine/store/x.h"

struct tgr_query_source {
    tgr_h5_file file;
    bool own; /* written by tagroute and not changed since */
    tgr_x x;
    tgr_array ids;
    tgr_code_column split, category, allow, deny, needs, logged_model, tokens_from;
    tgr_number_column prompt_tokens, cached_tokens, logged_cost, propensity, weight;
    tgr_matrix_column score, outcome, cost, completion_tokens, propensities;
    tgr_code_column more[TGR_MORE_COLUMNS]; /* once tgr_query_open_more was called */
    tgr_code_column source; /* this and the next four: once tgr_query_open_origins was called */
    tgr_array position, record_bytes, record_part, text;
};

/* What tagroute wrote into /uns/tagroute, with *own set where all of it is still as it was. */
tgr_status tgr_query_read_header(tgr_query_file *file, tgr_error *error);

#endif
