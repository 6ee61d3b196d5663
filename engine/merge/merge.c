/* merge.c - what shards have written, joined: their decisions, one behind another, here. */
#include <tagroute/merge.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/output.h"
#include "engine/base/runtime.h"
#include "engine/merge/queries.h"
#include "engine/merge/shards.h"
#include "engine/store/kind.h"

#define PIECE_BYTES ((size_t)4 << 20)

void tgr_merge_options_init(tgr_merge_options *options)
{
    *options = (tgr_merge_options){.size = sizeof *options};
}

/* What is wrong with a shard's contents; anything else that failed is the merge's failure. */
static tgr_status judge(tgr_merging *work, tgr_status status, const tgr_error *why,
                        tgr_error *error)
{
    if (status == TGR_ERR_INPUT) {
        return tgr_merge_finding(work, error, "%s", why->message);
    }
    return status == TGR_OK ? TGR_OK : tgr_fail(error, status, "%s", why->message);
}

/* ---- HDF5 ------------------------------------------------------------------------------ */

/* Copies the rows of one array of one shard, or only reads them. */
static tgr_status copy_region(tgr_merging *work, tgr_decisions_file *file, int region,
                              tgr_decisions_writer *writer, bool last, char *buffer,
                              tgr_error *error)
{
    uint64_t row_bytes = file->row_bytes[region], rows = file->header.rows;
    uint64_t piece = row_bytes < PIECE_BYTES ? PIECE_BYTES / row_bytes : 1;
    tgr_status status = TGR_OK;
    for (uint64_t row = 0; status == TGR_OK && row < rows; row += piece) {
        uint64_t now = rows - row < piece ? rows - row : piece;
        TGR_TRY(tgr_run_check(work->run, error));
        TGR_TRY(tgr_decisions_file_read(file, region, row, now, buffer, error));
        if (writer != NULL) {
            TGR_TRY(tgr_decisions_put_bytes(writer, region, buffer, (size_t)(now * row_bytes),
                                            last ? now : 0, error));
        }
    }
done:
    return status;
}

static tgr_status copy_file(tgr_merging *work, tgr_decisions_file *file,
                            tgr_decisions_writer *writer, tgr_error *error)
{
    uint64_t most = PIECE_BYTES;
    for (int i = 0; i < TGR_DECISIONS_REGIONS; i++) {
        most = file->row_bytes[i] > most ? file->row_bytes[i] : most;
    }
    char *buffer = tgr_mem_alloc((size_t)most, 1);
    tgr_status status = buffer == NULL ? tgr_fail_memory(error, "joining decisions") : TGR_OK;
    int last = file->row_bytes[TGR_REGION_MARGIN] > 0 ? TGR_REGION_MARGIN : TGR_REGION_MODEL;
    for (int i = 0; status == TGR_OK && i <= last; i++) {
        status = copy_region(work, file, i, writer, i == last, buffer, error);
    }
    tgr_mem_free(buffer);
    return status;
}

/* writer NULL: only checks. */
static tgr_status copy_h5_shard(tgr_merging *work, const tgr_shard *shard,
                                tgr_decisions_writer *writer, tgr_error *error)
{
    tgr_decisions_file file;
    tgr_status status = tgr_decisions_file_open(shard->path, &file, error);
    if (status != TGR_OK) {
        return status;
    }
    const tgr_decisions_summary *then = &shard->header;
    bool same = file.header.rows == then->rows && file.header.shard == then->shard &&
                strcmp(file.header.run_digest, then->run_digest) == 0;
    status = same ? copy_file(work, &file, writer, error)
                  : tgr_fail(error, TGR_ERR_INPUT, "%s: changed while it was read", shard->path);
    tgr_decisions_file_close(&file);
    return status;
}

static tgr_status plan_whole(const tgr_merging *work, tgr_decisions_plan *plan, tgr_error *error)
{
    const tgr_shard *first = &work->shards[0];
    const tgr_decisions_summary *header = &first->header;
    *plan = (tgr_decisions_plan){
        .rows = first->note.total_rows,
        .models = (const char *const *)header->models,
        .model_count = header->model_count,
        .reference = header->reference,
        .thresholds = header->thresholds,
        .threshold_count = header->threshold_count,
        .fallback = header->fallback[0] != '\0' ? header->fallback : NULL,
        .ids = header->has_ids,
        .margins = header->has_margins,
        .id_width = first->id_width,
        .router_digest = header->router_digest,
        .query_digests = (const char *const *)header->query_digests,
        .query_count = header->query_count,
    };
    return tgr_policy_by_name(header->policy, &plan->policy, error);
}

static tgr_status join_h5(tgr_merging *work, tgr_error *error)
{
    tgr_decisions_plan plan;
    tgr_decisions_writer *writer = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(plan_whole(work, &plan, error));
    TGR_TRY(tgr_decisions_open(work->options.output, TGR_DECISIONS_H5, &plan, &writer, error));
    for (size_t i = 0; i < work->count; i++) {
        TGR_TRY(copy_h5_shard(work, &work->shards[i], writer, error));
        tgr_run_progress(work->run, "joining", "queries",
                         work->shards[i].note.first_row + work->shards[i].note.rows, plan.rows,
                         work->shards[i].note.first_row + work->shards[i].note.rows);
    }
    TGR_TRY(tgr_decisions_commit(writer, error));
done:
    tgr_decisions_free(writer);
    return status;
}

/* ---- text ------------------------------------------------------------------------------ */

