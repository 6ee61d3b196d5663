/* route_range.c - which queries a run decides: all of the split, or a shard's even share of them.
 *
 * A shard is cut by the number of queries that are decided, not of rows in the files, so that
 * shards are even however the splits lie, and every shard finds its own without the others.
 */
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/routing.h"

/* Where the walk stood before each batch. */
typedef struct step {
    uint64_t row, queries;
} step;

typedef struct steps {
    step *list;
    size_t count, capacity;
    uint64_t queries;
} steps;

static tgr_status walk(tgr_routing *work, steps *found, tgr_error *error)
{
    uint64_t row = 0;
    for (;;) {
        tgr_batch *batch;
        size_t file;
        tgr_status status =
            tgr_pass_next(&work->pass, 0, "counting", work->run, &batch, &file, error);
        if (status != TGR_OK || batch == NULL) {
            return status;
        }
        void *list = found->list;
        if (!tgr_mem_grow(&list, &found->capacity, found->count + 1, sizeof *found->list)) {
            return tgr_fail_memory(error, "counting queries");
        }
        found->list = list;
        found->list[found->count++] = (step){row, found->queries};
        found->queries += batch->rows;
        row = work->pass.next;
    }
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
    steps found = {.queries = work->pass.rows};
    tgr_status status = TGR_OK;
    if (work->pass.split != NULL) {
        found.queries = 0;
        TGR_TRY(walk(work, &found, error));
    }
    *range = (tgr_route_range){.count = found.queries, .total = found.queries};
    if (options->shards > 0) {
        range->first = share(found.queries, options->shard, options->shards);
        range->count = share(found.queries, options->shard + 1, options->shards) - range->first;
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
