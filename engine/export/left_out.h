/* left_out.h - requests that were not exported, each in a line of left_out.jsonl, and how many of
 * each reason. */
#ifndef TGR_EXPORT_LEFT_OUT_H
#define TGR_EXPORT_LEFT_OUT_H

#include <stdint.h>

#include "engine/base/buffer.h"
#include "engine/base/json_write.h"
#include "engine/base/output.h"
#include "engine/log/record.h"

#define TGR_LEFT_OUT_REASONS 32

/* Starts zeroed. */
typedef struct tgr_left_out {
    tgr_output output;
    bool open;
    tgr_buffer waiting;
    char *reasons[TGR_LEFT_OUT_REASONS]; /* distinct; what comes beyond counts as the last */
    uint64_t counts[TGR_LEFT_OUT_REASONS];
    size_t reason_count;
    uint64_t total;
} tgr_left_out;

/* log: its name. id: may be missing. why: without any text of the log. */
tgr_status tgr_left_out_add(tgr_left_out *out, const char *path, const char *log,
                            const tgr_log_item *item, const tgr_text *id, const char *why,
                            tgr_error *error);

/* Puts the file in place, if anything was left out. */
tgr_status tgr_left_out_commit(tgr_left_out *out, tgr_error *error);

/* {reason: count, ...} */
void tgr_left_out_write(const tgr_left_out *out, tgr_json *json, const char *key);

void tgr_left_out_close(tgr_left_out *out);

#endif
