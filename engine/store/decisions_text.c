/* decisions_text.c - decisions as JSON Lines or MessagePack, to a file or standard output. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include <msgpack.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/json_write.h"
#include "engine/base/memory.h"
#include "engine/base/number.h"
#include "engine/base/output.h"
#include "engine/store/decisions_format.h"

#define BLOCK_BYTES (1u << 20) /* written at once */

struct tgr_decisions_text {
    const tgr_decisions_plan *plan;
    tgr_output output; /* path NULL: standard output */
    bool msgpack;
    tgr_buffer buffer;
    tgr_buffer names;    /* JSON: the models' names, quoted, one after another */
    size_t *name_starts; /* model_count + 1 */
    msgpack_packer packer;
};

static int pack_bytes(void *data, const char *bytes, size_t length)
{
    tgr_buffer_add(data, bytes, length);
    return 0;
}

static tgr_status flush(tgr_decisions_text *writer, tgr_error *error)
{
    bool console = !writer->output.path;
    if (writer->buffer.failed) {
        return tgr_fail_memory(error, "a block of decisions");
    }
    tgr_status status = tgr_write_all(console ? STDOUT_FILENO : writer->output.fd,
                                      writer->buffer.bytes, writer->buffer.length,
                                      console ? "standard output" : writer->output.path, error);
    tgr_buffer_clear(&writer->buffer);
    return status;
}

static tgr_status quote_names(tgr_decisions_text *writer, tgr_error *error)
{
    const tgr_decisions_plan *plan = writer->plan;
    writer->name_starts = tgr_mem_alloc(plan->model_count + 1, sizeof(*writer->name_starts));
    if (!writer->name_starts) {
        return tgr_fail_memory(error, "the names of the models");
    }
    for (size_t model = 0; model < plan->model_count; model++) {
        writer->name_starts[model] = writer->names.length;
        tgr_json_quote(&writer->names, plan->models[model], strlen(plan->models[model]));
    }
    writer->name_starts[plan->model_count] = writer->names.length;
    return writer->names.failed ? tgr_fail_memory(error, "the names of the models") : TGR_OK;
}

tgr_status tgr_decisions_text_open(const char *path, bool msgpack, const tgr_decisions_plan *plan,
                                   tgr_decisions_text **writer, tgr_error *error)
{
    tgr_decisions_text *made = tgr_mem_zalloc(1, sizeof(*made));
    *writer = made;
    if (!made) {
        return tgr_fail_memory(error, path);
    }
    made->plan = plan;
    made->msgpack = msgpack;
    made->output.fd = -1;
    msgpack_packer_init(&made->packer, &made->buffer, pack_bytes);
    tgr_status status = quote_names(made, error);
    if (status == TGR_OK && strcmp(path, "-") != 0) {
        status = tgr_output_open(&made->output, path, error);
    }
    return status; /* the caller frees */
}

/* ---- JSON Lines ------------------------------------------------------------------------ */

static void json_model(tgr_decisions_text *writer, int16_t model)
{
    if (model < 0) {
        tgr_buffer_add(&writer->buffer, "null", 4);
        return;
    }
    const size_t *starts = writer->name_starts + model;
    tgr_buffer_add(&writer->buffer, writer->names.bytes + starts[0], starts[1] - starts[0]);
}

static void json_margin(tgr_decisions_text *writer, const float *margin, size_t at)
{
    char text[TGR_NUMBER_SIZE];
    size_t length = tgr_number_float(text, margin ? margin[at] : NAN);
    tgr_buffer_add(&writer->buffer, text, length);
}

static void json_row(tgr_decisions_text *writer, const int16_t *model, const float *margin)
{
    size_t thresholds = writer->plan->threshold_count;
    if (thresholds == 1) {
        tgr_buffer_text(&writer->buffer, ",\"model\":");
        json_model(writer, model[0]);
        tgr_buffer_text(&writer->buffer, ",\"margin\":");
        json_margin(writer, margin, 0);
        tgr_buffer_text(&writer->buffer, "}\n");
        return;
    }
    tgr_buffer_text(&writer->buffer, ",\"models\":[");
    for (size_t i = 0; i < thresholds; i++) {
        tgr_buffer_add(&writer->buffer, ",", i > 0);
        json_model(writer, model[i]);
    }
    tgr_buffer_text(&writer->buffer, "],\"margins\":[");
    for (size_t i = 0; i < thresholds; i++) {
        tgr_buffer_add(&writer->buffer, ",", i > 0);
        json_margin(writer, margin, i);
    }
    tgr_buffer_text(&writer->buffer, "]}\n");
}

