/* decide.h - the rules of every policy over a tile: V_LANES rows in each vector, models one by one.
 *
 * Each follows kernels/ref/decide.c comparison by comparison. `masked` (some model may not serve
 * some row) and `margins` (wanted) are constants where these are inlined.
 */

typedef void decide_tile_function(tgr_job *job);

/* Models best so far, lane by lane. `have`: some model was eligible. */
typedef struct best_score {
    v_mask have;
    v_float score;
    v_int model;
} best_score;

/* One part of a tile: V_LANES rows from `lane` on. */
typedef struct tile_part {
    const tgr_job *job;
    size_t lane;
    const uint8_t *served; /* eligibility, a byte a row, where it comes so; NULL: in `words` */
    v_int words;           /* 32 models' eligibility bits, row by row */
    size_t loaded_word;
    v_pair tokens;
} tile_part;

TGR_INLINE v_float scores_of(const tile_part *part, size_t model)
{
    return v_load(part->job->tile + model * TGR_TILE + part->lane);
}

/* Bits 32 * word on of each row's mask, as the low or high half of a 64-bit word in memory. */
TGR_INLINE void load_words(tile_part *part, size_t word)
{
    const tgr_job *job = part->job;
    size_t row_bytes = job->decider->mask_words * sizeof(uint64_t);
    const char *masks = (const char *)job->decider->eligible;
    masks += job->block_begin * row_bytes + word * sizeof(uint32_t);
    const uint16_t *rows = job->tile_rows + part->lane;
    part->words = row_bytes == sizeof(uint64_t) ? i_pick(masks, rows, sizeof(uint64_t))
                                                : i_pick(masks, rows, row_bytes);
    part->loaded_word = word;
}

TGR_INLINE v_mask may_serve(tile_part *part, size_t model, bool masked)
{
    if (!masked) {
        return m_all();
    }
    if (part->served != NULL) {
        return m_load_bit(part->served, (unsigned)model);
    }
    if (part->loaded_word != model / 32) {
        load_words(part, model / 32);
    }
    return i_bit(part->words, (unsigned)(model % 32));
}

TGR_INLINE void open_part(tile_part *part, const tgr_job *job, size_t lane)
{
    part->job = job;
    part->lane = lane;
    part->served = job->served == NULL ? NULL : job->served + (job->tile_rows - job->order) + lane;
    part->loaded_word = SIZE_MAX;
    part->words = i_set(0);
    part->tokens = d_set(0);
}

/* Stores the choice of a part at one threshold. */
TGR_INLINE void store_choice(const tile_part *part, size_t threshold, v_int model, v_float margin,
                             bool margins)
{
    const tgr_job *job = part->job;
    size_t count = job->decider->threshold_count;
    int16_t *to_model = job->choice->model + job->block_begin * count + threshold;
    const uint16_t *rows = job->tile_rows + part->lane;
    int16_t models[V_LANES];
    i_store_16(models, model);
    if (count == 1) {
        TGR_UNROLL for (size_t i = 0; i < V_LANES; i++)
        {
            to_model[rows[i]] = models[i];
        }
    } else {
        for (size_t i = 0; i < V_LANES; i++) {
            to_model[rows[i] * count] = models[i];
        }
    }
    if (margins) {
        float *to_margin = job->choice->margin + job->block_begin * count + threshold;
        float values[V_LANES];
        v_store(values, margin);
        for (size_t i = 0; i < V_LANES; i++) {
            to_margin[rows[i] * count] = values[i];
        }
    }
}

/* Where all scores are finite no lane needs to know whether it has a model yet: anything is better
 * than -INFINITY. False where some score is not, and nothing is found. */
TGR_INLINE bool best_of_finite(tile_part *part, int except, best_score *best)
{
    v_float nothing = v_set(0);
    *best = (best_score){m_none(), v_set(-INFINITY), i_set(TGR_UNDECIDED)};
    for (size_t model = 0; model < part->job->decider->models; model++) {
        if ((int)model == except) {
            continue;
        }
        v_float score = scores_of(part, model);
        v_mask better = m_and(may_serve(part, model, true), v_gt(score, best->score));
        nothing = v_fma(score, v_set(0), nothing);
        best->score = v_select(better, score, best->score);
        best->model = i_select(better, i_set((int)model), best->model);
    }
    best->have = v_gt(best->score, v_set(-INFINITY));
    return m_bits(v_eq(nothing, v_set(0))) == m_bits(m_all());
}

