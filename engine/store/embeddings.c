/* embeddings.c - vectors of tags out of an untrusted HDF5 file. */
#include "engine/store/embeddings.h"

#include <inttypes.h>
#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/array.h"
#include "engine/store/probe.h"
#include "engine/store/texts.h"

struct tgr_embeddings_source {
    char *path;
    tgr_h5_file file;
    tgr_array tags, vectors;
};

static tgr_status need(const tgr_array *array, const char *path, const char *name, tgr_error *error)
{
    if (array->dataset) {
        return TGR_OK;
    }
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: it has no dataset '%s'; embeddings are the datasets 'tags' (strings) and "
                    "'vectors' (a row of numbers for each tag)",
                    path, name);
}

static tgr_status open_tags(tgr_embeddings *embeddings, tgr_error *error)
{
    struct tgr_embeddings_source *source = embeddings->source;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_texts_open(&source->file, source->file.id, "tags", &source->tags, error));
    TGR_TRY(need(&source->tags, source->path, "tags", error));
    TGR_TRY(tgr_array_expect(&source->tags, 1, source->tags.rows, error));
    if (!tgr_array_is_text(&source->tags)) {
        status = tgr_fail(error, TGR_ERR_INPUT, "%s: 'tags' holds no strings", source->path);
        goto done;
    }
    TGR_TRY(tgr_texts_distinct(&source->tags, "tag", &embeddings->tags, error));
done:
    return status;
}

static tgr_status open_vectors(tgr_embeddings *embeddings, tgr_error *error)
{
    struct tgr_embeddings_source *source = embeddings->source;
    tgr_array *vectors = &source->vectors;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_array_open(&source->file, source->file.id, "vectors", vectors, error));
    TGR_TRY(need(vectors, source->path, "vectors", error));
    TGR_TRY(tgr_array_expect(vectors, 2, source->tags.rows, error));
    if (!tgr_array_is_number(vectors)) {
        status = tgr_fail(error, TGR_ERR_INPUT, "%s: 'vectors' holds no numbers", source->path);
    } else if (vectors->columns < 1 || vectors->columns > TGR_EMBEDDINGS_MOST) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s: 'vectors' has %" PRIu64 " numbers for each tag, where 1 to %d are "
                          "read",
                          source->path, vectors->columns, TGR_EMBEDDINGS_MOST);
    }
    embeddings->components = (size_t)vectors->columns;
done:
    return status;
}

static tgr_status open_all(tgr_embeddings *embeddings, const char *path, tgr_error *error)
{
    tgr_status status = TGR_OK;
    embeddings->source = tgr_mem_zalloc(1, sizeof *embeddings->source);
    if (embeddings->source == NULL) {
        return tgr_fail_memory(error, path);
    }
    embeddings->source->path = tgr_mem_string(path);
    if (embeddings->source->path == NULL) {
        return tgr_fail_memory(error, path);
    }
    TGR_TRY(tgr_h5_open(embeddings->source->path, &embeddings->source->file, error));
    TGR_TRY(open_tags(embeddings, error));
    TGR_TRY(open_vectors(embeddings, error));
done:
    return status;
}

static void close_all(tgr_embeddings *embeddings)
{
    struct tgr_embeddings_source *source = embeddings->source;
    if (source != NULL) {
        tgr_array_close(&source->tags);
        tgr_array_close(&source->vectors);
        tgr_h5_file_close(&source->file);
        tgr_mem_free(source->path);
        tgr_mem_free(source);
    }
    tgr_strings_free(embeddings->tags);
    *embeddings = (tgr_embeddings){0};
}

/* In a child: all that later reads would have HDF5 follow. */
static tgr_status try_to_open(void *data, tgr_error *error)
{
    tgr_embeddings embeddings = {0};
    tgr_status status = open_all(&embeddings, data, error);
    if (status == TGR_OK) {
        tgr_array_touch(&embeddings.source->vectors);
    }
    close_all(&embeddings);
    return status;
}

tgr_status tgr_embeddings_open(const char *path, tgr_embeddings **embeddings, tgr_error *error)
{
    tgr_h5_quiet quiet;
    tgr_embeddings *made = tgr_mem_zalloc(1, sizeof *made);
    *embeddings = NULL;
    if (made == NULL) {
        return tgr_fail_memory(error, path);
    }
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = tgr_probe(path, try_to_open, (void *)(uintptr_t)path, error);
    if (status == TGR_OK) {
        status = open_all(made, path, error);
    }
    tgr_h5_quiet_end(&quiet);
    if (status != TGR_OK) {
        tgr_embeddings_close(made);
        return status;
    }
    *embeddings = made;
    return TGR_OK;
}

void tgr_embeddings_close(tgr_embeddings *embeddings)
{
    if (embeddings != NULL) {
        tgr_h5_quiet quiet;
        tgr_h5_quiet_begin(&quiet);
        close_all(embeddings);
        tgr_h5_quiet_end(&quiet);
        tgr_mem_free(embeddings);
    }
}

tgr_status tgr_embeddings_read(tgr_embeddings *embeddings, size_t first, size_t count,
                               float *values, tgr_error *error)
{
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    tgr_status status =
        tgr_array_read_float(&embeddings->source->vectors, first, count, values, error);
    tgr_h5_quiet_end(&quiet);
    return status;
}
