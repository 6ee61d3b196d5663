/* counts.c - tables of counts, and seeded labels. */
#include "engine/drift/counts.h"

#include "engine/base/memory.h"

bool tgr_drift_counts_open(tgr_drift_counts *counts)
{
    counts->names = tgr_strings_new();
    return counts->names != NULL;
}

void tgr_drift_counts_free(tgr_drift_counts *counts)
{
    tgr_strings_free(counts->names);
    for (size_t i = 0; i < 2; i++) {
        tgr_mem_free(counts->side[i]);
    }
    for (size_t i = 0; i < TGR_DRIFT_ROUNDS; i++) {
        tgr_mem_free(counts->dealt[i]);
    }
    *counts = (tgr_drift_counts){0};
}

static bool make(uint64_t **table, size_t values)
{
    *table = tgr_mem_zalloc(values, sizeof **table);
    return *table != NULL;
}

bool tgr_drift_counts_allocate(tgr_drift_counts *counts)
{
    counts->values = (size_t)tgr_strings_count(counts->names) + 1;
    bool made = make(&counts->side[0], counts->values) && make(&counts->side[1], counts->values);
    for (size_t i = 0; made && i < TGR_DRIFT_ROUNDS; i++) {
        made = make(&counts->dealt[i], counts->values);
    }
    return made;
}

/* splitmix64: one step, and its output. */
static uint64_t mix(uint64_t value)
{
    value += 0x9e3779b97f4a7c15u;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

uint32_t tgr_drift_deal(uint64_t seed, int side, uint64_t number, double share)
{
    uint64_t key = mix(mix(seed + (uint64_t)side) + number);
    uint32_t labels = 0;
    for (uint32_t round = 0; round < TGR_DRIFT_ROUNDS; round++) {
        double drawn = (double)(mix(key + round) >> 11) * 0x1p-53;
        labels |= (uint32_t)(drawn < share) << round;
    }
    return labels;
}
