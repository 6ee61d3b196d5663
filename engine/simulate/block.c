/* block.c - rows of a batch turned into columns of answers. */
#include "engine/simulate/block.h"

#include <math.h>

#include "engine/base/memory.h"

enum { LOSS = 0, TIE = 1, WIN = 2, UNKNOWN = -1 };

#define ROWS TGR_ANSWER_ROWS

bool tgr_block_open(tgr_block *block, size_t models)
{
    *block = (tgr_block){.at = SIZE_MAX};
    size_t columns = 4 * models + 1;
    block->memory = tgr_mem_aligned(columns, ROWS * sizeof *block->memory);
    block->restricted = tgr_mem_alloc(ROWS, sizeof *block->restricted);
    block->answer = tgr_mem_zalloc(models, sizeof *block->answer);
    block->made = tgr_mem_zalloc(models, sizeof *block->made);
    if (block->memory == NULL || block->restricted == NULL || block->answer == NULL ||
        block->made == NULL) {
        return false;
    }
    size_t each = models * ROWS;
    block->columns = (tgr_answer_columns){.models = models,
                                          .cost = block->memory,
                                          .score = block->memory + each,
                                          .outcome = block->memory + 2 * each};
    block->free = block->memory + 4 * each;
    return true;
}

void tgr_block_close(tgr_block *block)
{
    tgr_mem_free_aligned(block->memory);
    tgr_mem_free(block->restricted);
    tgr_mem_free(block->answer);
    tgr_mem_free(block->made);
    *block = (tgr_block){0};
}

/* ---- what is recorded ------------------------------------------------------------------------ */

static void take_answers(const tgr_block *block, const tgr_decide *decide, const tgr_batch *batch,
                         size_t file_models, tgr_answer_gaps *gaps)
{
    size_t each = block->columns.models * ROWS;
    const tgr_answer_rows recorded = {
        .rows = block->rows,
        .count = block->count,
        .cost = batch->cost,
        .score = batch->score,
        .outcome = batch->outcome,
        .stride = file_models,
        .total = batch->rows * file_models,
        .column = decide->serve->file_model,
    };
    block->kernels->take_answers(&recorded, block->columns.models, block->memory,
                                 block->memory + each, block->memory + 2 * each, gaps);
}

/* Costs that are not recorded are those expected. */
static void expect_costs(const tgr_block *block, const tgr_decide *decide, size_t model,
                         double *costs)
{
    size_t unknown = 0;
    for (size_t i = 0; i < block->count; i++) {
        unknown += costs[i] != costs[i];
    }
    for (size_t i = 0; unknown > 0 && i < block->count; i++) {
        if (isnan(costs[i])) {
            costs[i] = tgr_decide_cost(decide, block->rows[i], model);
        }
    }
}

/* ---- outcomes that are not: as tgr_judge_row ------------------------------------------------- */

static double derive(double score, double reference_score, bool is_reference)
{
    if (is_reference) {
        return score > 0 ? TIE : LOSS;
    }
    if (score > reference_score) {
        return WIN;
    }
    return score == reference_score && score > 0 ? TIE : LOSS;
}

static void judge_row(const tgr_block *block, size_t row, size_t reference, double *outcomes)
{
    const double *scores = block->columns.score + row;
    double reference_score = scores[reference * ROWS];
    bool others_recorded = false;
    for (size_t model = 0; model < block->columns.models; model++) {
        double *outcome = &outcomes[model * ROWS + row], score = scores[model * ROWS];
        others_recorded |= model != reference && *outcome >= 0;
        if (*outcome < 0 && !isnan(score) && !isnan(reference_score)) {
            *outcome = derive(score, reference_score, model == reference);
        }
    }
    double *own = &outcomes[reference * ROWS + row];
    *own = *own < 0 && others_recorded ? TIE : *own;
}

/* ---- who may serve --------------------------------------------------------------------------- */

static void set_free(tgr_block *block)
{
    for (size_t i = 0; i < block->columns.rows; i++) {
        block->free[i] = i < block->count ? 0 : -INFINITY;
    }
    block->columns.bar = block->free;
    block->columns.bar_stride = 0;
    block->candidates = NULL;
}

static void set_restricted(tgr_block *block, const tgr_decide *decide)
{
    size_t models = block->columns.models;
    double *bars = block->memory + 3 * models * ROWS;
    for (size_t i = 0; i < block->columns.rows; i++) {
        uint32_t candidates = 0;
        for (size_t model = 0; model < models; model++) {
            bool may = i < block->count && tgr_decide_eligible(decide, block->rows[i], model);
            bars[model * ROWS + i] = may ? 0 : -INFINITY;
            candidates += may;
        }
        if (candidates == 0 && i < block->count && decide->plan.fallback >= 0) {
            bars[(size_t)decide->plan.fallback * ROWS + i] = 0;
            candidates = 1;
        }
        block->restricted[i] = candidates;
    }
    block->columns.bar = bars;
    block->columns.bar_stride = ROWS;
    block->candidates = block->restricted;
}

