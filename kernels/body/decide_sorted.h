/* decide_sorted.h - many thresholds beside few models: sorted, and for each model the first one at
 * which it may be chosen, found for a vector of rows at once.
 *
 * Every rule comes to the same: models in order of preference, a bound for each, and at every
 * threshold the first model whose bound the threshold's key reaches.
 *
 *   margin   key -threshold; the other model, bound minus the margin; then the reference
 *   slack    key threshold; cheapest first, bound: how far a model's score lies behind the best
 *   utility  key -lambda; dearest first, bound minus the lambda up to which a model is ahead of all
 *            that are cheaper: the least of (difference of scores) / (difference of costs)
 *
 * The first two compare what kernels/ref compares. That lambda is found in float32, within 2^-22 of
 * its size, and utilities are rounded: thresholds within 2^-20 of it are left to the reference.
 * Those further off are certain. Say model a is dearer than b and leads it up to x. Below x its
 * true utility is larger, so once rounded it is no smaller, and equal ones go to the higher score,
 * its own. Above x the utilities differ by (c_a - c_b) (lambda - x), at least 2^-21 (c_a - c_b)
 * lambda: more than they are rounded by, 2^-53 (|S| + lambda c) each, where the costs differ by
 * 2^-30 of their size, and since scores that differ do so by 2^-24 of theirs. Equal scores meet at
 * lambda 0; 2^-48 |S| / (c_a - c_b) further on that is certain, too. Where costs are equal, so is
 * the outcome at every lambda.
 */

#define STEP_BAND     0x1p-20f
#define STEP_SMALLEST 0x1p-100f /* of thresholds and differences of costs, zero aside */
#define STEP_LARGEST  0x1p100f

#include "kernels/body/fill_steps.h"

TGR_INLINE void margin_sorted(tgr_job *job, bool masked, bool margins)
{
    tgr_sorted_tile *tile = job->found;
    tile->candidates = 1;
    float margin[TGR_TILE];
    for (size_t lane = 0; lane < TGR_TILE; lane += V_LANES) {
        tile_part part;
        open_part(&part, job, lane);
        margin_part found = margins_of(&part, masked);
        v_float below = v_set(NAN);
        v_int limit = v_rank(job->steps->keys, v_sub(v_set(0), found.margin), &below);
        i_store(tile->limit + lane, i_twice(limit));
        i_store(tile->number + lane, i_twice(found.other)); /* -1 only where never chosen */
        i_store(tile->base + lane, model_twice(found.kept));
        v_store(margin + lane, found.margin);
    }
    fill_later(job);
    size_t all = job->decider->threshold_count;
    for (size_t lane = 0; lane < TGR_TILE && margins; lane++) {
        size_t place = (job->block_begin + job->tile_rows[lane]) * all + job->steps->first;
        for (size_t i = 0; i < job->steps->count; i++) {
            job->choice->margin[place + i] = margin[lane];
        }
    }
}

/* ---- models in one order for all rows ---------------------------------------------------------
 */

static void order_by_cost(tgr_sorted_models *sorted, const tgr_decider *decider)
{
    bool cheapest_first = decider->rule == TGR_RULE_SLACK;
    const double *cost = decider->flat;
    for (size_t i = 0; i < decider->models; i++) {
        size_t at = i;
        for (; at > 0; at--) {
            double before = cost[sorted->order[at - 1]];
            if (cheapest_first ? before <= cost[i] : before >= cost[i]) {
                break;
            }
            sorted->order[at] = sorted->order[at - 1];
        }
        sorted->order[at] = (uint16_t)i;
    }
}

/* Whether the difference of two costs decides as the head of this file says. */
static bool tells(double a, double b)
{
    double difference = fabs(a - b);
    return a == b || (difference >= (double)STEP_SMALLEST && difference <= (double)STEP_LARGEST &&
                      difference >= 0x1p-30 * fmax(fabs(a), fabs(b)));
}

/* What does not depend on rows; once a call. */
static void open_sorted(tgr_job *job)
{
    const tgr_decider *decider = job->decider;
    tgr_sorted_models *sorted = job->sorted;
    sorted->ready = true;
    sorted->usable = decider->models <= TGR_SORTED_MODELS && decider->flat != NULL;
    sorted->tell = sorted->distinct = true;
    sorted->inverse_size = 0;
    if (!sorted->usable || decider->rule == TGR_RULE_MARGIN) {
        return;
    }
    order_by_cost(sorted, decider);
    float *inverse = sorted->inverse;
    for (size_t i = 0; i < decider->models; i++) {
        double cost = decider->flat[sorted->order[i]];
        sorted->usable = sorted->usable && isfinite(cost);
        for (size_t j = i + 1; j < decider->models; j++, inverse++) {
            double other = decider->flat[sorted->order[j]];
            sorted->tell = sorted->tell && tells(cost, other);
            sorted->distinct = sorted->distinct && cost != other;
            *inverse = cost == other ? 0 : (float)(1 / (cost - other));
            sorted->inverse_size = fmaxf(sorted->inverse_size, fabsf(*inverse));
        }
    }
}

