/* observe.c - a block of rows: judged, sent where each threshold sends it, and summed. */
#include "engine/simulate/observe.h"

#include <math.h>

#include "engine/base/memory.h"
#include "engine/simulate/row_path.h"

static const float *scores_of(const tgr_scored_rows *rows, size_t i)
{
    return rows->scores + (rows->rows[i] - rows->first) * rows->stride;
}

/* ---- row by row: any policy ------------------------------------------------------------------ */

/* Next to the edge of a bin the rule itself says on which side it is made, so that sums at edges
 * are those of the rule. */
uint64_t tgr_move_order(const tgr_path *path, double at, int from, int to, bool utility)
{
    const uint64_t near = UINT64_C(1) << 26, span = UINT64_C(1) << TGR_BIN_BITS;
    uint64_t order = tgr_order_of_double(at);
    uint64_t above = (order - 1) & (span - 1); /* the lower edge */
    if (!utility || (above >= near && above < span - near)) {
        return order;
    }
    size_t bin = tgr_bin_of(order);
    double lambda = tgr_bin_edge(above < near ? bin - 1 : bin);
    uint64_t edge = tgr_order_of_double(lambda);
    if (!(lambda > 0)) {
        return order;
    }
    if (tgr_path_prefers(path, lambda, from, to)) {
        return order < edge ? order : edge;
    }
    return order > edge ? order : edge + 1;
}

/* A row on its way through the thresholds. */
typedef struct way {
    tgr_block *block;
    size_t row;
    const uint16_t *order;
    tgr_decided *counts;
} way;

static const tgr_answer *answer_at(const way *own, int place)
{
    return tgr_block_answer(own->block, own->row, own->order[place]);
}

static void add_change(void *user, size_t threshold, int from, int to)
{
    const way *own = user;
    tgr_answer before = *answer_at(own, from);
    tgr_decided_move(&own->counts[1 + threshold], &before, answer_at(own, to), 1);
}

static void gather(tgr_observer *observer, const tgr_gathering *gathering, const way *own)
{
    const tgr_path *path = &observer->path;
    int from = path->first;
    for (size_t i = 0; i < path->count; i++) {
        int to = path->moves[i].model;
        uint64_t order = tgr_move_order(path, path->moves[i].at, from, to, gathering->utility);
        tgr_answer before = *answer_at(own, from);
        const tgr_answer *after = answer_at(own, to);
        if (gathering->bins != NULL) {
            observer->changes[observer->change_count++] = tgr_change_of(order, &before, after, 1);
        }
        if (gathering->keeping) {
            ((tgr_move *)observer->moves.items)[observer->moves.count++] =
                (tgr_move){order, tgr_answer_pack(&before), tgr_answer_pack(after)};
        }
        from = to;
    }
}

static void observe_path(tgr_observer *observer, const tgr_gathering *gathering, way *own)
{
    const tgr_path *path = &observer->path;
    const tgr_answer *first = answer_at(own, path->first);
    tgr_tally_add(&own->counts->tally, first, 1);
    own->counts->chosen[first->model]++;
    if (path->count > 0) {
        if (gathering->asked.count > 0) {
            tgr_asked_each(&gathering->asked, path, gathering->utility, add_change, own);
        }
        gather(observer, gathering, own);
    }
}

tgr_scored tgr_observed_row(const tgr_batch_view *view, const tgr_decide *decide,
                            const tgr_scored_rows *rows, const int16_t *chosen, size_t i)
{
    size_t row = rows->rows[i];
    return (tgr_scored){.begin = row,
                        .end = row + 1,
                        .scores = scores_of(rows, i),
                        .stride = rows->stride,
                        .decider = tgr_decide_decider(decide),
                        .x = &view->batch->x,
                        .chosen = chosen == NULL ? NULL : chosen + (row - rows->first)};
}

static void observe_each(tgr_observer *observer, const tgr_batch_view *view,
                         const tgr_decide *decide, const tgr_scored_rows *rows,
                         const int16_t *chosen, tgr_decided *counts)
{
    tgr_path *path = &observer->path;
    for (size_t i = 0; i < rows->count; i++) {
        size_t row = rows->rows[i];
        way own = {&observer->block, i, decide->serve->order, counts};
        const tgr_scored one = tgr_observed_row(view, decide, rows, chosen, i);
        tgr_row_path(path, decide, &one, row, view->gathering->moving);
        if (path->first == TGR_UNDECIDED) {
            observer->undecided++;
        } else {
            observe_path(observer, view->gathering, &own);
        }
    }
}

/* ---- a block at once: margin, where every model may serve every row -------------------------- */

