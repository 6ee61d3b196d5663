/* decisions.c - decisions out: picks the format, keeps count, and puts the file in place. */
#include "engine/store/decisions.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/crew.h"
#include "engine/store/decisions_format.h"

struct tgr_decisions_writer {
    const tgr_decisions_plan *plan;
    char *path;
    uint64_t rows; /* put so far, by the run before too */
    bool console;  /* standard output */
    tgr_target target;
    tgr_sink sink;
    tgr_decisions_text *text; /* NULL: HDF5 */
    tgr_sink_batch *taken;    /* to be filled with so many rows */
    size_t taken_rows;
};

tgr_status tgr_decision_format_of(const char *path, tgr_decision_format *format, tgr_error *error)
{
    static const struct {
        const char *ending;
        tgr_decision_format format;
    } endings[] = {
        {".h5", TGR_DECISIONS_H5},        {".hdf5", TGR_DECISIONS_H5},
        {".h5ad", TGR_DECISIONS_H5},      {".jsonl", TGR_DECISIONS_JSONL},
        {".ndjson", TGR_DECISIONS_JSONL}, {".msgpack", TGR_DECISIONS_MSGPACK},
    };
    if (*format == TGR_DECISIONS_AUTO) {
        const char *ending = strrchr(path, '.');
        for (size_t i = 0; ending && i < sizeof(endings) / sizeof(endings[0]); i++) {
            if (strcasecmp(ending, endings[i].ending) == 0) {
                *format = endings[i].format;
            }
        }
    }
    if (*format == TGR_DECISIONS_AUTO && strcmp(path, "-") == 0) {
        *format = TGR_DECISIONS_JSONL;
    }
    if (*format == TGR_DECISIONS_AUTO) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "%s: its ending names no format of decisions; choose h5, jsonl or msgpack",
                        path);
    }
    if (*format == TGR_DECISIONS_H5 && strcmp(path, "-") == 0) {
        return tgr_fail(
            error, TGR_ERR_ARGUMENT,
            "HDF5 cannot be written to standard output; choose jsonl or msgpack, or name a file");
    }
    return TGR_OK;
}

/* ---- opening --------------------------------------------------------------------------- */

static tgr_status open_h5(tgr_decisions_writer *writer, tgr_error *error)
{
    tgr_decisions_place places[TGR_DECISIONS_REGIONS];
    if (writer->plan->crew != NULL) {
        return tgr_decisions_crew_open(&writer->target, writer->plan, &writer->sink, error);
    }
    tgr_status status = tgr_decisions_h5_create(&writer->target, writer->plan, NULL, places, error);
    for (int i = 0; status == TGR_OK && i < TGR_DECISIONS_REGIONS; i++) {
        if (places[i].row_bytes > 0) {
            status = tgr_sink_region_add(&writer->sink, places[i].offset, places[i].rows,
                                         places[i].row_bytes, error);
        }
    }
    return status;
}

static tgr_status empty_file(tgr_decisions_writer *writer, tgr_error *error)
{
    const tgr_decisions_plan *plan = writer->plan;
    if (plan->checkpoint && unlink(plan->checkpoint) != 0 && errno != ENOENT) {
        return tgr_fail_io(error, plan->checkpoint, "remove", errno);
    }
    tgr_output_sweep_numbered(writer->path, "checkpoint");
    tgr_output_sweep_numbered(writer->path, "partial");
    return ftruncate(writer->target.output.fd, 0) == 0
               ? TGR_OK
               : tgr_fail_io(error, writer->path, "write", errno);
}

/* Takes the file for this run alone, or opens what the first process of a crew has taken, or a part
 * beside it. What is begun afresh must not be taken for what an older checkpoint vouches for, so
 * these go first. */
static tgr_status open_file(tgr_decisions_writer *writer, bool text, tgr_error *error)
{
    const tgr_decisions_plan *plan = writer->plan;
    tgr_output *output = &writer->target.output;
    bool first = tgr_crew_rank(plan->crew) == 0;
    tgr_status status = first ? tgr_output_claim(output, writer->path, error) : TGR_OK;
    if (status == TGR_OK && first && !plan->resume && !plan->keep) {
        status = empty_file(writer, error);
    }
    if (plan->crew != NULL) {
        status = tgr_crew_meet(plan->crew, status, error);
    }
    if (status == TGR_OK && !first) {
        status = text ? tgr_decisions_part_open(&writer->target, plan, writer->path, error)
                      : tgr_output_join(output, writer->path, error);
    }
    writer->sink.fd = output->fd;
    writer->sink.positioned = true;
    return status;
}

