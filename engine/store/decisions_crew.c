/* decisions_crew.c - one file of decisions by several processes: where each part lies, and the sums
 * of blocks that lie in two parts or more.
 *
 * The first process lays the file out and tells the others where; each writes its own rows by
 * position. The sum of a block is made by the process in which all of it lies. A block that only
 * begins in a process's part is read again by that process once all have written; the file is
 * opened anew for this, which is when file systems such as NFS look for what others have written.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/crew.h"
#include "engine/base/xxh3.h"
#include "engine/store/decisions_format.h"

#define READ_SIZE ((size_t)1 << 20)

tgr_status tgr_decisions_crew_open(tgr_target *target, const tgr_decisions_plan *plan,
                                   tgr_sink *sink, tgr_error *error)
{
    tgr_decisions_place places[TGR_DECISIONS_REGIONS];
    tgr_status status = TGR_OK;
    memset(places, 0, sizeof places);
    if (tgr_crew_rank(plan->crew) == 0) {
        status = tgr_decisions_h5_create(target, plan, NULL, places, error);
    }
    TGR_TRY(tgr_crew_meet(plan->crew, status, error));
    TGR_TRY(tgr_crew_tell(plan->crew, 0, places, sizeof places, error));
    for (int i = 0; i < TGR_DECISIONS_REGIONS; i++) {
        const tgr_decisions_place *place = &places[i];
        if (place->row_bytes > 0) {
            TGR_TRY(tgr_sink_region_add_part(sink, place->offset, place->rows, place->row_bytes,
                                             plan->part_first, plan->part_rows, error));
        }
    }
done:
    return status;
}

/* ---- blocks of several processes ---------------------------------------------------------------
 */

static tgr_status sum_range(int fd, const char *path, uint64_t offset, uint64_t bytes, char *buffer,
                            uint64_t *sum, tgr_error *error)
{
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    while (bytes > 0) {
        size_t now = bytes < READ_SIZE ? (size_t)bytes : READ_SIZE;
        ssize_t got = pread(fd, buffer, now, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return tgr_fail_io(error, path, "read what other processes have written",
                               got < 0 ? errno : EIO);
        }
        XXH3_64bits_update(&state, buffer, (size_t)got);
        offset += (uint64_t)got;
        bytes -= (uint64_t)got;
    }
    *sum = XXH3_64bits_digest(&state);
    return TGR_OK;
}

/* Sums the block of a region that begins in this process's part and ends beyond it. */
static tgr_status sum_begun(const tgr_decisions_plan *plan, tgr_sink_region *region, int fd,
                            const char *path, char *buffer, tgr_error *error)
{
    tgr_block_hasher *hasher = &region->hasher;
    uint64_t block = tgr_block_hasher_finish_part(hasher, plan->rows, plan->part_rows);
    if (block == hasher->count) {
        return TGR_OK;
    }
    uint64_t row_bytes = hasher->block_bytes / hasher->block_rows;
    uint64_t begin = block * hasher->block_rows, end = begin + hasher->block_rows;
    end = end < plan->rows ? end : plan->rows;
    return sum_range(fd, path, region->offset + (begin - plan->part_first) * row_bytes,
                     (end - begin) * row_bytes, buffer, &hasher->sums[block], error);
}

static tgr_status sum_all_begun(const tgr_decisions_plan *plan, tgr_sink *sink, tgr_error *error)
{
    char *name = tgr_output_beside(sink->path, "partial");
    char *buffer = tgr_mem_alloc(READ_SIZE, 1);
    tgr_status status = TGR_OK;
    int fd = -1;
    if (name == NULL || buffer == NULL) {
        status = tgr_fail_memory(error, "the checksums of the decisions");
    } else if ((fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0) {
        status = tgr_fail_io(error, sink->path, "open what was written", errno);
    }
    for (int i = 0; status == TGR_OK && i < sink->region_count; i++) {
        status = sum_begun(plan, &sink->regions[i], fd, sink->path, buffer, error);
    }
    if (fd >= 0) {
        close(fd);
    }
    tgr_mem_free(buffer);
    tgr_mem_free(name);
    return status;
}

/* ---- the end ------------------------------------------------------------------------------------
 */

/* Every process has zeros where the sums are others'. */
static tgr_status join_sums(const tgr_decisions_plan *plan, tgr_sink *sink, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (int i = 0; status == TGR_OK && i < sink->region_count; i++) {
        tgr_block_hasher *hasher = &sink->regions[i].hasher;
        hasher->held = 0;
        hasher->done = hasher->count;
        status = tgr_crew_sum(plan->crew, hasher->sums, (size_t)hasher->count, error);
    }
    return status;
}

static tgr_status put_in_place(tgr_target *target, const tgr_decisions_plan *plan, tgr_sink *sink,
                               tgr_error *error)
{
    tgr_decisions_place places[TGR_DECISIONS_REGIONS];
    tgr_status status = TGR_OK;
    if (tgr_crew_rank(plan->crew) == 0) {
        TGR_TRY(tgr_decisions_h5_create(target, plan, sink, places, error));
        TGR_TRY(tgr_output_commit(&target->output, error));
    } else {
        tgr_output_abandon(&target->output); /* closes it: neither ours to rename nor to remove */
    }
done:
    return status;
}

tgr_status tgr_decisions_crew_commit(tgr_target *target, const tgr_decisions_plan *plan,
                                     tgr_sink *sink, tgr_error *error)
{
    tgr_status status =
        fdatasync(sink->fd) == 0 ? TGR_OK : tgr_fail_io(error, sink->path, "write", errno);
    TGR_TRY(tgr_crew_meet(plan->crew, status, error));
    TGR_TRY(sum_all_begun(plan, sink, error));
    TGR_TRY(join_sums(plan, sink, error));
    TGR_TRY(tgr_crew_meet(plan->crew, put_in_place(target, plan, sink, error), error));
done:
    return status;
}
