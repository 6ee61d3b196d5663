/* tagging.h - a run: records in, texts asked about, records out in the order they came. */
#ifndef TGR_ENDPOINT_TAGGING_H
#define TGR_ENDPOINT_TAGGING_H

#include <tagroute/endpoint.h>

#include "engine/base/output.h"
#include "engine/endpoint/answer.h"
#include "engine/endpoint/answer_cache.h"
#include "engine/endpoint/asking.h"
#include "engine/endpoint/prompt.h"
#include "engine/endpoint/records.h"
#include "engine/endpoint/window.h"
#include "engine/log/record.h"
#include "engine/log/writer.h"

/* Starts zeroed. */
typedef struct tgr_tagging {
    tgr_endpoint_options options;
    const tgr_run *run;
    tgr_endpoint_report report;
    tgr_ingest_report bad; /* bad records alone */
    tgr_bad_reason first_bad;

    tgr_records records;
    tgr_record record;
    tgr_prompt prompt;
    tgr_buffer said, body; /* the prompt with a text, and the request that says it */
    XXH3_state_t *hash;
    XXH128_hash_t settings; /* of everything that an answer depends on but the text */

    char *cache_path;
    tgr_answer_cache cache;
    tgr_http *http;
    tgr_asking asking;
    tgr_window window;
    uint64_t done; /* of the logs, for progress */

    tgr_answer_reader reader;
    tgr_tags tags;
    tgr_log_shape shape;
    tgr_output output;
    bool claimed;
    bool left; /* another run has begun the output and left it */
    tgr_log_writer *writer;
} tgr_tagging;

/* Hashes the settings. TGR_ERR_NOMEM. */
tgr_status tgr_tagging_begin(tgr_tagging *tagging, tgr_error *error);

/* Takes every record through; everything has been opened. */
tgr_status tgr_tagging_run(tgr_tagging *tagging, tgr_error *error);

#endif
