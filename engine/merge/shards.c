/* shards.c - what shards say of themselves, compared. */
#include "engine/merge/shards.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/store/kind.h"

tgr_status tgr_merge_finding(tgr_merging *work, tgr_error *error, const char *format, ...)
{
    char sentence[TGR_ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    work->findings++;
    if (!work->options.check) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s", sentence);
    }
    tgr_run_message(work->run, TGR_WARNING, "%s", sentence);
    return TGR_OK;
}

tgr_status tgr_merge_verdict(const tgr_merging *work, tgr_error *error)
{
    return work->findings == 0
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_INPUT, "these cannot be joined: %llu finding%s",
                          (unsigned long long)work->findings, work->findings == 1 ? "" : "s");
}

/* ---- one shard ------------------------------------------------------------------------- */

static void note_of_header(tgr_shard *shard)
{
    const tgr_decisions_summary *header = &shard->header;
    tgr_sidecar *note = &shard->note;
    note->shard = (uint64_t)header->shard;
    note->shards = (uint64_t)header->shards;
    note->first_row = (uint64_t)header->first_row;
    note->rows = header->rows;
    note->total_rows = (uint64_t)header->total_rows;
    snprintf(note->format, sizeof note->format, "h5");
    snprintf(note->router_digest, sizeof note->router_digest, "%s", header->router_digest);
    snprintf(note->run_digest, sizeof note->run_digest, "%s", header->run_digest);
}

static tgr_status read_shard(tgr_shard *shard, tgr_error *error)
{
    tgr_file_kind kind;
    tgr_status status = tgr_file_kind_of(shard->path, &kind, error);
    if (status != TGR_OK) {
        return status;
    }
    if (kind == TGR_KIND_QUERIES || kind == TGR_KIND_ROUTER) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: is no decisions but a %s", shard->path,
                        kind == TGR_KIND_ROUTER ? "router" : "query file");
    }
    shard->text = kind != TGR_KIND_DECISIONS;
    if (shard->text) {
        return tgr_sidecar_read(shard->path, &shard->note, error);
    }
    tgr_decisions_file file;
    status = tgr_decisions_file_open(shard->path, &file, error);
    if (status == TGR_OK) {
        shard->id_width = (size_t)file.row_bytes[TGR_REGION_INDEX];
        shard->header = file.header;
        file.header = (tgr_decisions_summary){0};
        tgr_decisions_file_close(&file);
        note_of_header(shard);
    }
    return status;
}

/* A shard's numbers must be possible before anything is done with them. */
static bool plausible(const tgr_sidecar *note)
{
    return note->shard >= 1 && note->shard <= note->shards && note->first_row <= note->total_rows &&
           note->rows <= note->total_rows - note->first_row && note->total_rows <= INT64_MAX;
}

static tgr_status open_shard(tgr_merging *work, tgr_shard *shard, tgr_error *error)
{
    tgr_error why;
    tgr_status status = read_shard(shard, &why);
    if (status == TGR_ERR_INPUT || (status == TGR_ERR_IO && work->options.check)) {
        shard->wrong = true;
        return tgr_merge_finding(work, error, "%s", why.message);
    }
    if (status != TGR_OK) {
        return tgr_fail(error, status, "%s", why.message);
    }
    if (shard->note.shards == 0) {
        shard->wrong = true;
        return tgr_merge_finding(work, error, "%s: is no shard but the decisions of a whole run",
                                 shard->path);
    }
    if (!plausible(&shard->note)) {
        shard->wrong = true;
        return tgr_merge_finding(work, error, "%s: what it says of its place cannot be",
                                 shard->path);
    }
    shard->readable = true;
    return TGR_OK;
}

/* ---- all of them ----------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const tgr_shard *left = a, *right = b;
    if (left->readable != right->readable) {
        return left->readable ? -1 : 1;
    }
    return left->note.shard < right->note.shard ? -1 : left->note.shard > right->note.shard;
}

/* In what a shard differs from the first; NULL where in nothing. */
static const char *difference(const tgr_shard *first, const tgr_shard *other)
{
    const tgr_sidecar *a = &first->note, *b = &other->note;
    const tgr_decisions_summary *x = &first->header, *y = &other->header;
    if (strcmp(a->format, b->format) != 0) {
        return "are in another format";
    }
    if (strcmp(a->router_digest, b->router_digest) != 0) {
        return "were made with another router";
    }
    if (a->shards != b->shards) {
        return "are of a run cut into another number of shards";
    }
    if (!first->text &&
        (strcmp(x->policy, y->policy) != 0 || x->threshold_count != y->threshold_count ||
         memcmp(x->thresholds, y->thresholds, x->threshold_count * sizeof(double)) != 0)) {
        return "were made with another policy or other thresholds";
    }
    if (a->total_rows != b->total_rows || strcmp(a->run_digest, b->run_digest) != 0) {
        return "are of another run: other query files, policy, thresholds or options";
    }
    if (!first->text && (first->id_width != other->id_width || x->has_margins != y->has_margins ||
                         x->has_ids != y->has_ids || x->model_count != y->model_count)) {
        return "have other columns";
    }
    return NULL;
}

