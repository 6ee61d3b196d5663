/* second_walk.c - scoring once more, and showing each row around. */
#include "engine/judge/second_walk.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/policy/policy.h"
#include "engine/simulate/row_path.h"

/* What a thread works with. */
typedef struct tgr_walker {
    tgr_answers answers;
    tgr_path path;
    bool bad, out_of_memory;
} walker;

static bool open_walkers(tgr_second_walk *walk)
{
    walk->walkers = tgr_mem_zalloc((size_t)walk->decide.plan.threads, sizeof *walk->walkers);
    bool opened = walk->walkers != NULL;
    for (int i = 0; opened && i < walk->decide.plan.threads; i++) {
        walk->threads = i + 1;
        opened = tgr_answers_open(&walk->walkers[i].answers, walk->router->model_count);
        opened = tgr_path_open(&walk->walkers[i].path, walk->router->model_count) && opened;
    }
    return opened;
}

/* As in the simulation itself: utility at lambda 0 alone needs no costs. */
static bool all_moves(const tgr_simulate_options *options)
{
    return options->policy == TGR_POLICY_MARGIN || options->thresholds == NULL ||
           tgr_policy_needs_costs(options->policy, options->thresholds, options->threshold_count);
}

tgr_status tgr_second_walk_open(tgr_second_walk *walk, const tgr_router *router,
                                const tgr_simulate_options *options,
                                const tgr_simulate_source *source, double threshold,
                                const tgr_run *run, tgr_error *error)
{
    static const double zero = 0, one = 1; /* costs are needed, or not */
    tgr_status status = TGR_OK;
    *walk = (tgr_second_walk){.router = router,
                              .options = options,
                              .source = source,
                              .run = run,
                              .threshold = threshold,
                              .moving = all_moves(options)};
    tgr_decide_plan plan = {
        .router = router,
        .policy = options->policy,
        .thresholds = walk->moving ? &one : &zero,
        .threshold_count = 1,
        .fallback = -1,
        .align_min = options->align_min,
        .threads = tgr_run_threads(run),
        .source = source == NULL ? NULL : &source->scores,
    };
    if (options->fallback != NULL) {
        size_t fallback;
        TGR_TRY(tgr_router_need_model(router, options->fallback, &fallback, error));
        plan.fallback = (int)fallback;
    }
    TGR_TRY(tgr_asked_open(&walk->asked, options->policy, &walk->threshold, 1, error));
    TGR_TRY(
        tgr_pass_open(&walk->pass, options->inputs, options->input_count, options->split, error));
    TGR_TRY(tgr_pass_share(&walk->pass, run, error));
    TGR_TRY(tgr_weighing_find(&walk->weighing, &walk->pass, router->model_count, run, error));
    TGR_TRY(tgr_decide_open(&walk->decide, &plan, error));
    status = open_walkers(walk) ? TGR_OK : tgr_fail_memory(error, "a second walk over the queries");
done:
    return status;
}

void tgr_second_walk_close(tgr_second_walk *walk)
{
    for (int i = 0; i < walk->threads; i++) {
        tgr_answers_close(&walk->walkers[i].answers);
        tgr_path_close(&walk->walkers[i].path);
    }
    tgr_mem_free(walk->walkers);
    tgr_decide_close(&walk->decide);
    tgr_pass_close(&walk->pass);
    tgr_asked_close(&walk->asked);
    *walk = (tgr_second_walk){0};
}

/* ---- a row ----------------------------------------------------------------------------------- */

typedef struct showing {
    tgr_second_walk *walk;
    const tgr_batch *batch;
    size_t file_models;
    const tgr_visitor *visitors;
    size_t count;
} showing;

/* The place that the path is at, as the rule takes the threshold. */
static int place_at(const tgr_second_walk *walk, const tgr_path *path)
{
    double threshold = walk->asked.at[0];
    int place = path->first;
    bool clear;
    if (walk->options->policy == TGR_POLICY_UTILITY && path->count > 0) {
        return tgr_path_decide(path, threshold, &clear);
    }
    for (size_t i = 0; i < path->count && path->moves[i].at <= threshold; i++) {
        place = path->moves[i].model;
    }
    return place;
}