/* A text file ends behind what the mark vouches for, which is nothing where there is none. */
static tgr_status recall(tgr_decisions_writer *writer, tgr_error *error)
{
    const tgr_decisions_mark *mark = writer->plan->resume;
    tgr_status status = TGR_OK;
    if (mark) {
        writer->rows = mark->rows;
        status = tgr_sink_recall(&writer->sink, mark, error);
    }
    if (status == TGR_OK && writer->text && !writer->console &&
        ftruncate(writer->target.output.fd, mark ? (off_t)mark->bytes[0] : 0) != 0) {
        status = tgr_fail_io(error, writer->path, "write", errno);
    }
    return status;
}

static tgr_status open_writer(tgr_decisions_writer *writer, tgr_decision_format format,
                              tgr_error *error)
{
    tgr_sink *sink = &writer->sink;
    const tgr_decisions_plan *plan = writer->plan;
    tgr_status status = TGR_OK;
    sink->path = writer->console ? "standard output" : writer->path;
    sink->fd = STDOUT_FILENO;
    sink->save = plan->save;
    sink->save_user = plan->save_user;
    if (!writer->console) {
        TGR_TRY(open_file(writer, format != TGR_DECISIONS_H5, error));
    }
    if (format == TGR_DECISIONS_H5) {
        TGR_TRY(open_h5(writer, error));
    } else {
        TGR_TRY(
            tgr_decisions_text_open(format == TGR_DECISIONS_MSGPACK, plan, &writer->text, error));
        TGR_TRY(tgr_sink_region_add(sink, 0, 0, 0, error));
    }
    TGR_TRY(recall(writer, error));
    TGR_TRY(tgr_sink_start(sink, error));
done:
    return plan->crew != NULL ? tgr_crew_meet(plan->crew, status, error) : status;
}

tgr_status tgr_decisions_open(const char *path, tgr_decision_format format,
                              const tgr_decisions_plan *plan, tgr_decisions_writer **writer,
                              tgr_error *error)
{
    *writer = NULL;
    tgr_decisions_writer *made = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_decision_format_of(path, &format, error));
    made = tgr_mem_zalloc(1, sizeof(*made));
    if (!made) {
        status = tgr_fail_memory(error, path);
        goto done;
    }
    made->plan = plan;
    made->target.output.fd = -1;
    made->path = tgr_mem_string(path);
    if (!made->path) {
        status = tgr_fail_memory(error, path);
        goto done;
    }
    made->console = strcmp(path, "-") == 0;
    status = open_writer(made, format, error);
done:
    if (status != TGR_OK) {
        /* What is refused is not thrown away: whoever sees the reason decides. */
        bool refused = (plan->resume || plan->keep) && status == TGR_ERR_INPUT;
        refused ? tgr_decisions_leave(made) : tgr_decisions_free(made);
        return status;
    }
    *writer = made;
    return TGR_OK;
}

/* ---- putting --------------------------------------------------------------------------- */

static uint64_t planned_rows(const tgr_decisions_writer *writer)
{
    return writer->plan->crew != NULL ? writer->plan->part_rows : writer->plan->rows;
}

static tgr_status check_rows(const tgr_decisions_writer *writer, uint64_t rows, tgr_error *error)
{
    return rows <= planned_rows(writer) - writer->rows
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_ARGUMENT, "%s: more decisions than were planned",
                          writer->path);
}

static uint64_t first_row(const tgr_decisions_writer *writer)
{
    return writer->plan->crew != NULL ? writer->plan->part_first : writer->plan->first_row;
}

tgr_status tgr_decisions_put(tgr_decisions_writer *writer, const tgr_texts *ids,
                             const int16_t *model, const float *margin, size_t rows,
                             tgr_error *error)
{
    tgr_sink_batch *batch;
    const tgr_decisions_rows decisions = {.ids = ids && ids->bytes ? ids : NULL,
                                          .model = model,
                                          .margin = margin,
                                          .first = first_row(writer) + writer->rows,
                                          .count = rows};
    tgr_status status = TGR_OK;
    TGR_TRY(check_rows(writer, rows, error));
    TGR_TRY(tgr_sink_take(&writer->sink, &batch, error));
    TGR_TRY(writer->text
                ? tgr_decisions_text_encode(writer->text, &decisions, batch, error)
                : tgr_decisions_h5_encode(writer->plan, &decisions, writer->path, batch, error));
    tgr_sink_give(&writer->sink);
    writer->rows += rows;
done:
    return status;
}

tgr_status tgr_decisions_take(tgr_decisions_writer *writer, size_t rows, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(check_rows(writer, rows, error));
    TGR_TRY(tgr_sink_take(&writer->sink, &writer->taken, error));
    TGR_TRY(tgr_decisions_h5_room(writer->plan, rows, writer->taken, error));
    writer->taken_rows = rows;
done:
    return status;
}