/* Into the candidate's place: where its bound lies among the keys. */
TGR_INLINE void take_bound(const tgr_job *job, tgr_sorted_tile *tile, size_t at, v_float bound,
                           uint16_t model)
{
    v_float below = v_set(NAN);
    v_int limit = v_rank(job->steps->keys, bound, &below);
    i_store(tile->limit + at, i_twice(limit));
    i_store(tile->number + at, i_set(twice(model)));
}

/* Whether each row's best score is finite, where it has one: with others infinitely far behind, or
 * not at all, limits do not tell what kernels/ref makes of it. */
TGR_INLINE bool top_tells(const best_score *top)
{
    v_mask finite = v_eq(v_sub(top->score, top->score), v_set(0));
    return m_bits(m_andnot(finite, top->have)) == 0;
}

TGR_INLINE bool slack_part_sorted(tgr_job *job, tgr_sorted_tile *tile, size_t lane, bool masked)
{
    const uint16_t *order = job->sorted->order;
    tile_part part;
    open_part(&part, job, lane);
    best_score top = best_of(&part, -1, masked);
    i_store(tile->base + lane, model_twice(top.model));
    for (size_t at = 0; at < tile->candidates; at++) {
        v_float behind = v_sub(top.score, scores_of(&part, order[at]));
        behind = v_select(may_serve(&part, order[at], masked), behind, v_set(NAN));
        take_bound(job, tile, at * TGR_TILE + lane, behind, order[at]);
    }
    return top_tells(&top);
}

/* Bounds as lambdas; what is known of the scores of a part's rows. */
typedef struct utility_bounds {
    v_float lambda[TGR_SORTED_MODELS]; /* by place, or by model; -INFINITY: never */
    v_float size, nothing;             /* the largest score's, and zero times all */
} utility_bounds;

TGR_INLINE void measure_score(utility_bounds *bounds, v_float score)
{
    bounds->size = v_max(bounds->size, v_max(score, v_sub(v_set(0), score)));
    bounds->nothing = v_fma(score, v_set(0), bounds->nothing);
}

/* Whether differences of scores neither overflow nor are unknown. */
TGR_INLINE v_mask scores_tell(const utility_bounds *bounds)
{
    return m_and(v_eq(bounds->nothing, v_set(0)), v_le(bounds->size, v_set(0x1p125f)));
}

/* Of two models that cost the same, the one that is never chosen. a comes first. */
TGR_INLINE void drop_behind(v_float *lambda_a, v_float *lambda_b, v_float score_a, v_float score_b,
                            v_mask may_a, v_mask may_b, bool a_is_first)
{
    v_mask ahead = a_is_first ? v_ge(score_a, score_b) : v_gt(score_a, score_b);
    *lambda_b = v_select(m_and(may_a, ahead), v_set(-INFINITY), *lambda_b);
    *lambda_a = v_select(m_andnot(ahead, may_b), v_set(-INFINITY), *lambda_a);
}

/* Where lambda's bound lies among the keys, and from which key on that is unsure; returns the rows
 * in which one is. */
TGR_INLINE v_mask take_lambda(const tgr_job *job, v_float lambda, v_float further, int32_t *limit,
                              float *edge)
{
    v_float below = v_set(NAN);
    v_float sure = v_fma(lambda, v_set(STEP_BAND - 1), v_set(FLT_MIN));
    v_float unsure = v_sub(v_set(0), v_fma(lambda, v_set(1 + STEP_BAND), further));
    i_store(limit, i_twice(v_rank(job->steps->keys, sure, &below)));
    v_store(edge, unsure);
    return v_ge(below, unsure);
}

