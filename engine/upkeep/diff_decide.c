/* diff_decide.c - one walk, two deciders. */
#include "engine/upkeep/diff_decide.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/decide.h"
#include "engine/pass.h"

typedef struct walking {
    tgr_both *both;
    const tgr_diff_options *options;
    const tgr_run *run;
    tgr_pass pass;
    tgr_decide decide[2];
} walking;

double tgr_both_cost(const tgr_both_cell *cell)
{
    return cell->before_unknown || cell->after_unknown
               ? NAN
               : tgr_exact_value(cell->after - cell->before);
}

static size_t cell_count(const tgr_both *both)
{
    return (both->first->model_count + 1) * (both->second->model_count + 1);
}

double tgr_both_sum(const tgr_both *both, bool second)
{
    tgr_sum sum = 0;
    for (size_t i = 0; i < cell_count(both); i++) {
        const tgr_both_cell *cell = &both->cells[i];
        if (second ? cell->after_unknown : cell->before_unknown) {
            return NAN;
        }
        sum += second ? cell->after : cell->before;
    }
    return tgr_exact_value(sum);
}

void tgr_both_free(tgr_both *both)
{
    tgr_mem_free(both->cells);
    both->cells = NULL;
}

static tgr_status open_decider(walking *work, size_t which, tgr_error *error)
{
    tgr_decide_plan plan = {.router = which == 0 ? work->both->first : work->both->second,
                            .policy = work->options->policy,
                            .thresholds = &work->options->threshold,
                            .threshold_count = 1,
                            .fallback = -1,
                            .threads = tgr_run_threads(work->run),
                            .run = work->run};
    if (work->options->fallback != NULL) {
        size_t model;
        tgr_status status =
            tgr_router_need_model(plan.router, work->options->fallback, &model, error);
        if (status != TGR_OK) {
            return status;
        }
        plan.fallback = (int)model;
    }
    return tgr_decide_open(&work->decide[which], &plan, error);
}

static tgr_status add_cost(const tgr_decide *decide, size_t row, tgr_sum *sum, bool *unknown,
                           tgr_error *error)
{
    int model = decide->model[row];
    double cost = model < 0 ? 0 : tgr_decide_cost(decide, row, (size_t)model);
    if (isnan(cost)) {
        *unknown = true;
        return TGR_OK;
    }
    if (!tgr_exact_fits(cost)) {
        return tgr_fail(error, TGR_ERR_INPUT, "a query costs %g USD, which cannot be summed", cost);
    }
    *sum += tgr_exact_term(cost);
    return TGR_OK;
}

/* The batch's values stay as they were read for the second router. */
static tgr_status decide_batch(walking *work, tgr_batch *batch, tgr_error *error)
{
    const tgr_decide *first = &work->decide[0], *second = &work->decide[1];
    tgr_both *both = work->both;
    const tgr_csr x = batch->x;
    tgr_status status = TGR_OK;
    for (size_t which = 0; which < 2; which++) {
        batch->x = x;
        TGR_TRY(tgr_decide_batch(&work->decide[which], batch, error));
    }
    for (size_t row = 0; row < batch->rows; row++) {
        int from = first->model[row], to = second->model[row];
        size_t left = from < 0 ? both->first->model_count : (size_t)from;
        size_t right = to < 0 ? both->second->model_count : (size_t)to;
        tgr_both_cell *cell = &both->cells[left * (both->second->model_count + 1) + right];
        cell->queries++;
        TGR_TRY(add_cost(first, row, &cell->before, &cell->before_unknown, error));
        TGR_TRY(add_cost(second, row, &cell->after, &cell->after_unknown, error));
    }
    both->queries += batch->rows;
done:
    batch->x = x;
    return status;
}

static tgr_status walk(walking *work, tgr_error *error)
{
    size_t entered = SIZE_MAX;
    tgr_status status = TGR_OK;
    unsigned want = TGR_WANT_ELIGIBILITY | TGR_WANT_PROMPT_TOKENS;
    want |= tgr_row_prices_want(work->decide[0].plan.router) |
            tgr_row_prices_want(work->decide[1].plan.router);
    for (;;) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(tgr_pass_next(&work->pass, want, "deciding", work->run, &batch, &file, error));
        if (batch == NULL) {
            break;
        }
        for (size_t which = 0; file != entered && which < 2; which++) {
            TGR_TRY(tgr_decide_file(&work->decide[which], work->pass.files[file], error));
        }
        entered = file;
        TGR_TRY(decide_batch(work, batch, error));
    }
done:
    return status;
}

tgr_status tgr_both_decide(tgr_both *both, const tgr_diff_options *options, const tgr_run *run,
                           tgr_error *error)
{
    walking work = {.both = both, .options = options, .run = run};
    tgr_status status = TGR_OK;
    both->cells = tgr_mem_zalloc(cell_count(both), sizeof *both->cells);
    if (both->cells == NULL) {
        status = tgr_fail_memory(error, "the comparison");
        goto done;
    }
    TGR_TRY(open_decider(&work, 0, error));
    TGR_TRY(open_decider(&work, 1, error));
    TGR_TRY(
        tgr_pass_open(&work.pass, options->inputs, options->input_count, options->split, error));
    TGR_TRY(walk(&work, error));
done:
    tgr_pass_close(&work.pass);
    tgr_decide_close(&work.decide[0]);
    tgr_decide_close(&work.decide[1]);
    return status;
}
