/* tally.c - what sums over decisions say. */
#include "engine/simulate/tally.h"

#include "engine/base/memory.h"

void tgr_tally_merge(tgr_tally *into, const tgr_tally *from)
{
    into->cost += from->cost;
    into->score += from->score;
    into->decided += from->decided;
    into->costed += from->costed;
    into->scored += from->scored;
    into->judged += from->judged;
    into->accepted += from->accepted;
    into->score_ranks += from->score_ranks;
    into->outcome_ranks += from->outcome_ranks;
}

double tgr_tally_cost(const tgr_tally *tally)
{
    return tally->costed == tally->decided ? tgr_tally_value(tally->cost) : NAN;
}

double tgr_tally_mean_score(const tgr_tally *tally, double unit)
{
    return tgr_share(tgr_tally_value(tally->score), (double)tally->scored * unit);
}

double tgr_tally_accept_rate(const tgr_tally *tally)
{
    return tgr_share((double)tally->accepted, (double)tally->judged);
}

double tgr_tally_quality(const tgr_tally *tally, tgr_quality quality, double unit)
{
    return quality == TGR_QUALITY_SCORE ? tgr_tally_mean_score(tally, unit)
                                        : tgr_tally_accept_rate(tally);
}

double tgr_tally_coverage(const tgr_tally *tally, tgr_quality quality, uint64_t size)
{
    uint64_t measured = quality == TGR_QUALITY_SCORE ? tally->scored : tally->judged;
    return tgr_share((double)measured, (double)size);
}

double tgr_tally_rank(const tgr_tally *tally, tgr_quality quality)
{
    return quality == TGR_QUALITY_SCORE
               ? tgr_share((double)tally->score_ranks, (double)tally->scored)
               : tgr_share((double)tally->outcome_ranks, (double)tally->judged);
}

tgr_baseline tgr_tally_baseline(const tgr_tally *tally, tgr_quality quality,
                                const tgr_population *of)
{
    return (tgr_baseline){
        .cost = tgr_tally_cost(tally),
        .accept_rate = tgr_tally_accept_rate(tally),
        .mean_score = tgr_tally_mean_score(tally, of->unit),
        .coverage = tgr_tally_coverage(tally, quality, of->size),
        .model = NULL,
    };
}

void tgr_decided_merge(tgr_decided *into, const tgr_decided *from, size_t models)
{
    tgr_tally_merge(&into->tally, &from->tally);
    for (size_t model = 0; model < models; model++) {
        into->chosen[model] += from->chosen[model];
    }
}

bool tgr_decided_bytes(size_t count, size_t models, size_t *bytes)
{
    size_t each;
    return !__builtin_mul_overflow(models, sizeof(uint64_t), &each) &&
           !__builtin_add_overflow(each, sizeof(tgr_decided), &each) &&
           !__builtin_mul_overflow(count, each, bytes);
}

tgr_decided *tgr_decided_place(void *memory, size_t count, size_t models)
{
    tgr_decided *counts = memory;
    uint64_t *chosen = (uint64_t *)(void *)(counts + count);
    for (size_t i = 0; i < count; i++) {
        counts[i].chosen = chosen + i * models;
    }
    return counts;
}

tgr_decided *tgr_decided_new(size_t count, size_t models)
{
    size_t bytes;
    void *memory = tgr_decided_bytes(count, models, &bytes) ? tgr_mem_zalloc(1, bytes) : NULL;
    return memory == NULL ? NULL : tgr_decided_place(memory, count, models);
}