/* Returns whether all rows' scores tell; sets bits of `unsure` for rows with unsure keys. */
TGR_INLINE bool utility_part_sorted(tgr_job *job, tgr_sorted_tile *tile, size_t lane, bool masked,
                                    uint32_t *unsure)
{
    const tgr_sorted_models *sorted = job->sorted;
    const float *inverse = sorted->inverse;
    size_t models = job->decider->models;
    tile_part part;
    open_part(&part, job, lane);
    utility_bounds bounds = {.size = v_set(0), .nothing = v_set(0)};
    for (size_t i = 0; i < models; i++) {
        v_mask may = may_serve(&part, sorted->order[i], masked);
        bounds.lambda[i] = v_select(may, v_set(INFINITY), v_set(-INFINITY));
    }
    for (size_t i = 0; i < models; i++) {
        size_t model = sorted->order[i];
        v_float score = scores_of(&part, model), least = bounds.lambda[i];
        v_mask may = may_serve(&part, model, masked);
        measure_score(&bounds, score);
        for (size_t j = i + 1; j < models; j++, inverse++) {
            size_t other = sorted->order[j];
            v_mask may_other = may_serve(&part, other, masked);
            if (*inverse == 0) {
                drop_behind(&least, &bounds.lambda[j], score, scores_of(&part, other), may,
                            may_other, model < other);
                continue;
            }
            v_float ahead = v_sub(score, scores_of(&part, other));
            v_float lambda = v_fma(ahead, v_set(*inverse), v_set(0));
            least = v_min(least, v_select(may_other, lambda, v_set(INFINITY)));
        }
        bounds.lambda[i] = least;
    }
    v_float further = v_fma(bounds.size, v_set(0x1p-48f * sorted->inverse_size), v_set(FLT_MIN));
    v_mask rows = m_none();
    for (size_t i = 0; i < tile->candidates; i++) {
        size_t at = i * TGR_TILE + lane;
        i_store(tile->number + at, i_set(twice(sorted->order[i])));
        rows = m_or(rows,
                    take_lambda(job, bounds.lambda[i], further, tile->limit + at, tile->edge + at));
    }
    *unsure |= m_bits(rows) << lane;
    return m_bits(scores_tell(&bounds)) == m_bits(m_all());
}

/* The reference decides what is unsure of a row that is filled. */
static void settle_unsure(const tgr_job *job, const tgr_sorted_tile *tile, size_t lane)
{
    size_t row = job->block_begin + job->tile_rows[lane], all = job->decider->threshold_count;
    const float *scores = job->rows + lane * job->row_stride;
    for (size_t at = 0; at < tile->candidates; at++) {
        size_t limit = (uint32_t)tile->limit[at * TGR_TILE + lane] >> 16;
        float edge = tile->edge[at * TGR_TILE + lane];
        for (; limit > 0 && job->steps->sorted[limit - 1] >= edge; limit--) {
            size_t threshold = job->steps->first + job->steps->given[limit - 1];
            job->choice->model[row * all + threshold] =
                reference_choice(job, scores, row, threshold);
        }
    }
}

#include "kernels/body/decide_by_row.h"

static bool orders_differ(const tgr_job *job)
{
    const tgr_decider *decider = job->decider;
    return (decider->prompt_tokens != NULL && decider->price_in != NULL) ||
           (decider->rule == TGR_RULE_SLACK && !job->sorted->distinct);
}

/* Decides the tile at the steps; false where it is not for this way, and nothing is written. */
TGR_INLINE bool slack_sorted(tgr_job *job, bool masked)
{
    tgr_sorted_tile *tile = job->found;
    bool by_row = orders_differ(job), told = job->sorted->usable;
    /* The dearest model is chosen where it is the best, and no other is near enough. */
    tile->candidates = by_row ? job->decider->models : job->decider->models - 1;
    for (size_t lane = 0; told && lane < TGR_TILE; lane += V_LANES) {
        told = by_row ? slack_part_by_row(job, tile, lane, masked)
                      : slack_part_sorted(job, tile, lane, masked);
    }
    if (told) {
        fill_later(job);
    }
    return told;
}

TGR_INLINE bool utility_sorted(tgr_job *job, bool masked)
{
    tgr_sorted_tile *tile = job->found;
    uint32_t unsure = 0;
    bool by_row = orders_differ(job), told = job->sorted->usable && job->steps->plain;
    if (!told || !(by_row || job->sorted->tell)) {
        return false;
    }
    bool cheapest_last = !by_row && !masked && job->sorted->distinct;
    tile->candidates = job->decider->models - (cheapest_last ? 1 : 0);
    int base = cheapest_last ? job->sorted->order[tile->candidates] : TGR_UNDECIDED;
    for (size_t i = 0; i < TGR_TILE; i++) {
        tile->base[i] = twice((uint16_t)base);
    }
    for (size_t lane = 0; told && lane < TGR_TILE; lane += V_LANES) {
        told = by_row ? utility_part_by_row(job, tile, lane, masked, &unsure)
                      : utility_part_sorted(job, tile, lane, masked, &unsure);
    }
    if (told) {
        fill_later(job);
    }
    if (told && unsure != 0) {
        fill_tile(job);
        for (size_t lane = 0; lane < TGR_TILE; lane++) {
            if (unsure >> lane & 1) {
                settle_unsure(job, tile, lane);
            }
        }
    }
    return told;
}
