/* tally.c - what sums over decisions say. */
#include "engine/simulate/tally.h"

void tgr_tally_merge(tgr_tally *into, const tgr_tally *from, size_t models)
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
    for (size_t model = 0; into->chosen != NULL && model < models; model++) {
        into->chosen[model] += from->chosen[model];
    }
}

double tgr_tally_cost(const tgr_tally *tally)
{
    return tally->costed == tally->decided ? tgr_tally_value(tally->cost) : NAN;
}

double tgr_tally_mean_score(const tgr_tally *tally)
{
    return tgr_share(tgr_tally_value(tally->score), (double)tally->scored);
}

double tgr_tally_accept_rate(const tgr_tally *tally)
{
    return tgr_share((double)tally->accepted, (double)tally->judged);
}

double tgr_tally_quality(const tgr_tally *tally, tgr_quality quality)
{
    return quality == TGR_QUALITY_SCORE ? tgr_tally_mean_score(tally)
                                        : tgr_tally_accept_rate(tally);
}

double tgr_tally_coverage(const tgr_tally *tally, tgr_quality quality, uint64_t queries)
{
    uint64_t measured = quality == TGR_QUALITY_SCORE ? tally->scored : tally->judged;
    return tgr_share((double)measured, (double)queries);
}

double tgr_tally_rank(const tgr_tally *tally, tgr_quality quality)
{
    return quality == TGR_QUALITY_SCORE
               ? tgr_share((double)tally->score_ranks, (double)tally->scored)
               : tgr_share((double)tally->outcome_ranks, (double)tally->judged);
}

tgr_baseline tgr_tally_baseline(const tgr_tally *tally, tgr_quality quality, uint64_t queries)
{
    return (tgr_baseline){
        .cost = tgr_tally_cost(tally),
        .accept_rate = tgr_tally_accept_rate(tally),
        .mean_score = tgr_tally_mean_score(tally),
        .coverage = tgr_tally_coverage(tally, quality, queries),
        .model = NULL,
    };
}