/* argmax of the scores of eligible models, `except` left out (-1: none). */
TGR_INLINE best_score best_of(tile_part *part, int except, bool masked)
{
    best_score best = {m_none(), v_set(0), i_set(TGR_UNDECIDED)};
    if (masked && best_of_finite(part, except, &best)) {
        return best;
    }
    best = (best_score){m_none(), v_set(0), i_set(TGR_UNDECIDED)};
    size_t models = part->job->decider->models;
    size_t model = except == 0 ? 1 : 0;
    if (!masked && model < models) { /* the first model is eligible: no lane is without one */
        best = (best_score){m_all(), scores_of(part, model), i_set((int)model)};
        model++;
    }
    for (; model < models; model++) {
        if ((int)model == except) {
            continue;
        }
        v_float score = scores_of(part, model);
        v_mask better = v_gt(score, best.score);
        if (masked) {
            v_mask may = may_serve(part, model, masked);
            better = m_and(may, m_or(better, m_not(best.have)));
            best.have = m_or(best.have, may);
        }
        best.score = v_select(better, score, best.score);
        best.model = i_select(better, i_set((int)model), best.model);
    }
    return best;
}

/* What a part's rows choose at any threshold: `other` from the margin up to it, else `kept`. */
typedef struct margin_part {
    v_float margin; /* NaN: always `kept` */
    v_int other, kept;
} margin_part;

TGR_INLINE margin_part margins_of(tile_part *part, bool masked)
{
    const tgr_decider *decider = part->job->decider;
    best_score other = best_of(part, (int)decider->reference, masked);
    v_mask reference = may_serve(part, decider->reference, masked);
    v_float margin = v_sub(other.score, scores_of(part, decider->reference));
    v_mask both = m_and(other.have, reference);
    /* Without the reference: the other one, or nothing; without another: the reference. */
    return (margin_part){
        v_select(both, margin, v_set(NAN)),
        other.model,
        i_select(reference, i_set((int)decider->reference), other.model),
    };
}

/* The usual calls: one threshold, no margins; so little is to be done that a loop over thresholds
 * would be felt. */
TGR_INLINE void margin_once(tgr_job *job, bool masked)
{
    const v_float threshold = v_set((float)job->decider->thresholds[0]);
    for (size_t lane = 0; lane < TGR_TILE; lane += V_LANES) {
        tile_part part;
        open_part(&part, job, lane);
        margin_part found = margins_of(&part, masked);
        v_mask moves = v_ge(found.margin, threshold);
        store_choice(&part, 0, i_select(moves, found.other, found.kept), found.margin, false);
    }
}

TGR_INLINE void argmax_once(tgr_job *job, bool masked)
{
    for (size_t lane = 0; lane < TGR_TILE; lane += V_LANES) {
        tile_part part;
        open_part(&part, job, lane);
        store_choice(&part, 0, best_of(&part, -1, masked).model, v_set(0), false);
    }
}

#define DECIDE_ONCE(RULE)                                                                          \
    static void RULE##_once_plain(tgr_job *job)                                                    \
    {                                                                                              \
        RULE##_once(job, false);                                                                   \
    }                                                                                              \
    static void RULE##_once_masked(tgr_job *job)                                                   \
    {                                                                                              \
        RULE##_once(job, true);                                                                    \
    }

DECIDE_ONCE(margin)
DECIDE_ONCE(argmax)

/* Expected cost of a model, lane by lane. */
TGR_INLINE v_pair costs_of(const tile_part *part, size_t model, bool tokens)
{
    const tgr_decider *decider = part->job->decider;
    v_pair flat = d_set(decider->flat[model]);
    if (!tokens || isnan(decider->price_in[model])) {
        return flat;
    }
    v_pair known = part->tokens;
    v_pair priced = d_fma(known, d_set(decider->price_in[model]), d_set(decider->price_out[model]));
    return d_select(d_eq(known, known), priced, flat);
}

TGR_INLINE bool load_tokens(tile_part *part)
{
    const tgr_decider *decider = part->job->decider;
    if (decider->prompt_tokens == NULL || decider->price_in == NULL) {
        return false;
    }
    part->tokens =
        d_pick(decider->prompt_tokens + part->job->block_begin, part->job->tile_rows + part->lane);
    return true;
}

#include "kernels/body/decide_steps.h"

#include "kernels/body/decide_sorted.h"

TGR_INLINE void margin_tile(tgr_job *job, bool masked, bool margins)
{
    const tgr_decider *decider = job->decider;
    for (size_t lane = 0; lane < TGR_TILE; lane += V_LANES) {
        tile_part part;
        open_part(&part, job, lane);
        margin_part found = margins_of(&part, masked);
        for (size_t i = 0; i < decider->threshold_count; i++) {
            v_mask moves = v_ge(found.margin, v_set((float)decider->thresholds[i]));
            store_choice(&part, i, i_select(moves, found.other, found.kept), found.margin, margins);
        }
    }
}

typedef struct best_utility {
    v_mask have, have_second;
    v_pair utility, second;
    v_float score;
    v_int model;
} best_utility;

