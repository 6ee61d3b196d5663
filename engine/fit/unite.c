/* unite.c - sums of a fit, added up over the processes of a crew. */
#include "engine/fit/unite.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/crew.h"

/* A mean is two sums and a count, which travel as wide numbers. */
#define NUMBERS 3
static void pack_mean(const tgr_mean *mean, tgr_sum *numbers)
{
    numbers[0] = mean->sum;
    numbers[1] = (tgr_sum)mean->count;
    numbers[2] = mean->beyond;
}

static void unpack_mean(tgr_mean *mean, const tgr_sum *numbers)
{
    mean->sum = numbers[0];
    mean->count = (uint64_t)numbers[1];
    mean->beyond = numbers[2];
}

tgr_status tgr_fit_means_unite(tgr_fit_means *means, const tgr_run *run, tgr_error *error)
{
    tgr_mean *const arrays[] = {means->cost, means->completion_tokens, means->score,
                                &means->prompt_tokens};
    size_t models = means->models, count = 3 * models + 1;
    if (tgr_run_crew(run) == NULL) {
        return TGR_OK;
    }
    tgr_sum *numbers = tgr_mem_alloc(count, NUMBERS * sizeof *numbers);
    if (numbers == NULL) {
        return tgr_fail_memory(error, "the models' means");
    }
    for (size_t i = 0; i < count; i++) {
        pack_mean(&arrays[i / models][i % models], numbers + NUMBERS * i);
    }
    tgr_status status = tgr_crew_sum_wide(run, numbers, NUMBERS * count, error);
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        unpack_mean(&arrays[i / models][i % models], numbers + NUMBERS * i);
    }
    tgr_mem_free(numbers);
    return status;
}

static tgr_status unite_values(tgr_value_sums *values, const tgr_run *run, tgr_error *error)
{
    size_t columns = values->folds * values->models, cells = columns * values->tags;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_crew_sum_wide(run, values->x, cells, error));
    TGR_TRY(tgr_crew_sum_wide(run, values->xy, cells, error));
    TGR_TRY(tgr_crew_sum_wide(run, values->y, columns, error));
    TGR_TRY(tgr_crew_sum_wide(run, values->judged, columns, error));
done:
    return status;
}

tgr_status tgr_fit_outcomes_unite(tgr_fit_outcomes *outcomes, size_t models, const tgr_run *run,
                                  tgr_error *error)
{
    uint64_t *const counts[] = {&outcomes->judged,
                                &outcomes->derived,
                                &outcomes->assumed,
                                &outcomes->queries,
                                &outcomes->reference_recorded,
                                &outcomes->dependent};
    tgr_outcome_sums *sums = &outcomes->sums;
    tgr_status status = TGR_OK;
    if (tgr_run_crew(run) == NULL) {
        return TGR_OK;
    }
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        TGR_TRY(tgr_crew_sum(run, counts[i], 1, error));
    }
    TGR_TRY(tgr_crew_sum_wide(run, outcomes->model_outcomes, 3 * models, error));
    if (sums->total != NULL) {
        (void)tgr_outcome_sums_total(sums); /* nothing waits in the threads' tables any more */
        TGR_TRY(tgr_crew_sum_wide(run, sums->total, 3 * sums->tags * sums->models, error));
    }
    if (outcomes->value_count > 0) {
        TGR_TRY(unite_values(&outcomes->values[0], run, error));
    }
done:
    return status;
}

tgr_status tgr_fit_rows_unite(tgr_fit_rows *rows, const tgr_run *run, tgr_error *error)
{
    tgr_row_source *public = &rows->public;
    double largest[] = {public->longest, public->largest_x, public->largest_y};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_crew_sum_wide(run, &rows->weight, 1, error));
    public->count = tgr_exact_value(rows->weight);
    TGR_TRY(tgr_crew_most(run, largest, sizeof largest / sizeof largest[0], error));
    public->longest = largest[0];
    public->largest_x = largest[1];
    public->largest_y = largest[2];
done:
    return status;
}

/* Each puts its own at their place among nothing. */
static tgr_status add_held_out(const tgr_held_out *own, size_t count, size_t before,
                               tgr_held_out *all, size_t total, const tgr_run *run,
                               tgr_error *error)
{
    enum { WORDS = sizeof *all / sizeof(uint64_t) };
    _Static_assert(sizeof *all % sizeof(uint64_t) == 0, "queries are added up word by word");
    for (size_t i = 0; i < count; i++) {
        all[before + i] = own[i];
        all[before + i].number += (uint32_t)before;
    }
    return tgr_crew_sum(run, (uint64_t *)(void *)all, total * WORDS, error);
}

tgr_status tgr_held_out_unite(tgr_held_out **queries, size_t *count, const tgr_run *run,
                              tgr_error *error)
{
    void *counts = NULL;
    tgr_held_out *all = NULL;
    uint64_t own = *count;
    size_t before = 0, total = 0;
    tgr_status status = TGR_OK;
    if (tgr_run_crew(run) == NULL) {
        return TGR_OK;
    }
    TGR_TRY(tgr_crew_gather(run, &own, sizeof own, &counts, error));
    for (uint32_t i = 0; i < tgr_crew_ranks(run); i++) {
        uint64_t of_rank = ((const uint64_t *)counts)[i];
        before += i < tgr_crew_rank(run) ? (size_t)of_rank : 0;
        total += (size_t)of_rank;
    }
    all = tgr_mem_zalloc(total + 1, sizeof *all);
    if (all == NULL) {
        TGR_TRY(tgr_fail_memory(error, "the queries held out"));
    }
    TGR_TRY(add_held_out(*queries, *count, before, all, total, run, error));
    tgr_mem_free(*queries);
    *queries = all;
    *count = total;
    all = NULL;
done:
    tgr_mem_free(counts);
    tgr_mem_free(all);
    return status;
}
