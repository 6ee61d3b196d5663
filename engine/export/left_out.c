/* left_out.c - see left_out.h. */
#include "engine/export/left_out.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

#define WRITE_BYTES ((size_t)1 << 16)

static tgr_status flush(tgr_left_out *out, tgr_error *error)
{
    if (out->waiting.failed) {
        return tgr_fail_memory(error, "the list of what is left out");
    }
    tgr_status status = tgr_write_all(out->output.fd, out->waiting.bytes, out->waiting.length,
                                      out->output.path, error);
    tgr_buffer_clear(&out->waiting);
    return status;
}

static tgr_status count(tgr_left_out *out, const char *why, tgr_error *error)
{
    size_t at = 0;
    while (at < out->reason_count && strcmp(out->reasons[at], why) != 0) {
        at++;
    }
    if (at == TGR_LEFT_OUT_REASONS) {
        at--;
    }
    if (at == out->reason_count) {
        out->reasons[at] = tgr_mem_string(why);
        if (out->reasons[at] == NULL) {
            return tgr_fail_memory(error, "the list of what is left out");
        }
        out->reason_count++;
    }
    out->counts[at]++;
    out->total++;
    return TGR_OK;
}

tgr_status tgr_left_out_add(tgr_left_out *out, const char *path, const char *log,
                            const tgr_log_item *item, const tgr_text *id, const char *why,
                            tgr_error *error)
{
    tgr_json json;
    tgr_status status = TGR_OK;
    if (!out->open) {
        TGR_TRY(tgr_output_open(&out->output, path, error));
        out->open = true;
    }
    TGR_TRY(count(out, why, error));
    tgr_json_begin(&json, &out->waiting, false);
    tgr_json_object(&json, NULL);
    tgr_json_string(&json, "log", log);
    tgr_json_unsigned(&json, "position", item->position);
    tgr_json_unsigned(&json, "part", item->part);
    if (id->bytes == NULL) {
        tgr_json_string(&json, "id", NULL);
    } else {
        tgr_json_string_n(&json, "id", id->bytes, id->length);
    }
    tgr_json_string(&json, "reason", why);
    tgr_json_end_object(&json);
    tgr_buffer_text(&out->waiting, "\n");
    if (out->waiting.length >= WRITE_BYTES) {
        TGR_TRY(flush(out, error));
    }
done:
    return status;
}

tgr_status tgr_left_out_commit(tgr_left_out *out, tgr_error *error)
{
    if (!out->open) {
        return TGR_OK;
    }
    tgr_status status = flush(out, error);
    if (status == TGR_OK) {
        status = tgr_output_commit(&out->output, error);
        out->open = status != TGR_OK;
    }
    return status;
}

void tgr_left_out_write(const tgr_left_out *out, tgr_json *json, const char *key)
{
    tgr_json_object(json, key);
    for (size_t i = 0; i < out->reason_count; i++) {
        tgr_json_unsigned(json, out->reasons[i], out->counts[i]);
    }
    tgr_json_end_object(json);
}

void tgr_left_out_close(tgr_left_out *out)
{
    if (out->open) {
        tgr_output_abandon(&out->output);
    }
    for (size_t i = 0; i < out->reason_count; i++) {
        tgr_mem_free(out->reasons[i]);
    }
    tgr_buffer_free(&out->waiting);
    *out = (tgr_left_out){0};
}
