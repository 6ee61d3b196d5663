/* crew.c - what the processes of a run tell each other. */
#include "engine/base/crew.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

const tgr_crew *tgr_run_crew(const tgr_run *run)
{
    bool has = run != NULL && run->size >= offsetof(tgr_run, crew) + sizeof run->crew;
    return has && run->crew != NULL && run->crew->ranks > 1 ? run->crew : NULL;
}

uint32_t tgr_crew_rank(const tgr_run *run)
{
    const tgr_crew *crew = tgr_run_crew(run);
    return crew == NULL ? 0 : crew->rank;
}

uint32_t tgr_crew_ranks(const tgr_run *run)
{
    const tgr_crew *crew = tgr_run_crew(run);
    return crew == NULL ? 1 : crew->ranks;
}

tgr_status tgr_crew_meet(const tgr_run *run, tgr_status status, tgr_error *error)
{
    const tgr_crew *crew = tgr_run_crew(run);
    return crew == NULL ? status : crew->meet(crew->user, status, error);
}

tgr_status tgr_crew_sum(const tgr_run *run, uint64_t *numbers, size_t count, tgr_error *error)
{
    const tgr_crew *crew = tgr_run_crew(run);
    return crew == NULL ? TGR_OK : crew->sum(crew->user, numbers, count, 1, error);
}

/* Words in the order that the crew wants them in. */
static void turn_words(tgr_sum *numbers, size_t count)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    uint64_t *words = (uint64_t *)(void *)numbers;
    for (size_t i = 0; i < 2 * count; i += 2) {
        uint64_t word = words[i];
        words[i] = words[i + 1];
        words[i + 1] = word;
    }
#else
    (void)numbers;
    (void)count;
#endif
}

tgr_status tgr_crew_sum_wide(const tgr_run *run, tgr_sum *numbers, size_t count, tgr_error *error)
{
    const tgr_crew *crew = tgr_run_crew(run);
    if (crew == NULL) {
        return TGR_OK;
    }
    turn_words(numbers, count);
    tgr_status status = crew->sum(crew->user, (uint64_t *)(void *)numbers, count, 2, error);
    turn_words(numbers, count);
    return status;
}

tgr_status tgr_crew_gather(const tgr_run *run, const void *own, size_t length, void **all,
                           tgr_error *error)
{
    const tgr_crew *crew = tgr_run_crew(run);
    *all = tgr_mem_alloc(tgr_crew_ranks(run), length > 0 ? length : 1);
    if (*all == NULL) {
        return tgr_fail_memory(error, "what other processes say");
    }
    if (crew == NULL) {
        memcpy(*all, own, length);
        return TGR_OK;
    }
    tgr_status status = crew->gather(crew->user, own, length, *all, error);
    if (status != TGR_OK) {
        tgr_mem_free(*all);
        *all = NULL;
    }
    return status;
}

tgr_status tgr_crew_least(const tgr_run *run, uint64_t *numbers, size_t count, tgr_error *error)
{
    void *all = NULL;
    if (tgr_run_crew(run) == NULL) {
        return TGR_OK;
    }
    tgr_status status = tgr_crew_gather(run, numbers, count * sizeof *numbers, &all, error);
    for (size_t i = 0; status == TGR_OK && i < tgr_crew_ranks(run) * count; i++) {
        uint64_t number = ((const uint64_t *)all)[i];
        numbers[i % count] = number < numbers[i % count] ? number : numbers[i % count];
    }
    tgr_mem_free(all);
    return status;
}

tgr_status tgr_crew_most(const tgr_run *run, double *numbers, size_t count, tgr_error *error)
{
    void *all = NULL;
    if (tgr_run_crew(run) == NULL) {
        return TGR_OK;
    }
    tgr_status status = tgr_crew_gather(run, numbers, count * sizeof *numbers, &all, error);
    for (size_t i = 0; status == TGR_OK && i < tgr_crew_ranks(run) * count; i++) {
        numbers[i % count] = fmax(((const double *)all)[i], numbers[i % count]);
    }
    tgr_mem_free(all);
    return status;
}

tgr_status tgr_crew_tell(const tgr_run *run, uint32_t rank, void *bytes, size_t length,
                         tgr_error *error)
{
    void *all = NULL;
    if (tgr_run_crew(run) == NULL) {
        return TGR_OK;
    }
    tgr_status status = tgr_crew_gather(run, bytes, length, &all, error);
    if (status == TGR_OK) {
        memcpy(bytes, (const char *)all + rank * length, length);
    }
    tgr_mem_free(all);
    return status;
}