/* One answer to each row, where models differ from row to row. */
typedef struct answered {
    uint16_t model[TGR_ANSWER_ROWS];
    double cost[TGR_ANSWER_ROWS], score[TGR_ANSWER_ROWS], outcome[TGR_ANSWER_ROWS];
    double score_rank[TGR_ANSWER_ROWS], outcome_rank[TGR_ANSWER_ROWS];
} answered;

static void fill_answered(const tgr_block *block, answered *answers)
{
    const tgr_answer_columns *columns = &block->columns;
    for (size_t i = 0; i < block->count; i++) {
        size_t place = answers->model[i] * (size_t)TGR_ANSWER_ROWS + i;
        answers->cost[i] = columns->cost[place];
        answers->score[i] = columns->score[place];
        answers->outcome[i] = columns->outcome[place];
    }
    for (size_t i = block->count; i < columns->rows; i++) {
        answers->cost[i] = answers->score[i] = NAN;
        answers->outcome[i] = -1;
    }
}

/* Ranks the answers, and adds them to a count. */
static tgr_ranked_answers count_answered(const tgr_block *block, answered *answers,
                                         tgr_decided *count)
{
    const tgr_answer_columns *columns = &block->columns;
    tgr_answer_sums sums;
    block->kernels->sum_answers(answers->cost, answers->score, answers->outcome, columns->rows,
                                &sums);
    tgr_block_add(&count->tally, &sums, block->count);
    count->tally.score_ranks += (uint64_t)block->kernels->rank_answers(
        columns, columns->score, answers->score, -INFINITY, answers->score_rank);
    count->tally.outcome_ranks += (uint64_t)block->kernels->rank_answers(
        columns, columns->outcome, answers->outcome, 0, answers->outcome_rank);
    for (size_t i = 0; i < block->count; i++) {
        count->chosen[answers->model[i]]++;
    }
    return (tgr_ranked_answers){answers->cost, answers->score, answers->outcome,
                                answers->score_rank, answers->outcome_rank};
}

/* One model's answers to all rows. */
static tgr_ranked_answers rank_model(const tgr_block *block, size_t model, answered *room)
{
    const tgr_answer_columns *columns = &block->columns;
    const double *score = columns->score + model * TGR_ANSWER_ROWS;
    const double *outcome = columns->outcome + model * TGR_ANSWER_ROWS;
    block->kernels->rank_answers(columns, columns->score, score, -INFINITY, room->score_rank);
    block->kernels->rank_answers(columns, columns->outcome, outcome, 0, room->outcome_rank);
    return (tgr_ranked_answers){columns->cost + model * TGR_ANSWER_ROWS, score, outcome,
                                room->score_rank, room->outcome_rank};
}

static tgr_packed_answer pack(const tgr_ranked_answers *answers, size_t model, size_t i)
{
    double score_rank = answers->score_rank[i], outcome_rank = answers->outcome_rank[i];
    return (tgr_packed_answer){
        .usd = answers->cost[i],
        .score_value = (float)answers->score[i],
        .outcome = (uint32_t)(answers->outcome[i] + 1) & 3,
        .score_rank = score_rank > 0 ? (uint32_t)(score_rank - 1) & 0x3ff : 0,
        .outcome_rank = outcome_rank > 0 ? (uint32_t)(outcome_rank - 1) & 0x3ff : 0,
        .model = model & 0x3ff,
    };
}

/* Each field goes to its place at once: a structure put together elsewhere would be copied from
 * where its small parts were only just stored. */
static inline void set_change(tgr_change *change, const tgr_answer_changes *from, size_t i)
{
    const tgr_sum coarse = (tgr_sum)1 << 44; /* 2^-20 in units of 2^-64 */
    change->cost = from->cost_high[i] * coarse + from->cost_low[i];
    change->score = from->score_high[i] * coarse + from->score_low[i];
    change->score_rank = (int16_t)from->score_rank[i];
    change->outcome_rank = (int16_t)from->outcome_rank[i];
    change->costed = (int8_t)from->costed[i];
    change->scored = (int8_t)from->scored[i];
    change->judged = (int8_t)from->judged[i];
    change->accepted = (int8_t)from->accepted[i];
}

/* The sums that each row will change are asked for early: there may be many. */
static void find_slots(const tgr_asked *asked, const tgr_margins *margins, const tgr_block *block,
                       const tgr_decided *counts, uint32_t *slots)
{
    for (size_t i = 0; i < block->count; i++) {
        slots[i] = 1 + (uint32_t)tgr_asked_first(asked, margins->at[i]);
        const tgr_decided *at = &counts[slots[i]];
        __builtin_prefetch(at, 1);
        __builtin_prefetch((const char *)at + 64, 1);
        __builtin_prefetch(counts->chosen + slots[i] * block->columns.models, 1);
    }
}

