/* decisions.c - decisions out: picks the format and keeps count. */
#include "engine/store/decisions.h"

#include <string.h>
#include <strings.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/decisions_format.h"

struct tgr_decisions_writer {
    const tgr_decisions_plan *plan;
    char *path;
    uint64_t rows; /* put so far */
    tgr_decisions_h5 *h5;
    tgr_decisions_text *text;
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

tgr_status tgr_decisions_open(const char *path, tgr_decision_format format,
                              const tgr_decisions_plan *plan, tgr_decisions_writer **writer,
                              tgr_error *error)
{
    *writer = NULL;
    tgr_decisions_writer *made = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_decision_format_of(path, &format, error));
    made = tgr_mem_zalloc(1, sizeof(*made));
    if (!made || !(made->path = tgr_mem_string(path))) {
        status = tgr_fail_memory(error, path);
        goto done;
    }
    made->plan = plan;
    status = format == TGR_DECISIONS_H5
                 ? tgr_decisions_h5_open(path, plan, &made->h5, error)
                 : tgr_decisions_text_open(path, format == TGR_DECISIONS_MSGPACK, plan, &made->text,
                                           error);
done:
    if (status != TGR_OK) {
        tgr_decisions_free(made);
        return status;
    }
    *writer = made;
    return TGR_OK;
}

tgr_status tgr_decisions_put(tgr_decisions_writer *writer, const tgr_texts *ids,
                             const int16_t *model, const float *margin, size_t rows,
                             tgr_error *error)
{
    if (rows > writer->plan->rows - writer->rows) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s: more decisions than were planned",
                        writer->path);
    }
    const tgr_texts *known = ids && ids->bytes ? ids : NULL;
    tgr_status status =
        writer->h5
            ? tgr_decisions_h5_put(writer->h5, known, model, margin, writer->rows, rows, error)
            : tgr_decisions_text_put(writer->text, known, model, margin, writer->rows, rows, error);
    writer->rows += rows;
    return status;
}

tgr_status tgr_decisions_commit(tgr_decisions_writer *writer, tgr_error *error)
{
    if (writer->rows != writer->plan->rows) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s: fewer decisions than were planned",
                        writer->path);
    }
    return writer->h5 ? tgr_decisions_h5_commit(writer->h5, error)
                      : tgr_decisions_text_commit(writer->text, error);
}

void tgr_decisions_free(tgr_decisions_writer *writer)
{
    if (!writer) {
        return;
    }
    tgr_decisions_h5_free(writer->h5);
    tgr_decisions_text_free(writer->text);
    tgr_mem_free(writer->path);
    tgr_mem_free(writer);
}
