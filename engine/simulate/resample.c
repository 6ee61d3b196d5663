/* resample.c - groups of queries, and how often each counts. */
#include "engine/simulate/resample.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

#define MOST_TIMES 20 /* a Poisson variable of mean 1 is larger once in 10^19 times */

bool tgr_group_sums_open(tgr_group_sums *sums, size_t models, size_t asked)
{
    *sums = (tgr_group_sums){0};
    bool opened = tgr_baselines_open(&sums->baselines, models);
    sums->counts = tgr_decided_new(asked + 2, models);
    return opened && sums->counts != NULL;
}

void tgr_group_sums_close(tgr_group_sums *sums)
{
    tgr_baselines_close(&sums->baselines);
    tgr_mem_free(sums->counts);
    *sums = (tgr_group_sums){0};
}

#define LINE ((size_t)64)

static size_t whole_lines(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

/* Bytes of one group's baselines and of its counts; false where they overflow. */
static bool group_bytes(size_t models, size_t asked, size_t *baselines, size_t *counts)
{
    *baselines = whole_lines((2 * models + 1) * sizeof(tgr_tally));
    bool fits = tgr_decided_bytes(asked + 2, models, counts) && *counts < SIZE_MAX / 4096;
    *counts = fits ? whole_lines(*counts) : 0;
    return fits;
}

uint64_t tgr_resample_bytes(size_t models, size_t asked)
{
    size_t baselines, counts;
    bool fits = group_bytes(models, asked, &baselines, &counts);
    return fits ? TGR_RESAMPLE_GROUPS * ((uint64_t)baselines + counts + sizeof(tgr_group_sums))
                : UINT64_MAX;
}

tgr_status tgr_resample_open(tgr_resample *resample, size_t models, size_t asked, uint64_t seed,
                             bool one_each, tgr_error *error)
{
    size_t baselines, counts;
    *resample =
        (tgr_resample){.models = models, .asked = asked, .seed = seed, .one_each = one_each};
    bool fits = group_bytes(models, asked, &baselines, &counts);
    resample->groups = tgr_mem_zalloc(TGR_RESAMPLE_GROUPS, sizeof *resample->groups);
    resample->sums = fits ? tgr_mem_aligned(TGR_RESAMPLE_GROUPS, baselines + counts) : NULL;
    if (resample->groups == NULL || resample->sums == NULL) {
        return tgr_fail_memory(error, "the groups of the bootstrap");
    }
    char *memory = resample->sums;
    memset(memory, 0, TGR_RESAMPLE_GROUPS * (baselines + counts));
    for (size_t i = 0; i < TGR_RESAMPLE_GROUPS; i++) {
        tgr_group_sums *group = &resample->groups[i];
        tgr_baselines_place(&group->baselines, models, (tgr_tally *)(void *)memory);
        group->counts = tgr_decided_place(memory + baselines, asked + 2, models);
        memory += baselines + counts;
    }
    return TGR_OK;
}

void tgr_resample_close(tgr_resample *resample)
{
    tgr_mem_free_aligned(resample->sums);
    tgr_mem_free(resample->groups);
    *resample = (tgr_resample){0};
}

/* SplitMix64's finisher, twice: a counter in, 64 random bits out. */
static uint64_t hash(uint64_t seed, uint64_t counter)
{
    uint64_t z = seed + counter * UINT64_C(0x9e3779b97f4a7c15);
    for (int round = 0; round < 2; round++) {
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        z ^= z >> 31;
    }
    return z;
}

size_t tgr_resample_group(const tgr_resample *resample, uint64_t number)
{
    uint64_t which = resample->one_each ? number : hash(resample->seed, number);
    return (size_t)(which % TGR_RESAMPLE_GROUPS);
}

/* ---- replicates ------------------------------------------------------------------------------ */

static unsigned poisson(uint64_t random)
{
    double drawn = (double)(random >> 11) * 0x1p-53, chance = 0.36787944117144233, below = 0;
    for (unsigned times = 0; times < MOST_TIMES; times++) {
        below += chance;
        if (drawn < below) {
            return times;
        }
        chance /= times + 1;
    }
    return MOST_TIMES;
}

static void add_tally(tgr_tally *into, const tgr_tally *from, unsigned times)
{
    into->cost += from->cost * times;
    into->score += from->score * times;
    into->decided += from->decided * times;
    into->costed += from->costed * times;
    into->scored += from->scored * times;
    into->judged += from->judged * times;
    into->accepted += from->accepted * times;
    into->score_ranks += from->score_ranks * times;
    into->outcome_ranks += from->outcome_ranks * times;
}

static void add_group(tgr_group_sums *into, const tgr_group_sums *from, size_t models,
                      size_t counts, unsigned times)
{
    into->queries += from->queries * times;
    for (size_t i = 0; i < 2 * models + 1; i++) { /* alone, and what chance needs */
        add_tally(&into->baselines.alone[i], &from->baselines.alone[i], times);
    }
    add_tally(&into->baselines.by_score, &from->baselines.by_score, times);
    add_tally(&into->baselines.by_acceptance, &from->baselines.by_acceptance, times);
    for (size_t i = 0; i < counts; i++) {
        add_tally(&into->counts[i].tally, &from->counts[i].tally, times);
        for (size_t model = 0; model < models; model++) {
            into->counts[i].chosen[model] += from->counts[i].chosen[model] * times;
        }
    }
}

static void clear(tgr_group_sums *sums, size_t models, size_t counts)
{
    sums->queries = 0;
    memset(sums->baselines.alone, 0, (2 * models + 1) * sizeof *sums->baselines.alone);
    sums->baselines.by_score = sums->baselines.by_acceptance = (tgr_tally){0};
    for (size_t i = 0; i < counts; i++) {
        sums->counts[i].tally = (tgr_tally){0};
        memset(sums->counts[i].chosen, 0, models * sizeof(uint64_t));
    }
}

void tgr_resample_draw(const tgr_resample *resample, size_t replicate, tgr_group_sums *sums)
{
    size_t models = resample->models, counts = resample->asked + 2;
    clear(sums, models, counts);
    for (size_t i = 0; i < TGR_RESAMPLE_GROUPS; i++) {
        const tgr_group_sums *group = &resample->groups[i];
        uint64_t counter = (uint64_t)replicate * TGR_RESAMPLE_GROUPS + i;
        unsigned times = replicate == SIZE_MAX ? 1 : poisson(hash(~resample->seed, counter));
        if (times > 0 && group->queries > 0) {
            add_group(sums, group, models, counts, times);
        }
    }
}