/* ---- a block --------------------------------------------------------------------------------- */

/* NaN, which stands for "not known", is fine. */
static size_t count_large(const double *values, size_t rows)
{
    size_t large = 0;
    for (size_t i = 0; i < rows; i++) {
        large += fabs(values[i]) > TGR_EXACT_LIMIT;
    }
    return large;
}

static bool all_fit(const tgr_block *block, size_t *bad_row, size_t *bad_model)
{
    const tgr_answer_columns *columns = &block->columns;
    size_t large = 0;
    for (size_t model = 0; model < columns->models; model++) {
        large += count_large(columns->cost + model * ROWS, columns->rows);
        large += count_large(columns->score + model * ROWS, columns->rows);
    }
    for (size_t place = 0; large > 0 && place < block->count * columns->models; place++) {
        size_t row = place / columns->models, model = place % columns->models;
        if (fabs(columns->cost[model * ROWS + row]) > TGR_EXACT_LIMIT ||
            fabs(columns->score[model * ROWS + row]) > TGR_EXACT_LIMIT) {
            *bad_row = block->rows[row];
            *bad_model = model;
            return false;
        }
    }
    return true;
}

static void begin_block(tgr_block *block, const tgr_decide *decide, const uint32_t *rows,
                        size_t count)
{
    block->count = count;
    block->rows = rows;
    block->columns.rows = (count + 7) / 8 * 8;
    block->kernels = tgr_decide_kernels(decide);
    block->at = SIZE_MAX;
}

bool tgr_block_read(tgr_block *block, const tgr_decide *decide, const tgr_batch *batch,
                    size_t file_models, const uint32_t *rows, size_t count, size_t *bad_row,
                    size_t *bad_model)
{
    size_t models = block->columns.models;
    double *costs = block->memory, *outcomes = costs + 2 * models * ROWS;
    tgr_answer_gaps gaps;
    begin_block(block, decide, rows, count);
    take_answers(block, decide, batch, file_models, &gaps);
    bool expected = (gaps.cost & TGR_SOME_UNKNOWN) != 0;
    for (size_t model = 0; expected && model < models; model++) {
        expect_costs(block, decide, model, costs + model * ROWS);
    }
    for (size_t row = 0; gaps.outcome != 0 && row < count; row++) {
        judge_row(block, row, decide->plan.router->reference, outcomes);
    }
    if (tgr_decide_decider(decide)->eligible != NULL) {
        set_restricted(block, decide);
    } else {
        set_free(block);
    }
    bool large = ((gaps.cost | gaps.score) & TGR_SOME_LARGE) != 0;
    return !(expected || large) || all_fit(block, bad_row, bad_model);
}

/* ---- one answer ------------------------------------------------------------------------------ */

static uint16_t rank_of(const tgr_block *block, const double *of, size_t row, double value)
{
    const tgr_answer_columns *columns = &block->columns;
    uint16_t rank = 1;
    for (size_t model = 0; model < columns->models; model++) {
        rank = (uint16_t)(rank + (of[model * ROWS + row] +
                                      columns->bar[model * columns->bar_stride + row] >
                                  value));
    }
    return rank;
}

const tgr_answer *tgr_block_answer(tgr_block *block, size_t row, size_t model)
{
    const tgr_answer_columns *columns = &block->columns;
    for (size_t i = 0; block->at != row && i < columns->models; i++) {
        block->made[i] = false;
    }
    block->at = row;
    tgr_answer *answer = &block->answer[model];
    if (block->made[model]) {
        return answer;
    }
    size_t place = model * ROWS + row;
    tgr_answer_set(answer, columns->cost[place], (float)columns->score[place],
                   (int)columns->outcome[place]);
    answer->model = (uint16_t)model;
    answer->score_rank =
        answer->scored ? rank_of(block, columns->score, row, columns->score[place]) : 0;
    answer->outcome_rank =
        answer->judged ? rank_of(block, columns->outcome, row, columns->outcome[place]) : 0;
    answer->ranked = block->made[model] = true;
    return answer;
}

void tgr_block_add(tgr_tally *tally, const tgr_answer_sums *sums, uint64_t decided)
{
    const tgr_sum coarse = (tgr_sum)1 << 44; /* 2^-20 in units of 2^-64 */
    tally->cost += (int64_t)sums->cost_high * coarse + (int64_t)sums->cost_low;
    tally->score += (int64_t)sums->score_high * coarse + (int64_t)sums->score_low;
    tally->decided += decided;
    tally->costed += (uint64_t)sums->costed;
    tally->scored += (uint64_t)sums->scored;
    tally->judged += (uint64_t)sums->judged;
    tally->accepted += (uint64_t)sums->accepted;
}
