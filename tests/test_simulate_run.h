/* test_simulate_run.h - a world through the engine, by files in a folder of the test's own. */
#ifndef TGR_TESTS_SIMULATE_RUN_H
#define TGR_TESTS_SIMULATE_RUN_H

#include <tagroute/simulate.h>

#include "tests/test_simulate_world.h"

static char folder[256];
static char paths[2][300];
static unsigned world_seed; /* of the random world at hand, for messages */

static inline void assert_same(double got, double expected, const char *what)
{
    double scale = fmax(fabs(got), fabs(expected));
    if (isnan(got) != isnan(expected) || fabs(got - expected) > 1e-12 * scale) {
        fail_msg("seed %u: %s: %.17g, expected %.17g", world_seed, what, got, expected);
    }
}

static inline void assert_about(double got, double expected, double tolerance, const char *what)
{
    if (isnan(got) != isnan(expected) || fabs(got - expected) > tolerance) {
        fail_msg("seed %u: %s: %.17g, expected about %.17g", world_seed, what, got, expected);
    }
}

typedef struct setting {
    tgr_policy policy;
    const double *thresholds;
    size_t threshold_count;
    tgr_quality quality;
    int fallback;
    int threads;
    bool two_files;
    uint64_t memory;
    bool binned;
    size_t bootstrap;
    uint64_t seed;
    uint64_t shard, shards;
    const char *partial;
    const char *const *by;
    size_t by_count;
    bool predictions, category_mean, judged; /* judged: by the first file */
    const char *baseline;
    double scale;
    size_t grid; /* 0: as given */
} setting;

static inline void write_files(const world *w, bool two)
{
    size_t half = two ? w->queries / 2 : w->queries;
    world_write(w, 0, half, paths[0]);
    if (two) {
        world_write(w, half, w->queries, paths[1]);
    }
}

/* Of the files written last. */
static inline tgr_status run_with(const world *w, const setting *set, tgr_simulation **simulation,
                                  tgr_error *error, long fail)
{
    const char *inputs[] = {paths[0], paths[1]};
    char fallback[16];
    tgr_simulate_options options;
    tgr_simulate_options_init(&options);
    options.inputs = inputs;
    options.input_count = set->two_files ? 2 : 1;
    options.policy = set->policy;
    options.thresholds = set->thresholds;
    options.threshold_count = set->threshold_count;
    options.quality = set->quality;
    options.memory = set->memory;
    options.binned = set->binned;
    options.bootstrap = set->bootstrap;
    options.seed = set->seed;
    options.shard = set->shard;
    options.shards = set->shards;
    options.partial = set->partial;
    options.by = set->by;
    options.by_count = set->by_count;
    options.predictions = set->predictions;
    options.judged = set->judged ? inputs : NULL;
    options.judged_count = set->judged;
    options.category_mean = set->category_mean;
    options.baseline = set->baseline;
    options.scale = set->scale;
    options.grid = set->grid > 0 ? set->grid : options.grid;
    if (set->fallback >= 0) {
        snprintf(fallback, sizeof fallback, "m%d", set->fallback);
        options.fallback = fallback;
    }
    const tgr_run run = {.size = sizeof run, .threads = set->threads};
    tgr_mem_fail_after(-1);
    tgr_router *router = world_router(w);
    tgr_mem_fail_after(fail); /* negative: none does */
    tgr_status status = tgr_simulate(router, &options, simulation, &run, error);
    tgr_mem_fail_after(-1);
    tgr_router_free(router);
    return status;
}

static inline tgr_status run_simulation(const world *w, const setting *set,
                                        tgr_simulation **simulation, tgr_error *error)
{
    return run_with(w, set, simulation, error, -1);
}

static inline tgr_simulation *simulate(const world *w, const setting *set)
{
    tgr_simulation *simulation;
    tgr_error error;
    if (run_simulation(w, set, &simulation, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    return simulation;
}

static inline int make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/tagroute-simulate-XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(paths[0], sizeof paths[0], "%s/first.h5", folder);
    snprintf(paths[1], sizeof paths[1], "%s/second.h5", folder);
    return 0;
}

static inline int remove_folder(void **state)
{
    (void)state;
    unlink(paths[0]);
    unlink(paths[1]);
    return rmdir(folder);
}

#endif