/* One model against the best so far: higher utility, then higher score, then earlier. */
TGR_INLINE void weigh(best_utility *best, size_t model, v_pair utility, v_float score, v_mask may,
                      bool margins)
{
    v_mask tied = m_and(d_eq(utility, best->utility), v_gt(score, best->score));
    v_mask better = m_or(d_gt(utility, best->utility), tied);
    better = m_and(may, m_or(better, m_not(best->have)));
    if (margins) {
        /* A beaten best becomes the second; else this one may. */
        v_mask ahead = m_or(d_gt(utility, best->second), m_not(best->have_second));
        v_mask second = m_and(may, m_andnot(better, ahead));
        best->second = d_select(second, utility, best->second);
        best->second = d_select(m_and(better, best->have), best->utility, best->second);
        best->have_second = m_or(best->have_second, m_or(second, m_and(better, best->have)));
    }
    best->have = m_or(best->have, may);
    best->utility = d_select(better, utility, best->utility);
    best->score = v_select(better, score, best->score);
    best->model = i_select(better, i_set((int)model), best->model);
}

TGR_INLINE void utility_part(tile_part *part, size_t threshold, bool tokens, bool masked,
                             bool margins)
{
    const tgr_decider *decider = part->job->decider;
    double lambda = decider->thresholds[threshold];
    best_utility best = {m_none(), m_none(), d_set(0), d_set(0), v_set(0), i_set(TGR_UNDECIDED)};
    for (size_t model = 0; model < decider->models; model++) {
        v_float score = scores_of(part, model);
        v_pair utility = d_from(score);
        if (lambda != 0) {
            utility = d_fma(d_set(-lambda), costs_of(part, model, tokens), utility);
        }
        weigh(&best, model, utility, score, may_serve(part, model, masked), margins);
    }
    v_float margin = v_set(NAN);
    if (margins) {
        margin = v_select(best.have_second, d_float(d_sub(best.utility, best.second)), margin);
    }
    store_choice(part, threshold, best.model, margin, margins);
}

TGR_INLINE void utility_tile(tgr_job *job, bool masked, bool margins)
{
    const size_t first = job->steps->first, end = first + job->steps->count;
    for (size_t lane = 0; lane < TGR_TILE; lane += V_LANES) {
        tile_part part;
        open_part(&part, job, lane);
        bool tokens = load_tokens(&part);
        for (size_t i = first; i < end; i++) {
            if (job->decider->thresholds[i] == 0 && !margins) { /* plain argmax, all in float */
                store_choice(&part, i, best_of(&part, -1, masked).model, v_set(0), false);
            } else {
                utility_part(&part, i, tokens, masked, margins);
            }
        }
    }
}

typedef struct cheapest {
    v_pair cost;
    v_float score;
    v_int model;
} cheapest;

/* The cost of the top-scored model, lane by lane. */
TGR_INLINE v_pair cost_of_choice(const tile_part *part, v_int choice, bool tokens)
{
    v_pair cost = costs_of(part, 0, tokens);
    for (size_t model = 1; model < part->job->decider->models; model++) {
        v_mask here = i_eq(choice, i_set((int)model));
        cost = d_select(here, costs_of(part, model, tokens), cost);
    }
    return cost;
}

TGR_INLINE void slack_part(tile_part *part, size_t threshold, const best_score *top,
                           v_pair top_cost, bool tokens, bool masked, bool margins)
{
    const tgr_decider *decider = part->job->decider;
    v_float allowed = v_set((float)decider->thresholds[threshold]);
    cheapest chosen = {top_cost, top->score, top->model};
    for (size_t model = 0; model < decider->models; model++) {
        v_float score = scores_of(part, model);
        v_mask near = v_le(v_sub(top->score, score), allowed);
        near = m_and(near, may_serve(part, model, masked));
        v_pair cost = costs_of(part, model, tokens);
        v_mask earlier = m_and(v_eq(score, chosen.score), i_gt(chosen.model, i_set((int)model)));
        v_mask tied = m_and(d_eq(cost, chosen.cost), m_or(v_gt(score, chosen.score), earlier));
        v_mask better = m_and(near, m_or(d_gt(chosen.cost, cost), tied));
        chosen.cost = d_select(better, cost, chosen.cost);
        chosen.score = v_select(better, score, chosen.score);
        chosen.model = i_select(better, i_set((int)model), chosen.model);
    }
    v_float margin = v_select(top->have, v_sub(top->score, chosen.score), v_set(NAN));
    store_choice(part, threshold, chosen.model, margin, margins);
}

TGR_INLINE void slack_tile(tgr_job *job, bool masked, bool margins)
{
    const size_t first = job->steps->first, end = first + job->steps->count;
    for (size_t lane = 0; lane < TGR_TILE; lane += V_LANES) {
        tile_part part;
        open_part(&part, job, lane);
        bool tokens = load_tokens(&part);
        best_score top = best_of(&part, -1, masked);
        v_pair top_cost = cost_of_choice(&part, top.model, tokens);
        for (size_t i = first; i < end; i++) {
            slack_part(&part, i, &top, top_cost, tokens, masked, margins);
        }
    }
}