/* Every row goes from the best other model to the reference, at its margin. */
static void observe_margins(tgr_observer *observer, const tgr_gathering *gathering,
                            const tgr_decide *decide, const tgr_margins *margins,
                            tgr_decided *counts)
{
    const tgr_block *block = &observer->block;
    const uint16_t *order = decide->serve->order;
    uint16_t reference = order[decide->serve->reference];
    bool asked = gathering->asked.count > 0;
    uint32_t slots[TGR_ANSWER_ROWS];
    answered first, room;
    tgr_answer_changes columns;
    if (asked) {
        find_slots(&gathering->asked, margins, block, counts, slots);
    }
    for (size_t i = 0; i < block->count; i++) {
        first.model[i] = order[margins->other[i]];
    }
    fill_answered(block, &first);
    const tgr_ranked_answers from = count_answered(block, &first, counts);
    const tgr_ranked_answers to = rank_model(block, reference, &room);
    block->kernels->change_answers(&from, &to, block->columns.rows, &columns);
    tgr_change *changes = observer->changes;
    for (size_t i = 0; i < block->count; i++) {
        set_change(&changes[i], &columns, i);
        changes[i].key = tgr_order_of_double(margins->at[i]);
        changes[i].from = first.model[i];
        changes[i].to = reference;
        if (asked) {
            tgr_decided_change(&counts[slots[i]], &changes[i]);
        }
    }
    observer->change_count = gathering->bins == NULL ? 0 : block->count;
    tgr_move *moves = (tgr_move *)observer->moves.items + observer->moves.count;
    for (size_t i = 0; gathering->keeping && i < block->count; i++) {
        moves[i] =
            (tgr_move){changes[i].key, pack(&from, first.model[i], i), pack(&to, reference, i)};
    }
    observer->moves.count += gathering->keeping ? block->count : 0;
}

/* ---- any ------------------------------------------------------------------------------------- */

/* Of all bad rows the first in the batch is told of, whatever the order they were seen in. */
static bool read_block(tgr_observer *observer, const tgr_batch_view *view, const tgr_decide *decide,
                       const tgr_scored_rows *rows)
{
    size_t row = SIZE_MAX, model = 0;
    bool fit = tgr_block_read(&observer->block, decide, view->batch, view->models, rows->rows,
                              rows->count, &row, &model);
    if (row < observer->bad_row) {
        observer->bad_row = row;
        observer->bad_model = model;
    }
    return fit;
}

static bool reserve(tgr_observer *observer, const tgr_gathering *gathering, size_t moves)
{
    tgr_error unused;
    observer->moves.weighed = gathering->weighing.weighed;
    observer->moves.bits = gathering->weighing.bits;
    void *changes = observer->changes;
    bool fits =
        tgr_mem_grow(&changes, &observer->change_capacity, moves, sizeof *observer->changes);
    observer->changes = changes;
    return fits &&
           (!gathering->keeping || tgr_moves_reserve(&observer->moves, moves, &unused) == TGR_OK);
}

/* While they are in the cache. */
static bool put_in_bins(tgr_observer *observer, const tgr_gathering *gathering)
{
    tgr_bins *bins = gathering->bins;
    if (bins != NULL && observer->own == NULL) {
        observer->own = tgr_bins_new(bins->models, bins->reference, 0);
    }
    size_t count = observer->change_count;
    observer->change_count = 0;
    return bins == NULL || tgr_bins_take(bins, observer->own, observer->changes, count,
                                         gathering->weighing.weighed);
}

void tgr_observe(tgr_observer *observer, const tgr_batch_view *view, const tgr_decide *decide,
                 const tgr_scored_rows *rows, const int16_t *chosen, tgr_baselines *baselines,
                 tgr_decided *counts)
{
    const tgr_decider *decider = tgr_decide_decider(decide);
    bool margin = decider->rule == TGR_RULE_MARGIN;
    size_t models = decider->models, moves = rows->count * (margin ? 1 : models);
    tgr_margins margins;
    if (!read_block(observer, view, decide, rows)) {
        return;
    }
    if (!reserve(observer, view->gathering, moves)) {
        observer->out_of_memory = true;
        return;
    }
    if (view->weights != NULL) {
        tgr_observe_weighed(observer, view, decide, rows, chosen, baselines, counts);
        observer->out_of_memory |= !put_in_bins(observer, view->gathering);
        return;
    }
    tgr_baselines_add_block(baselines, &observer->block);
    if (margin && chosen == NULL && decider->eligible == NULL && decide->plan.fallback < 0 &&
        models > 1 &&
        observer->block.kernels->margins(rows, models, decider->reference, &margins)) {
        observe_margins(observer, view->gathering, decide, &margins, counts);
    } else {
        observe_each(observer, view, decide, rows, chosen, counts);
    }
    observer->out_of_memory |= !put_in_bins(observer, view->gathering);
}
