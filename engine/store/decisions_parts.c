/* decisions_parts.c - one text file of decisions by several processes: a part each, then one file.
 *
 * How long a line is shows when it is written, so nobody knows where its own lines belong before
 * all have written theirs. Until then each has a file of its own, with a checkpoint of its own; the
 * first process's is the one that becomes the whole, and the others put their parts behind it, all
 * at once and each at its place. A part goes when the whole is in place, so that putting together
 * can be done again.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/base/runtime.h"
#include "engine/store/decisions_format.h"

#define COPY_SIZE ((size_t)1 << 20)

tgr_status tgr_decisions_part_open(tgr_target *target, const tgr_decisions_plan *plan,
                                   const char *path, tgr_error *error)
{
    return tgr_output_claim_part(&target->output, path, (unsigned)tgr_crew_rank(plan->crew) + 1,
                                 error);
}

/* Copies the first `length` bytes of a part to `offset` of the whole. */
static tgr_status copy(int part, int whole, uint64_t length, uint64_t offset, char *buffer,
                       const tgr_decisions_plan *plan, const char *path, tgr_error *error)
{
    uint64_t done = 0;
    tgr_status status = TGR_OK;
    while (status == TGR_OK && done < length) {
        size_t now = length - done < COPY_SIZE ? (size_t)(length - done) : COPY_SIZE;
        ssize_t got = pread(part, buffer, now, (off_t)done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return tgr_fail_io(error, path, "read what this process has written",
                               got < 0 ? errno : EIO);
        }
        TGR_TRY(tgr_run_check(plan->crew, error));
        TGR_TRY(tgr_write_all_at(whole, buffer, (size_t)got, offset + done, path, error));
        done += (uint64_t)got;
    }
done:
    return status;
}

/* Puts a part where it belongs in the file that the first process has begun. */
static tgr_status put_part(const tgr_target *target, const tgr_decisions_plan *plan,
                           uint64_t length, uint64_t offset, const char *path, tgr_error *error)
{
    tgr_output whole = {.fd = -1};
    char *buffer = tgr_mem_alloc(COPY_SIZE, 1);
    tgr_status status = buffer == NULL ? tgr_fail_memory(error, "putting the parts together")
                                       : tgr_output_join(&whole, path, error);
    if (status == TGR_OK) {
        status = copy(target->output.fd, whole.fd, length, offset, buffer, plan, path, error);
    }
    if (status == TGR_OK && fdatasync(whole.fd) != 0) {
        status = tgr_fail_io(error, path, "write", errno);
    }
    if (whole.fd >= 0) {
        tgr_output_leave(&whole);
    }
    tgr_mem_free(buffer);
    return status;
}

tgr_status tgr_decisions_parts_join(const tgr_target *target, const tgr_decisions_plan *plan,
                                    const tgr_sink *sink, tgr_error *error)
{
    void *lengths;
    uint64_t own = sink->regions[0].done, offset = 0;
    tgr_status status = tgr_crew_gather(plan->crew, &own, sizeof own, &lengths, error);
    if (status != TGR_OK) {
        return status;
    }
    for (uint32_t i = 0; i < tgr_crew_rank(plan->crew); i++) {
        offset += ((const uint64_t *)lengths)[i];
    }
    tgr_mem_free(lengths);
    if (tgr_crew_rank(plan->crew) > 0) {
        status = put_part(target, plan, own, offset, sink->path, error);
    }
    return tgr_crew_meet(plan->crew, status, error);
}

tgr_status tgr_decisions_parts_commit(tgr_target *target, const tgr_decisions_plan *plan,
                                      tgr_error *error)
{
    bool first = tgr_crew_rank(plan->crew) == 0;
    tgr_status status = first ? tgr_output_commit(&target->output, error) : TGR_OK;
    status = tgr_crew_meet(plan->crew, status, error);
    if (status == TGR_OK && !first) {
        tgr_output_abandon(&target->output);
    }
    return status;
}