tgr_status tgr_decisions_fill(tgr_decisions_writer *writer, size_t at, const tgr_texts *ids,
                              const int16_t *model, const float *margin, size_t rows,
                              tgr_error *error)
{
    const tgr_decisions_rows decisions = {.ids = ids && ids->bytes ? ids : NULL,
                                          .model = model,
                                          .margin = margin,
                                          .first = first_row(writer) + writer->rows + at,
                                          .count = rows};
    return tgr_decisions_h5_put(writer->plan, &decisions, writer->path, at, writer->taken, error);
}

void tgr_decisions_give(tgr_decisions_writer *writer)
{
    tgr_sink_give(&writer->sink);
    writer->rows += writer->taken_rows;
}

tgr_status tgr_decisions_put_bytes(tgr_decisions_writer *writer, int region, const void *bytes,
                                   size_t length, uint64_t rows, tgr_error *error)
{
    tgr_sink_batch *batch;
    tgr_status status = TGR_OK;
    bool numbered = tgr_decisions_numbered(writer->plan);
    TGR_TRY(check_rows(writer, rows, error));
    writer->rows += rows;
    if (length == 0 || (numbered && region == TGR_REGION_INDEX)) {
        goto done;
    }
    TGR_TRY(tgr_sink_take(&writer->sink, &batch, error));
    tgr_sink_chunk *chunk = tgr_sink_chunk_add(batch, region - numbered, length);
    if (!chunk) {
        status = tgr_fail_memory(error, "a block of decisions");
        goto done;
    }
    memcpy(chunk->bytes.bytes, bytes, length);
    tgr_sink_give(&writer->sink);
done:
    return status;
}

tgr_status tgr_decisions_checkpoint(tgr_decisions_writer *writer, const tgr_buffer *state,
                                    tgr_error *error)
{
    tgr_sink_batch *batch;
    tgr_status status = tgr_sink_take(&writer->sink, &batch, error);
    if (status == TGR_OK) {
        tgr_buffer_add(&batch->state, state->bytes, state->length);
        batch->mark = true;
        tgr_sink_give(&writer->sink);
    }
    return status;
}

/* ---- the end --------------------------------------------------------------------------- */

tgr_status tgr_decisions_finish(tgr_decisions_writer *writer, tgr_decisions_mark *mark,
                                tgr_error *error)
{
    tgr_status status = tgr_sink_finish(&writer->sink, error);
    if (status == TGR_OK && mark) {
        tgr_sink_mark(&writer->sink, mark);
        mark->rows = writer->rows;
    }
    return status;
}

tgr_status tgr_decisions_join(tgr_decisions_writer *writer, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (writer->plan->crew != NULL && writer->text) {
        TGR_TRY(tgr_decisions_finish(writer, NULL, error));
        TGR_TRY(tgr_decisions_parts_join(&writer->target, writer->plan, &writer->sink, error));
    }
done:
    return status;
}

static void drop_checkpoint(const tgr_decisions_writer *writer)
{
    if (writer->plan->checkpoint) {
        unlink(writer->plan->checkpoint);
    }
}

tgr_status tgr_decisions_commit(tgr_decisions_writer *writer, tgr_error *error)
{
    tgr_decisions_place places[TGR_DECISIONS_REGIONS];
    tgr_status status = TGR_OK;
    if (writer->rows != planned_rows(writer)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s: fewer decisions than were planned",
                        writer->path);
    }
    TGR_TRY(tgr_decisions_finish(writer, NULL, error));
    if (writer->console) {
        goto done;
    }
    if (writer->plan->crew != NULL) {
        TGR_TRY(writer->text ? tgr_decisions_parts_commit(&writer->target, writer->plan, error)
                             : tgr_decisions_crew_commit(&writer->target, writer->plan,
                                                         &writer->sink, error));
        drop_checkpoint(writer);
        goto done;
    }
    if (!writer->text) {
        TGR_TRY(
            tgr_decisions_h5_create(&writer->target, writer->plan, &writer->sink, places, error));
    }
    status = tgr_output_commit(&writer->target.output, error);
    drop_checkpoint(writer); /* in place or given up, there is nothing to continue */
done:
    return status;
}

static void close_writer(tgr_decisions_writer *writer)
{
    tgr_sink_close(&writer->sink);
    tgr_decisions_text_free(writer->text);
    tgr_mem_free(writer->path);
    tgr_mem_free(writer);
}

void tgr_decisions_leave(tgr_decisions_writer *writer)
{
    if (writer) {
        tgr_sink_close(&writer->sink);
        tgr_output_leave(&writer->target.output);
        close_writer(writer);
    }
}

void tgr_decisions_free(tgr_decisions_writer *writer)
{
    if (!writer) {
        return;
    }
    tgr_sink_close(&writer->sink);
    const tgr_output *output = &writer->target.output;
    if (output->temporary || (writer->plan->crew != NULL && output->fd >= 0)) {
        /* ours, and not in place */
        drop_checkpoint(writer);
    }
    tgr_output_abandon(&writer->target.output);
    close_writer(writer);
}