static void show_row(const showing *show, const tgr_decide *decide, const tgr_scored *scored,
                     size_t row)
{
    tgr_second_walk *walk = show->walk;
    walker *own = &walk->walkers[scored->thread];
    size_t model;
    const float *scores = scored->scores + (row - scored->begin) * scored->stride;
    if (!tgr_answers_read(&own->answers, decide, show->batch, show->file_models, row,
                          scored->decider->eligible != NULL, &model)) {
        own->bad = true;
        return;
    }
    uint64_t weight = tgr_weighing_of(&walk->weighing, show->batch, row);
    if (walk->weighing.weighed) {
        tgr_answers_weigh(&own->answers, weight, walk->weighing.bits);
    }
    tgr_path *path = &own->path;
    tgr_row_path(path, decide, scored, row, walk->moving);
    int place = place_at(walk, path);
    const tgr_seen seen = {
        .decide = decide,
        .batch = show->batch,
        .row = row,
        .thread = scored->thread,
        .scores = scores,
        .answers = &own->answers,
        .weight = weight,
        .path = path,
        .chosen = place == TGR_UNDECIDED ? TGR_UNDECIDED : decide->serve->order[place],
    };
    for (size_t i = 0; i < show->count; i++) {
        if (show->visitors[i].row != NULL) {
            own->out_of_memory |= !show->visitors[i].row(show->visitors[i].user, &seen);
        }
    }
}

static void show_rows(void *user, const tgr_decide *decide, const tgr_scored *scored)
{
    for (size_t row = scored->begin; row < scored->end; row++) {
        show_row(user, decide, scored, row);
    }
}

/* ---- all of them ----------------------------------------------------------------------------- */

static tgr_status enter_file(const showing *show, size_t number, tgr_error *error)
{
    tgr_second_walk *walk = show->walk;
    const tgr_query_file *file = walk->pass.files[number];
    tgr_status status = tgr_decide_file(&walk->decide, file, error);
    for (size_t i = 0; status == TGR_OK && i < show->count; i++) {
        if (show->visitors[i].enter != NULL) {
            status =
                show->visitors[i].enter(show->visitors[i].user, &walk->decide, file, number, error);
        }
    }
    return status;
}

static tgr_status check_rows(const tgr_second_walk *walk, tgr_error *error)
{
    for (int i = 0; i < walk->threads; i++) {
        if (walk->walkers[i].out_of_memory) {
            return tgr_fail_memory(error, "what is said of the queries");
        }
        if (walk->walkers[i].bad) {
            return tgr_fail(error, TGR_ERR_INPUT, "%s changed while it was read",
                            walk->options->inputs[0]);
        }
    }
    return TGR_OK;
}

static tgr_status show_batch(const showing *show, tgr_batch *batch, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; i < show->count; i++) {
        if (show->visitors[i].begin != NULL) {
            TGR_TRY(show->visitors[i].begin(show->visitors[i].user, batch, error));
        }
    }
    TGR_TRY(
        tgr_decide_scores(&show->walk->decide, batch, show_rows, (void *)(uintptr_t)show, error));
    TGR_TRY(check_rows(show->walk, error));
    for (size_t i = 0; i < show->count; i++) {
        if (show->visitors[i].end != NULL) {
            TGR_TRY(show->visitors[i].end(show->visitors[i].user, batch, error));
        }
    }
done:
    return status;
}

tgr_status tgr_second_walk_run(tgr_second_walk *walk, unsigned want, const tgr_visitor *visitors,
                               size_t count, tgr_error *error)
{
    size_t entered = SIZE_MAX;
    tgr_status status = TGR_OK;
    showing show = {.walk = walk, .visitors = visitors, .count = count};
    want |= (walk->source == NULL ? 0 : walk->source->wants) | TGR_WANT_ELIGIBILITY |
            TGR_WANT_PROMPT_TOKENS | TGR_WANT_SCORE | TGR_WANT_OUTCOME | TGR_WANT_COST |
            tgr_row_prices_want(walk->router) | tgr_weighing_wants(&walk->weighing);
    for (;;) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(tgr_pass_next(&walk->pass, want, "judging", walk->run, &batch, &file, error));
        if (batch == NULL) {
            break;
        }
        if (file != entered) {
            TGR_TRY(enter_file(&show, file, error));
            entered = file;
        }
        if (walk->source != NULL && walk->source->prepare != NULL) {
            TGR_TRY(walk->source->prepare(walk->source->user, batch, &walk->pass, file, error));
        }
        show.batch = batch;
        show.file_models = tgr_strings_count(walk->pass.files[file]->models);
        TGR_TRY(show_batch(&show, batch, error));
    }
done:
    return status;
}