/* Reads all of a descriptor; writes it to `output` where that is not NULL. */
static tgr_status copy_bytes(tgr_merging *work, const tgr_shard *shard, int fd, char *buffer,
                             tgr_output *output, uint64_t *bytes, XXH3_state_t *state,
                             tgr_error *error)
{
    tgr_status status = TGR_OK;
    while (status == TGR_OK) {
        ssize_t got = read(fd, buffer, PIECE_BYTES);
        if (got < 0 && errno != EINTR) {
            return tgr_fail_io(error, shard->path, "read", errno);
        }
        if (got == 0) {
            break;
        }
        size_t length = got > 0 ? (size_t)got : 0;
        *bytes += length;
        XXH3_64bits_update(state, buffer, length);
        status = tgr_run_check(work->run, error);
        if (status == TGR_OK && output != NULL) {
            status = tgr_write_all(output->fd, buffer, length, output->path, error);
        }
    }
    return status;
}

static tgr_status copy_text_shard(tgr_merging *work, const tgr_shard *shard, tgr_output *output,
                                  tgr_error *error)
{
    tgr_status status = TGR_OK;
    uint64_t bytes = 0;
    XXH3_state_t *state = XXH3_createState();
    char *buffer = tgr_mem_alloc(PIECE_BYTES, 1);
    int fd = open(shard->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        status = tgr_fail_io(error, shard->path, "open", errno);
    } else if (state == NULL || buffer == NULL) {
        status = tgr_fail_memory(error, "joining decisions");
    } else {
        XXH3_64bits_reset(state);
        status = copy_bytes(work, shard, fd, buffer, output, &bytes, state, error);
    }
    if (status == TGR_OK &&
        (bytes != shard->note.bytes || XXH3_64bits_digest(state) != shard->note.xxh3)) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s: is not what the note beside it describes: it was damaged, or "
                          "written by another run",
                          shard->path);
    }
    if (fd >= 0) {
        close(fd);
    }
    tgr_mem_free(buffer);
    XXH3_freeState(state);
    return status;
}

static tgr_status join_text(tgr_merging *work, tgr_error *error)
{
    tgr_output output = {.fd = -1};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_output_claim(&output, work->options.output, error));
    if (ftruncate(output.fd, 0) != 0) {
        status = tgr_fail_io(error, output.path, "write", errno);
        goto done;
    }
    for (size_t i = 0; i < work->count; i++) {
        TGR_TRY(copy_text_shard(work, &work->shards[i], &output, error));
    }
    TGR_TRY(tgr_output_commit(&output, error));
done:
    tgr_output_abandon(&output);
    return status;
}

/* ---- both ------------------------------------------------------------------------------ */

/* The contents of every shard whose place is known, right or wrong. */
static tgr_status check_contents(tgr_merging *work, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < work->count; i++) {
        const tgr_shard *shard = &work->shards[i];
        if (shard->readable) {
            tgr_error why;
            tgr_status found = shard->text ? copy_text_shard(work, shard, NULL, &why)
                                           : copy_h5_shard(work, shard, NULL, &why);
            status = judge(work, found, &why, error);
        }
    }
    return status;
}

/* Whether the inputs are query files: the first that can be read says what is to be joined. */
static bool holds_queries(const tgr_merging *work)
{
    for (size_t i = 0; i < work->options.input_count; i++) {
        tgr_file_kind kind;
        if (tgr_file_kind_of(work->options.inputs[i], &kind, NULL) == TGR_OK) {
            return kind == TGR_KIND_QUERIES;
        }
    }
    return false;
}

static tgr_status merge_decisions(tgr_merging *work, tgr_error *error)
{
    tgr_status status = tgr_shards_open(work, error);
    if (status == TGR_OK && work->options.check) {
        status = check_contents(work, error);
        return status == TGR_OK ? tgr_merge_verdict(work, error) : status;
    }
    if (status == TGR_OK) {
        status = work->shards[0].text ? join_text(work, error) : join_h5(work, error);
    }
    return status;
}

tgr_status tgr_merge(const tgr_merge_options *options, tgr_merge_report *report, const tgr_run *run,
                     tgr_error *error)
{
    tgr_merging work = {.run = run};
    tgr_merge_report made = {0};
    tgr_merge_options_init(&work.options);
    tgr_status status = tgr_options_copy(&work.options, sizeof work.options, options, error);
    if (status == TGR_OK && work.options.input_count == 0) {
        status = tgr_fail(error, TGR_ERR_ARGUMENT, "no shard was given");
    }
    if (status == TGR_OK && !work.options.check && work.options.output == NULL) {
        status = tgr_fail(error, TGR_ERR_ARGUMENT, "no output was named");
    }
    if (status == TGR_OK) {
        bool queries = holds_queries(&work);
        made.files = work.options.input_count;
        if (!queries && (work.options.compress || work.options.compact)) {
            status = tgr_fail(error, TGR_ERR_ARGUMENT,
                              "decisions are not compressed or compacted; these are for query "
                              "files");
            goto done;
        }
        status = queries ? tgr_merge_queries(&work, &made, error) : merge_decisions(&work, error);
        if (status == TGR_OK && !queries) {
            made.queries = work.shards[0].note.total_rows;
            made.shards = work.shards[0].note.shards;
        }
    }
    if (status == TGR_OK && report != NULL) {
        *report = made;
    }
done:
    tgr_shards_close(&work);
    return status;
}
