/* models.c - a router that knows the models of query files, and nothing else. */
#include <tagroute/elsewhere.h>

#include <math.h>
#include <string.h>

#include "engine/base/crew_row.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/weighing.h"
#include "engine/pass.h"
#include "engine/router/router.h"
#include "engine/simulate/tally.h"

/* Recorded costs of a model. */
typedef struct cost_sum {
    tgr_sum sum;
    uint64_t count;
} cost_sum;

static tgr_status list_models(const tgr_pass *pass, tgr_strings **names, tgr_error *error)
{
    *names = tgr_strings_new();
    for (size_t file = 0; *names != NULL && file < pass->file_count; file++) {
        const tgr_strings *own = pass->files[file]->models;
        for (uint32_t i = 0; own != NULL && i < tgr_strings_count(own); i++) {
            size_t length;
            const char *name = tgr_strings_get(own, i, &length);
            if (tgr_strings_add(*names, name, length) == TGR_STRING_NONE) {
                return tgr_fail_memory(error, "the models");
            }
        }
    }
    if (*names == NULL) {
        return tgr_fail_memory(error, "the models");
    }
    uint32_t count = tgr_strings_count(*names);
    return count >= 1 && count <= TGR_MODELS_MAX
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_ARGUMENT,
                          "%s: the query files name %u models, where 1 to %d are needed; name a "
                          "router (-r)",
                          pass->files[0]->path, count, TGR_MODELS_MAX);
}

static tgr_status make_router(const tgr_strings *names, tgr_router **router, tgr_error *error)
{
    size_t count = tgr_strings_count(names);
    tgr_router *made = tgr_router_new();
    *router = made;
    if (made == NULL) {
        return tgr_fail_memory(error, "the models");
    }
    made->tags = tgr_strings_new();
    made->scorer = tgr_mem_string("none");
    made->bias = tgr_mem_zalloc(count, sizeof *made->bias);
    made->models = tgr_mem_zalloc(count, sizeof *made->models);
    bool enough =
        made->tags != NULL && made->scorer != NULL && made->bias != NULL && made->models != NULL;
    for (size_t i = 0; enough && i < count; i++) {
        size_t length;
        const char *name = tgr_strings_get(names, (uint32_t)i, &length);
        tgr_model_init(&made->models[i]);
        made->models[i].name = tgr_mem_string_n(name, length);
        made->model_count = i + 1;
        enough = made->models[i].name != NULL;
    }
    return enough ? TGR_OK : tgr_fail_memory(error, "the models");
}

static void add_costs(const tgr_batch *batch, const tgr_query_file *file, const int *models,
                      const tgr_weighing *weighing, cost_sum *sums)
{
    size_t columns = tgr_strings_count(file->models);
    for (size_t i = 0; batch->cost != NULL && i < batch->rows * columns; i++) {
        double cost = (double)batch->cost[i];
        if (fabs(cost) <= TGR_EXACT_LIMIT) {
            cost_sum *sum = &sums[models[i % columns]];
            uint64_t weight = tgr_weighing_of(weighing, batch, i / columns);
            sum->sum += tgr_weigh_term(tgr_tally_term(cost), weight, weighing->bits);
            sum->count += weight;
        }
    }
}

static void match_columns(const tgr_router *router, const tgr_query_file *file, int *models)
{
    for (uint32_t i = 0; i < tgr_strings_count(file->models); i++) {
        models[i] = tgr_router_find_model(router, tgr_strings_get(file->models, i, NULL));
    }
}

static tgr_status sum_costs(tgr_pass *pass, const tgr_router *router, const tgr_weighing *weighing,
                            cost_sum *sums, const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    int *models = tgr_mem_alloc(router->model_count, sizeof *models);
    if (models == NULL) {
        return tgr_fail_memory(error, "the models");
    }
    for (;;) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(tgr_pass_next(pass, TGR_WANT_COST | tgr_weighing_wants(weighing), "costs", run,
                              &batch, &file, error));
        if (batch == NULL) {
            break;
        }
        match_columns(router, pass->files[file], models);
        add_costs(batch, pass->files[file], models, weighing, sums);
    }
done:
    tgr_mem_free(models);
    return status;
}

static tgr_status fail_without_costs(const tgr_router *router, tgr_error *error)
{
    tgr_buffer names = {0};
    for (size_t i = 0; i < router->model_count; i++) {
        tgr_buffer_format(&names, "%s%s", i == 0 ? "" : ", ", router->models[i].name);
    }
    tgr_status status = tgr_fail(error, TGR_ERR_ARGUMENT,
                                 "no cost of any model is recorded, so the reference cannot be "
                                 "chosen; name it with --reference; the models are: %s",
                                 names.failed ? "not told for lack of memory" : names.bytes);
    tgr_buffer_free(&names);
    return status;
}

static tgr_status choose_reference(tgr_router *router, const char *reference, tgr_error *error)
{
    if (reference != NULL) {
        return tgr_router_need_model(router, reference, &router->reference, error);
    }
    bool known = false;
    for (size_t i = 0; i < router->model_count; i++) {
        double cost = router->models[i].mean_cost;
        if (!isnan(cost) && (!known || cost > router->models[router->reference].mean_cost)) {
            router->reference = i;
            known = true;
        }
    }
    return known ? TGR_OK : fail_without_costs(router, error);
}

/* Of all models. */
typedef struct cost_sums {
    cost_sum *each;
    size_t count;
} cost_sums;

static void pass_costs(tgr_crew_row *row, void *user)
{
    const cost_sums *sums = user;
    for (size_t i = 0; i < sums->count; i++) {
        tgr_crew_row_sum(row, &sums->each[i].sum);
        tgr_crew_row_number(row, &sums->each[i].count);
    }
}

static tgr_status learn(tgr_pass *pass, tgr_router *router, const tgr_run *run, tgr_error *error)
{
    cost_sums sums = {tgr_mem_zalloc(router->model_count, sizeof *sums.each), router->model_count};
    tgr_status status = TGR_OK;
    if (sums.each == NULL) {
        return tgr_fail_memory(error, "the models");
    }
    tgr_weighing weighing;
    TGR_TRY(tgr_pass_share(pass, run, error));
    TGR_TRY(tgr_weighing_find(&weighing, pass, router->model_count, run, error));
    TGR_TRY(sum_costs(pass, router, &weighing, sums.each, run, error));
    TGR_TRY(tgr_crew_unite(run, pass_costs, &sums, error));
    double unit = tgr_weighing_unit(&weighing);
    for (size_t i = 0; i < router->model_count; i++) {
        const cost_sum *one = &sums.each[i];
        router->models[i].mean_cost =
            one->count > 0 ? tgr_tally_value(one->sum) / ((double)one->count * unit) : NAN;
    }
done:
    tgr_mem_free(sums.each);
    return status;
}

tgr_status tgr_router_of_models(const char *const *inputs, size_t input_count, const char *split,
                                const char *reference, tgr_router **router, const tgr_run *run,
                                tgr_error *error)
{
    tgr_pass pass;
    tgr_strings *names = NULL;
    *router = NULL;
    tgr_status status = tgr_pass_open(&pass, inputs, input_count, split, error);
    if (status != TGR_OK) {
        return status;
    }
    TGR_TRY(list_models(&pass, &names, error));
    TGR_TRY(make_router(names, router, error));
    TGR_TRY(learn(&pass, *router, run, error));
    TGR_TRY(choose_reference(*router, reference, error));
done:
    tgr_strings_free(names);
    tgr_pass_close(&pass);
    if (status != TGR_OK) {
        tgr_router_free(*router);
        *router = NULL;
    }
    return status;
}
