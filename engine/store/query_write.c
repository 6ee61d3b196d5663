/* query_write.c - fills the columns of a query file and puts it in place. */
#include "engine/store/query_write.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/query_writer.h"

static tgr_status check_plan(const tgr_query_plan *plan, const char *path, tgr_error *error)
{
    if (plan->compact && plan->tags.count > UINT16_MAX + 1u) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s: %u tags do not fit 16-bit indices", path,
                        plan->tags.count);
    }
    if (!plan->compact && plan->nonzeros <= INT32_MAX && plan->tags.count > INT32_MAX) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s: %u tags do not fit 32-bit indices", path,
                        plan->tags.count);
    }
    if (plan->rows >= INT64_MAX || plan->nonzeros > INT64_MAX) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s: more queries than a file takes", path);
    }
    return TGR_OK;
}

tgr_status tgr_query_writer_open(const char *path, const tgr_query_plan *plan,
                                 tgr_query_writer **writer, tgr_error *error)
{
    tgr_h5_quiet quiet;
    *writer = NULL;
    tgr_status status = check_plan(plan, path, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_query_writer *made = tgr_mem_zalloc(1, sizeof(*made));
    if (!made) {
        return tgr_fail_memory(error, path);
    }
    made->plan = plan;
    pthread_mutex_init(&made->gate, NULL);
    tgr_h5_quiet_begin(&quiet);
    status = tgr_query_create(made, path, error);
    tgr_h5_quiet_end(&quiet);
    for (int i = 0; i < TGR_DATASETS; i++) {
        made->streams[i].gate = &made->gate;
    }
    if (status != TGR_OK) {
        tgr_query_writer_free(made);
        return status;
    }
    *writer = made;
    return TGR_OK;
}

/* ---- filling --------------------------------------------------------------------------- */

static const tgr_dataset dataset_of[TGR_QUERY_COLUMNS] = {
    [TGR_COLUMN_INDPTR] = TGR_DATASET_INDPTR,
    [TGR_COLUMN_INDICES] = TGR_DATASET_INDICES,
    [TGR_COLUMN_VALUES] = TGR_DATASET_DATA,
    [TGR_COLUMN_CATEGORY] = TGR_DATASET_CATEGORY,
    [TGR_COLUMN_SPLIT] = TGR_DATASET_SPLIT,
    [TGR_COLUMN_ALLOW] = TGR_DATASET_ALLOW,
    [TGR_COLUMN_DENY] = TGR_DATASET_DENY,
    [TGR_COLUMN_NEEDS] = TGR_DATASET_NEEDS,
    [TGR_COLUMN_SOURCE] = TGR_DATASET_SOURCE,
    [TGR_COLUMN_POSITION] = TGR_DATASET_POSITION,
    [TGR_COLUMN_RECORD_BYTES] = TGR_DATASET_RECORD_BYTES,
    [TGR_COLUMN_RECORD_PART] = TGR_DATASET_RECORD_PART,
    [TGR_COLUMN_PROMPT_TOKENS] = TGR_DATASET_PROMPT_TOKENS,
    [TGR_COLUMN_SCORE] = TGR_DATASET_SCORE,
    [TGR_COLUMN_OUTCOME] = TGR_DATASET_OUTCOME,
    [TGR_COLUMN_COST] = TGR_DATASET_COST,
    [TGR_COLUMN_COMPLETION_TOKENS] = TGR_DATASET_COMPLETION_TOKENS,
    [TGR_COLUMN_CACHED_TOKENS] = TGR_DATASET_CACHED_TOKENS,
    [TGR_COLUMN_TOKENS_FROM] = TGR_DATASET_TOKENS_FROM,
    [TGR_COLUMN_LOGGED_MODEL] = TGR_DATASET_LOGGED_MODEL,
    [TGR_COLUMN_LOGGED_COST] = TGR_DATASET_LOGGED_COST,
    [TGR_COLUMN_WEIGHT] = TGR_DATASET_WEIGHT,
    [TGR_COLUMN_PROPENSITY] = TGR_DATASET_PROPENSITY,
    [TGR_COLUMN_PROPENSITIES] = TGR_DATASET_PROPENSITIES,
    [TGR_COLUMN_KEPT + 0] = TGR_DATASET_KEPT + 0,
    [TGR_COLUMN_KEPT + 1] = TGR_DATASET_KEPT + 1,
    [TGR_COLUMN_KEPT + 2] = TGR_DATASET_KEPT + 2,
    [TGR_COLUMN_KEPT + 3] = TGR_DATASET_KEPT + 3,
    [TGR_COLUMN_KEPT + 4] = TGR_DATASET_KEPT + 4,
    [TGR_COLUMN_KEPT + 5] = TGR_DATASET_KEPT + 5,
    [TGR_COLUMN_KEPT + 6] = TGR_DATASET_KEPT + 6,
    [TGR_COLUMN_KEPT + 7] = TGR_DATASET_KEPT + 7,
};

/* What a column's values are narrowed from, where it is not what the file holds. */
typedef enum passed { AS_STORED, PASSED_I64, PASSED_U32, PASSED_I32, PASSED_F64 } passed;

static passed passed_as(tgr_query_column column)
{
    if (column >= TGR_COLUMN_KEPT) {
        return PASSED_I32;
    }
    switch (column) {
    case TGR_COLUMN_INDPTR:
    case TGR_COLUMN_RECORD_BYTES:
    case TGR_COLUMN_RECORD_PART:
        return PASSED_I64;
    case TGR_COLUMN_INDICES:
        return PASSED_U32;
    case TGR_COLUMN_CATEGORY:
    case TGR_COLUMN_SPLIT:
    case TGR_COLUMN_ALLOW:
    case TGR_COLUMN_DENY:
    case TGR_COLUMN_NEEDS:
    case TGR_COLUMN_SOURCE:
    case TGR_COLUMN_TOKENS_FROM:
    case TGR_COLUMN_LOGGED_MODEL:
        return PASSED_I32;
    case TGR_COLUMN_PROMPT_TOKENS:
    case TGR_COLUMN_CACHED_TOKENS:
        return PASSED_F64;
    default:
        return AS_STORED;
    }
}

static int64_t value_at(passed from, const void *values, size_t at)
{
    switch (from) {
    case PASSED_I64:
        return ((const int64_t *)values)[at];
    case PASSED_U32:
        return ((const uint32_t *)values)[at];
    case PASSED_I32:
        return ((const int32_t *)values)[at];
    case PASSED_F64:
        return (int64_t)((const double *)values)[at];
    case AS_STORED:
        break;
    }
    return 0;
}

static void convert(passed from, const void *values, size_t first, size_t count,
                    tgr_element element, void *to)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value = value_at(from, values, first + i);
        switch (element) {
        case TGR_ELEMENT_U16:
            ((uint16_t *)to)[i] = (uint16_t)value;
            break;
        case TGR_ELEMENT_I8:
            ((int8_t *)to)[i] = (int8_t)value;
            break;
        case TGR_ELEMENT_I16:
            ((int16_t *)to)[i] = (int16_t)value;
            break;
        case TGR_ELEMENT_I32:
            ((int32_t *)to)[i] = (int32_t)value;
            break;
        default:
            ((int64_t *)to)[i] = value;
            break;
        }
    }
}

