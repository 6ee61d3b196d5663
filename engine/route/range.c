/* range.c - which queries a run decides: all of the split, or a shard's even share of them.
 *
 * A shard is cut by the number of queries that are decided, not of rows in the files, so that
 * shards are even however the splits lie, and every shard finds its own without the others.
 */
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/base/crew.h"
#include "engine/pass_walk.h"
#include "engine/route/routing.h"

#define COUNT_ROWS ((size_t)1 << 16)

/* Where a stretch of rows begins, and how many queries come before it. */
typedef struct step {
    uint64_t row, queries;
} step;

typedef struct steps {
    step *list;
    size_t count, capacity;
    uint64_t queries;
} steps;

static tgr_status add_step(steps *found, uint64_t row, uint64_t queries, tgr_error *error)
{
    void *list = found->list;
    if (!tgr_mem_grow(&list, &found->capacity, found->count + 1, sizeof *found->list)) {
        return tgr_fail_memory(error, "counting queries");
    }
    found->list = list;
    found->list[found->count++] = (step){row, found->queries};
    found->queries += queries;
    return TGR_OK;
}

/* Counts a file's queries of the split; `before`: rows of the files before it. */
static tgr_status count_file(tgr_routing *work, size_t number, uint64_t before, int32_t *codes,
                             steps *found, tgr_error *error)
{
    tgr_query_file *file = work->pass.files[number];
    int code = tgr_pass_split_code(&work->pass, number);
    tgr_status status = TGR_OK;
    for (uint64_t row = 0; row < file->rows && code >= 0; row += COUNT_ROWS) {
        size_t now = file->rows - row < COUNT_ROWS ? (size_t)(file->rows - row) : COUNT_ROWS;
        size_t queries = 0;
        TGR_TRY(tgr_run_check(work->run, error));
        TGR_TRY(tgr_query_read_split(file, row, now, codes, error));
        for (size_t i = 0; i < now; i++) {
            queries += codes[i] == code;
        }
        TGR_TRY(add_step(found, before + row, queries, error));
        tgr_run_progress(work->run, "counting", "queries", before + row, work->pass.rows,
                         before + row);
    }
done:
    return status;
}

static tgr_status count_split(tgr_routing *work, steps *found, tgr_error *error)
{
    int32_t *codes = tgr_mem_alloc(COUNT_ROWS, sizeof *codes);
    tgr_status status = codes == NULL ? tgr_fail_memory(error, "counting queries") : TGR_OK;
    uint64_t before = 0;
    for (size_t i = 0; status == TGR_OK && i < work->pass.file_count; i++) {
        status = count_file(work, i, before, codes, found, error);
        before += work->pass.files[i]->rows;
    }
    tgr_mem_free(codes);
    return status;
}

static uint64_t share(uint64_t total, uint32_t shard, uint32_t shards)
{
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)((wide)total * shard / shards);
}

tgr_status tgr_route_find_range(tgr_routing *work, tgr_error *error)
{
    const tgr_route_options *options = &work->options;
    tgr_route_range *range = &work->range;
    if (tgr_run_crew(work->run) != NULL) {
        const tgr_pass *pass = &work->pass; /* which is shared out already */
        range->first = pass->before;
        range->total = pass->queries;
        range->count = pass->own;
        range->begin_row = pass->begin;
        return TGR_OK;
    }
    steps found = {.queries = work->pass.rows};
    tgr_status status = TGR_OK;
    if (work->pass.split != NULL) {
        found.queries = 0;
        TGR_TRY(count_split(work, &found, error));
    }
    *range = (tgr_route_range){.count = found.queries, .total = found.queries};
    if (options->shards > 0) {
        range->first = share(found.queries, options->shard - 1, options->shards);
        range->count = share(found.queries, options->shard, options->shards) - range->first;
    }
    range->begin_row = work->pass.split == NULL ? range->first : 0;
    for (size_t i = 0; i < found.count && found.list[i].queries <= range->first; i++) {
        range->begin_row = found.list[i].row;
        range->skip = range->first - found.list[i].queries;
    }
done:
    tgr_mem_free(found.list);
    return status;
}
