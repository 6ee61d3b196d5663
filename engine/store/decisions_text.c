/* decisions_text.c - decisions as JSON Lines or MessagePack: pieces of a batch side by side. */
#include <math.h>
#include <string.h>

#include <msgpack.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/json_write.h"
#include "engine/base/memory.h"
#include "engine/base/number.h"
#include "engine/store/decisions_format.h"

#define PIECE_CHOICES 4096 /* decisions formatted by one thread at once */

struct tgr_decisions_text {
    const tgr_decisions_plan *plan;
    bool msgpack;
    tgr_buffer names; /* JSON: the models' names, quoted, and null for none, one after another; */
    size_t *name_starts; /* model_count + 2; with the keys around where there is one threshold */
};

/* What one thread formats with. */
typedef struct formatter {
    const tgr_decisions_text *text;
    tgr_buffer *buffer;
    msgpack_packer packer;
} formatter;

static int pack_bytes(void *data, const char *bytes, size_t length)
{
    tgr_buffer_add(data, bytes, length);
    return 0;
}

static tgr_status quote_names(tgr_decisions_text *text, tgr_error *error)
{
    const tgr_decisions_plan *plan = text->plan;
    bool single = plan->threshold_count == 1;
    text->name_starts = tgr_mem_alloc(plan->model_count + 2, sizeof(*text->name_starts));
    if (!text->name_starts) {
        return tgr_fail_memory(error, "the names of the models");
    }
    for (size_t model = 0; model <= plan->model_count; model++) {
        text->name_starts[model] = text->names.length;
        tgr_buffer_text(&text->names, single ? ",\"model\":" : "");
        if (model < plan->model_count) {
            tgr_json_quote(&text->names, plan->models[model], strlen(plan->models[model]));
        } else {
            tgr_buffer_text(&text->names, "null");
        }
        tgr_buffer_text(&text->names, single ? ",\"margin\":" : "");
    }
    text->name_starts[plan->model_count + 1] = text->names.length;
    return text->names.failed ? tgr_fail_memory(error, "the names of the models") : TGR_OK;
}

tgr_status tgr_decisions_text_open(bool msgpack, const tgr_decisions_plan *plan,
                                   tgr_decisions_text **text, tgr_error *error)
{
    tgr_decisions_text *made = tgr_mem_zalloc(1, sizeof(*made));
    *text = made;
    if (!made) {
        return tgr_fail_memory(error, "the decisions");
    }
    made->plan = plan;
    made->msgpack = msgpack;
    return quote_names(made, error); /* the caller frees */
}

/* ---- JSON Lines ------------------------------------------------------------------------ */

static void json_model(formatter *writer, int16_t model)
{
    size_t name = model < 0 ? writer->text->plan->model_count : (size_t)model;
    const size_t *starts = writer->text->name_starts + name;
    tgr_buffer_add(writer->buffer, writer->text->names.bytes + starts[0], starts[1] - starts[0]);
}

static void json_margin(formatter *writer, const float *margin, size_t at)
{
    char text[TGR_NUMBER_SIZE];
    size_t length = tgr_number_float(text, margin ? margin[at] : NAN);
    tgr_buffer_add(writer->buffer, text, length);
}

static void json_row(formatter *writer, const int16_t *model, const float *margin)
{
    size_t thresholds = writer->text->plan->threshold_count;
    if (thresholds == 1) {
        json_model(writer, model[0]);
        json_margin(writer, margin, 0);
        tgr_buffer_add(writer->buffer, "}\n", 2);
        return;
    }
    tgr_buffer_text(writer->buffer, ",\"models\":[");
    for (size_t i = 0; i < thresholds; i++) {
        tgr_buffer_add(writer->buffer, ",", i > 0);
        json_model(writer, model[i]);
    }
    tgr_buffer_text(writer->buffer, "],\"margins\":[");
    for (size_t i = 0; i < thresholds; i++) {
        tgr_buffer_add(writer->buffer, ",", i > 0);
        json_margin(writer, margin, i);
    }
    tgr_buffer_text(writer->buffer, "]}\n");
}

static void json_id(formatter *writer, const tgr_texts *ids, uint64_t number, size_t row)
{
    tgr_buffer_add(writer->buffer, "{\"id\":", 6);
    if (ids) {
        uint64_t begin = ids->offsets[row], end = ids->offsets[row + 1];
        tgr_json_quote(writer->buffer, ids->bytes + begin, (size_t)(end - begin));
    } else {
        char digits[20];
        tgr_buffer_add(writer->buffer, digits, tgr_decisions_digits(digits, number));
    }
}

/* ---- MessagePack ----------------------------------------------------------------------- */

static void pack_text(msgpack_packer *packer, const char *text, size_t length)
{
    msgpack_pack_str(packer, length);
    msgpack_pack_str_body(packer, text, length);
}

static void pack_model(formatter *writer, int16_t model)
{
    if (model < 0) {
        msgpack_pack_nil(&writer->packer);
    } else {
        pack_text(&writer->packer, writer->text->plan->models[model],
                  strlen(writer->text->plan->models[model]));
    }
}

static void pack_margin(formatter *writer, const float *margin, size_t at)
{
    if (!margin || isnan(margin[at])) {
        msgpack_pack_nil(&writer->packer);
    } else {
        msgpack_pack_float(&writer->packer, margin[at]);
    }
}

static void pack_row(formatter *writer, const int16_t *model, const float *margin)
{
    size_t thresholds = writer->text->plan->threshold_count;
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

static void pack_id(formatter *writer, const tgr_texts *ids, uint64_t number, size_t row)
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

static void format_rows(formatter *writer, const tgr_decisions_rows *rows, size_t begin, size_t end)
{
    size_t thresholds = writer->text->plan->threshold_count;
    for (size_t row = begin; row < end; row++) {
        const int16_t *chosen = rows->model + row * thresholds;
        const float *difference = rows->margin ? rows->margin + row * thresholds : NULL;
        if (writer->text->msgpack) {
            pack_id(writer, rows->ids, rows->first + row, row);
            pack_row(writer, chosen, difference);
        } else {
            json_id(writer, rows->ids, rows->first + row, row);
            json_row(writer, chosen, difference);
        }
    }
}

tgr_status tgr_decisions_text_encode(const tgr_decisions_text *text, const tgr_decisions_rows *rows,
                                     tgr_sink_batch *batch, tgr_error *error)
{
    size_t thresholds = text->plan->threshold_count;
    size_t piece = thresholds < PIECE_CHOICES ? PIECE_CHOICES / thresholds : 1;
    size_t pieces = (rows->count + piece - 1) / piece;
    int threads = text->plan->threads > 0 ? text->plan->threads : 1;
    for (size_t i = 0; i < pieces; i++) {
        if (!tgr_sink_chunk_add(batch, 0, 0)) {
            return tgr_fail_memory(error, "a block of decisions");
        }
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (size_t i = 0; i < pieces; i++) {
        size_t end = (i + 1) * piece;
        formatter writer = {.text = text, .buffer = &batch->chunks[i].bytes};
        msgpack_packer_init(&writer.packer, writer.buffer, pack_bytes);
        format_rows(&writer, rows, i * piece, end < rows->count ? end : rows->count);
    }
    for (size_t i = 0; i < pieces; i++) {
        if (batch->chunks[i].bytes.failed) {
            return tgr_fail_memory(error, "a block of decisions");
        }
    }
    return TGR_OK;
}

void tgr_decisions_text_free(tgr_decisions_text *text)
{
    if (text) {
        tgr_buffer_free(&text->names);
        tgr_mem_free(text->name_starts);
        tgr_mem_free(text);
    }
}