/* Whether the file holds the same bits. */
static bool same_bits(passed from, tgr_element element)
{
    return from == AS_STORED || element == TGR_ELEMENT_F64 ||
           (element == TGR_ELEMENT_I32 && (from == PASSED_U32 || from == PASSED_I32)) ||
           (element == TGR_ELEMENT_I64 && from == PASSED_I64);
}

static tgr_status put(tgr_stream *stream, passed from, const void *values, size_t count,
                      tgr_error *error)
{
    if (same_bits(from, stream->element)) {
        return tgr_stream_put(stream, values, count, error);
    }
    for (size_t i = 0; from == PASSED_F64 && i < count; i++) {
        double value = ((const double *)values)[i];
        if (!(value >= 0 && value < 0x1p63)) {
            return tgr_fail(error, TGR_ERR_ARGUMENT,
                            "%s: a number of tokens is missing, against the plan",
                            stream->target->output.path);
        }
    }
    tgr_status status = TGR_OK;
    for (size_t done = 0; status == TGR_OK && done < count;) {
        size_t room;
        void *to = tgr_stream_room(stream, &room);
        if (room == 0) {
            return tgr_fail(error, TGR_ERR_ARGUMENT,
                            "%s: more values are put into a column than were planned",
                            stream->target->output.path);
        }
        size_t now = count - done < room ? count - done : room;
        convert(from, values, done, now, stream->element, to);
        status = tgr_stream_advance(stream, now, error);
        done += now;
    }
    return status;
}

/* The stream of a dataset that the plan has, or an error. */
static tgr_status find_stream(tgr_query_writer *writer, tgr_dataset dataset, tgr_stream **stream,
                              tgr_error *error)
{
    *stream = &writer->streams[dataset];
    if ((*stream)->dataset) {
        return TGR_OK;
    }
    return tgr_fail(error, TGR_ERR_ARGUMENT, "%s: the plan of this file has no column %s",
                    writer->target.output.path, tgr_dataset_path(dataset));
}