static tgr_status compare(tgr_merging *work, tgr_error *error)
{
    tgr_status status = TGR_OK;
    const tgr_shard *first = &work->shards[0];
    for (size_t i = 1; status == TGR_OK && i < work->count && work->shards[i].readable; i++) {
        tgr_shard *shard = &work->shards[i];
        const char *how = difference(first, shard);
        if (how != NULL) {
            shard->wrong = true;
            status = tgr_merge_finding(work, error,
                                       "%s: its decisions %s than those of %s; join only shards "
                                       "of one run",
                                       shard->path, how, first->path);
        }
    }
    return status;
}

tgr_status tgr_merge_missing(tgr_merging *work, uint64_t from, uint64_t to, uint64_t shards,
                             tgr_error *error)
{
    if (from == to) {
        return TGR_OK;
    }
    return to == from + 1
               ? tgr_merge_finding(work, error, "shard %" PRIu64 "/%" PRIu64 " is missing", from,
                                   shards)
               : tgr_merge_finding(work, error,
                                   "shards %" PRIu64 "/%" PRIu64 " to %" PRIu64 "/%" PRIu64
                                   " are missing",
                                   from, shards, to - 1, shards);
}

/* Every shard once, each beginning where the one before it ends. */
static tgr_status look_for_gaps(tgr_merging *work, tgr_error *error)
{
    uint64_t next = 1, row = 0;
    const tgr_shard *before = NULL;
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < work->count; i++) {
        tgr_shard *shard = &work->shards[i];
        if (shard->wrong) {
            continue;
        }
        if (before != NULL && shard->note.shard == before->note.shard) {
            shard->wrong = true;
            status =
                tgr_merge_finding(work, error, "%s: is shard %" PRIu64 "/%" PRIu64 ", as is %s",
                                  shard->path, shard->note.shard, shard->note.shards, before->path);
            continue;
        }
        status = tgr_merge_missing(work, next, shard->note.shard, shard->note.shards, error);
        if (status == TGR_OK && next == shard->note.shard && shard->note.first_row != row) {
            status = tgr_merge_finding(
                work, error, "%s: does not begin where the shard before it ends", shard->path);
        }
        next = shard->note.shard + 1;
        row = shard->note.first_row + shard->note.rows;
        before = shard;
    }
    if (status == TGR_OK && before != NULL) {
        status = tgr_merge_missing(work, next, before->note.shards + 1, before->note.shards, error);
        if (status == TGR_OK && next == before->note.shards + 1 && row != before->note.total_rows) {
            status =
                tgr_merge_finding(work, error, "%s: does not end where the run does", before->path);
        }
    }
    return status;
}

tgr_status tgr_shards_open(tgr_merging *work, tgr_error *error)
{
    tgr_status status = TGR_OK;
    work->shards = tgr_mem_zalloc(work->options.input_count, sizeof *work->shards);
    if (work->shards == NULL) {
        return tgr_fail_memory(error, "the list of shards");
    }
    work->count = work->options.input_count;
    for (size_t i = 0; i < work->count; i++) {
        work->shards[i].path = work->options.inputs[i];
        TGR_TRY(tgr_run_check(work->run, error));
        TGR_TRY(open_shard(work, &work->shards[i], error));
    }
    qsort(work->shards, work->count, sizeof *work->shards, by_place);
    if (work->shards[0].readable) {
        TGR_TRY(compare(work, error));
        TGR_TRY(look_for_gaps(work, error));
    }
done:
    return status;
}

void tgr_shards_close(tgr_merging *work)
{
    for (size_t i = 0; work->shards != NULL && i < work->count; i++) {
        tgr_decisions_summary_free(&work->shards[i].header);
    }
    tgr_mem_free(work->shards);
    work->shards = NULL;
}
