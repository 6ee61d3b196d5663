/* simulation.c - a goal to be met beside a simulation: solved first, then simulated there. */
#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/simulate/simulating.h"
#include "engine/solve/solve.h"

static tgr_status solve_for(const tgr_router *router, const tgr_simulate_options *options,
                            const tgr_goal *goal, tgr_solution *solution, const tgr_run *run,
                            tgr_error *error)
{
    bool sample = goal->kind == TGR_GOAL_QUALITY && options->judged != NULL;
    const tgr_solve_plan plan = {
        .router = router,
        .inputs = sample ? options->judged : options->inputs,
        .input_count = sample ? options->judged_count : options->input_count,
        .split = sample ? options->judged_split : options->split,
        .fallback = options->fallback,
        .align_min = options->align_min,
        .policy = options->policy,
        .goal = goal,
        .quality = options->quality,
        .recorded = true,
        .run = run,
    };
    return tgr_solve(&plan, solution, error);
}

/* A simulation of all thresholds, without details that are of one of them. */
static tgr_status simulate_all(const tgr_router *router, const tgr_simulate_options *options,
                               tgr_simulation **simulation, const tgr_run *run, tgr_error *error)
{
    tgr_simulate_options all = *options;
    all.by = NULL;
    all.by_count = 0;
    all.predictions = all.category_mean = all.logged = false;
    all.baseline = NULL;
    return tgr_simulate(router, &all, simulation, run, error);
}

/* A simulation of the threshold found and no other, with the details that were asked for. */
static tgr_status simulate_there(const tgr_router *router, const tgr_simulate_options *options,
                                 const tgr_solution *solution, tgr_simulation **there,
                                 const tgr_run *run, tgr_error *error)
{
    tgr_run quiet = {.size = sizeof quiet};
    tgr_simulate_options one = *options;
    one.thresholds = &solution->threshold;
    one.threshold_count = 1;
    tgr_status status = run == NULL ? TGR_OK : tgr_options_copy(&quiet, sizeof quiet, run, error);
    quiet.message = NULL; /* all was said of the whole */
    return status == TGR_OK ? tgr_simulate(router, &one, there, &quiet, error) : status;
}

tgr_status tgr_simulate_goal(const tgr_router *router, const tgr_simulate_options *given,
                             const tgr_goal *goal, tgr_simulation **simulation, const tgr_run *run,
                             tgr_error *error)
{
    tgr_simulate_options options;
    tgr_solution solution;
    tgr_simulation *there = NULL;
    tgr_status status = TGR_OK;
    *simulation = NULL;
    tgr_simulate_options_init(&options);
    TGR_TRY(tgr_options_copy(&options, sizeof options, given, error));
    if (options.shards > 0) {
        return tgr_fail(error, TGR_ERR_UNSUPPORTED,
                        "a shard cannot know which threshold suits the whole log: simulate every "
                        "shard without the goal, and give it to tagroute merge, which joins them");
    }
    TGR_TRY(solve_for(router, &options, goal, &solution, run, error));
    TGR_TRY(simulate_all(router, &options, simulation, run, error));
    TGR_TRY(simulate_there(router, &options, &solution, &there, run, error));
    TGR_TRY(tgr_result_set_solution(*simulation, &solution, there, error));
done:
    if (status != TGR_OK) {
        tgr_simulation_free(*simulation);
        *simulation = NULL;
    }
    return status;
}