tgr_status tgr_query_put(tgr_query_writer *writer, tgr_query_column column, const void *values,
                         size_t count, tgr_error *error)
{
    tgr_stream *stream;
    if ((unsigned)column >= TGR_QUERY_COLUMNS) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s: no such column", writer->target.output.path);
    }
    tgr_status status = find_stream(writer, dataset_of[column], &stream, error);
    return status == TGR_OK ? put(stream, passed_as(column), values, count, error) : status;
}

static tgr_status put_texts(tgr_query_writer *writer, tgr_dataset dataset, const tgr_texts *texts,
                            size_t count, tgr_error *error)
{
    tgr_stream *stream;
    tgr_status status = find_stream(writer, dataset, &stream, error);
    return status == TGR_OK ? tgr_stream_put_texts(stream, texts, count, error) : status;
}

tgr_status tgr_query_put_ids(tgr_query_writer *writer, const tgr_texts *ids, size_t count,
                             tgr_error *error)
{
    return put_texts(writer, TGR_DATASET_IDS, ids, count, error);
}

tgr_status tgr_query_put_text(tgr_query_writer *writer, const tgr_texts *texts, size_t count,
                              tgr_error *error)
{
    return put_texts(writer, TGR_DATASET_TEXT, texts, count, error);
}

tgr_status tgr_query_text_room(tgr_query_writer *writer, size_t length, char **room,
                               tgr_error *error)
{
    tgr_stream *stream;
    tgr_status status = find_stream(writer, TGR_DATASET_TEXT, &stream, error);
    return status == TGR_OK ? tgr_stream_text_room(stream, length, room, error) : status;
}

tgr_status tgr_query_text_done(tgr_query_writer *writer, size_t length, tgr_error *error)
{
    return tgr_stream_text_done(&writer->streams[TGR_DATASET_TEXT], length, error);
}

/* ---- the end --------------------------------------------------------------------------- */

static tgr_status write_digest(tgr_query_writer *writer, const tgr_checksum checksums[TGR_DATASETS],
                               tgr_error *error)
{
    const tgr_query_plan *plan = writer->plan;
    const tgr_digest_facts tagger = {plan->tagger_kind, plan->tagger_digest, plan->category_tag,
                                     plan->router_tags, plan->shard,         plan->shards,
                                     plan->run_digest};
    char digest[33];
    tgr_layout_digest(checksums, &tagger, digest);
    tgr_anndata own = {.target = &writer->target};
    own.group = H5Gopen2(writer->file.group, "uns/tagroute", H5P_DEFAULT);
    tgr_status status = tgr_target_check(own.target, own.group > 0, error);
    if (status == TGR_OK) {
        status = tgr_anndata_put_text(own, "digest", digest, error);
    }
    tgr_h5_close(own.group);
    return status;
}

static tgr_status finish(tgr_query_writer *writer, tgr_error *error)
{
    tgr_checksum checksums[TGR_DATASETS] = {{{0}}};
    for (int i = 0; i < TGR_DATASETS; i++) {
        tgr_stream *stream = &writer->streams[i];
        if (!stream->dataset) {
            continue;
        }
        if (!tgr_stream_complete(stream)) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "%s: the column %s is not complete",
                            writer->target.output.path, tgr_dataset_path((tgr_dataset)i));
        }
        uint64_t checksum;
        tgr_status status = tgr_stream_finish(stream, &checksum, error);
        if (status != TGR_OK) {
            return status;
        }
        checksums[i] = tgr_checksum_of(checksum);
        tgr_stream_close(stream);
    }
    return write_digest(writer, checksums, error);
}

tgr_status tgr_query_writer_commit(tgr_query_writer *writer, tgr_error *error)
{
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = finish(writer, error);
    if (status == TGR_OK) {
        status = tgr_target_commit(&writer->target, error);
    }
    tgr_h5_quiet_end(&quiet);
    return status;
}

void tgr_query_writer_free(tgr_query_writer *writer)
{
    if (!writer) {
        return;
    }
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    writer->target.discard = true;
    for (int i = 0; i < TGR_DATASETS; i++) {
        tgr_stream_close(&writer->streams[i]);
    }
    tgr_target_abandon(&writer->target);
    tgr_h5_quiet_end(&quiet);
    pthread_mutex_destroy(&writer->gate);
    tgr_mem_free(writer);
}