static void json_id(tgr_decisions_text *writer, const tgr_texts *ids, uint64_t number, size_t row)
{
    tgr_buffer_text(&writer->buffer, "{\"id\":");
    if (ids) {
        uint64_t begin = ids->offsets[row], end = ids->offsets[row + 1];
        tgr_json_quote(&writer->buffer, ids->bytes + begin, (size_t)(end - begin));
    } else {
        tgr_buffer_format(&writer->buffer, "%" PRIu64, number);
    }
}

/* ---- MessagePack ----------------------------------------------------------------------- */

static void pack_text(msgpack_packer *packer, const char *text, size_t length)
{
    msgpack_pack_str(packer, length);
    msgpack_pack_str_body(packer, text, length);
}

static void pack_model(tgr_decisions_text *writer, int16_t model)
{
    if (model < 0) {
        msgpack_pack_nil(&writer->packer);
    } else {
        pack_text(&writer->packer, writer->plan->models[model],
                  strlen(writer->plan->models[model]));
    }
}

static void pack_margin(tgr_decisions_text *writer, const float *margin, size_t at)
{
    if (!margin || isnan(margin[at])) {
        msgpack_pack_nil(&writer->packer);
    } else {
        msgpack_pack_float(&writer->packer, margin[at]);
    }
}

static void pack_row(tgr_decisions_text *writer, const int16_t *model, const float *margin)
{
    size_t thresholds = writer->plan->threshold_count;
    msgpack_packer *packer = &writer->packer;
    bool single = thresholds == 1;
    pack_text(packer, single ? "model" : "models", single ? 5 : 6);
    if (!single) {
        msgpack_pack_array(packer, thresholds);
    }
    for (size_t i = 0; i < thresholds; i++) {
        pack_model(writer, model[i]);
    }
    pack_text(packer, single ? "margin" : "margins", single ? 6 : 7);
    if (!single) {
        msgpack_pack_array(packer, thresholds);
    }
    for (size_t i = 0; i < thresholds; i++) {
        pack_margin(writer, margin, i);
    }
}

static void pack_id(tgr_decisions_text *writer, const tgr_texts *ids, uint64_t number, size_t row)
{
    msgpack_pack_map(&writer->packer, 3);
    pack_text(&writer->packer, "id", 2);
    if (ids) {
        uint64_t begin = ids->offsets[row], end = ids->offsets[row + 1];
        pack_text(&writer->packer, ids->bytes + begin, (size_t)(end - begin));
    } else {
        msgpack_pack_uint64(&writer->packer, number);
    }
}

/* ---- both ------------------------------------------------------------------------------ */

tgr_status tgr_decisions_text_put(tgr_decisions_text *writer, const tgr_texts *ids,
                                  const int16_t *model, const float *margin, uint64_t first_row,
                                  size_t rows, tgr_error *error)
{
    size_t thresholds = writer->plan->threshold_count;
    for (size_t row = 0; row < rows; row++) {
        const int16_t *chosen = model + row * thresholds;
        const float *difference = margin ? margin + row * thresholds : NULL;
        if (writer->msgpack) {
            pack_id(writer, ids, first_row + row, row);
            pack_row(writer, chosen, difference);
        } else {
            json_id(writer, ids, first_row + row, row);
            json_row(writer, chosen, difference);
        }
        if (writer->buffer.length >= BLOCK_BYTES || writer->buffer.failed) {
            tgr_status status = flush(writer, error);
            if (status != TGR_OK) {
                return status;
            }
        }
    }
    return TGR_OK;
}

tgr_status tgr_decisions_text_commit(tgr_decisions_text *writer, tgr_error *error)
{
    tgr_status status = flush(writer, error);
    if (status == TGR_OK && writer->output.path) {
        status = tgr_output_commit(&writer->output, error);
    }
    return status;
}

void tgr_decisions_text_free(tgr_decisions_text *writer)
{
    if (!writer) {
        return;
    }
    tgr_output_abandon(&writer->output);
    tgr_buffer_free(&writer->buffer);
    tgr_buffer_free(&writer->names);
    tgr_mem_free(writer->name_starts);
    tgr_mem_free(writer);
}
