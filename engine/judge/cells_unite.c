/* cells_unite.c - the cells of all processes, a few of each at a time, so that memory stays
 * bounded.
 */
#include <string.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/judge/cells.h"

/* What processes have. */
typedef struct extent {
    uint64_t count; /* of the one with most */
    uint64_t cut;   /* of the one that cut most */
} extent;

static tgr_status find_extent(const tgr_cells *cells, const tgr_run *run, extent *found,
                              tgr_error *error)
{
    const extent own = {cells->count, cells->cut};
    void *all;
    tgr_status status = tgr_crew_gather(run, &own, sizeof own, &all, error);
    if (status != TGR_OK) {
        return status;
    }
    *found = own;
    for (uint32_t i = 0; i < tgr_crew_ranks(run); i++) {
        const extent *one = (const extent *)all + i;
        found->count = one->count > found->count ? one->count : found->count;
        found->cut = one->cut > found->cut ? one->cut : found->cut;
    }
    tgr_mem_free(all);
    return TGR_OK;
}

/* From `begin` on, cut by as many bits as all are; cells of no pairs where there are no more. */
static void take_piece(const tgr_cells *from, size_t begin, unsigned cut, tgr_cell *piece,
                       size_t count)
{
    memset(piece, 0, count * sizeof *piece);
    for (size_t i = 0; i < count && begin + i < from->count; i++) {
        const tgr_cell *cell = &from->cells[begin + i];
        piece[i] = *cell;
        piece[i].key = tgr_cell_cut(cell->key, cut - from->cut);
    }
}

static tgr_status gather(tgr_cells *into, const tgr_cells *from, const extent *found,
                         const tgr_run *run, tgr_error *error)
{
    uint32_t ranks = tgr_crew_ranks(run);
    size_t count = into->most / ranks > 0 ? into->most / ranks : 1;
    count = count < found->count ? count : (size_t)found->count;
    tgr_cell *piece = tgr_mem_alloc(count, sizeof *piece);
    tgr_status status = piece == NULL ? tgr_fail_memory(error, "how well scores predict") : TGR_OK;
    for (size_t begin = 0; status == TGR_OK && begin < found->count; begin += count) {
        void *all = NULL;
        take_piece(from, begin, (unsigned)found->cut, piece, count);
        status = tgr_crew_gather(run, piece, count * sizeof *piece, &all, error);
        if (status == TGR_OK) {
            status = tgr_cells_merge(into, all, ranks * count, (unsigned)found->cut, error);
        }
        tgr_mem_free(all);
    }
    tgr_mem_free(piece);
    return status;
}

tgr_status tgr_cells_unite(tgr_cells *cells, const tgr_run *run, tgr_error *error)
{
    extent found;
    if (tgr_run_crew(run) == NULL) {
        return TGR_OK;
    }
    tgr_status status = find_extent(cells, run, &found, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_cells all = {.most = cells->most, .cut = (unsigned)found.cut};
    status = gather(&all, cells, &found, run, error);
    tgr_cells_free(cells);
    *cells = all;
    return status;
}
