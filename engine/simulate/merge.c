/* merge.c - the parts of a simulation, added up. */
#include <inttypes.h>
#include <string.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/simulate/partial.h"

#define MOST_NAMED 8 /* parts that are missing */

typedef struct merging {
    tgr_simulating work;
    tgr_part first;  /* what all parts must be of */
    uint64_t *given; /* which parts; a count in a file is not believed */
    size_t given_count;
} merging;

static bool same_models(const tgr_router *a, const tgr_router *b)
{
    bool same = a->model_count == b->model_count && a->reference == b->reference;
    for (size_t i = 0; same && i < a->model_count; i++) {
        same = strcmp(a->models[i].name, b->models[i].name) == 0;
    }
    return same;
}

static bool same_run(const tgr_part *a, const tgr_part *b)
{
    return same_models(a->router, b->router) && strcmp(a->digest, b->digest) == 0 &&
           strcmp(a->fallback, b->fallback) == 0 && strcmp(a->split, b->split) == 0 &&
           a->policy == b->policy && a->quality == b->quality && a->grid == b->grid &&
           a->total == b->total && a->shards == b->shards && a->moving == b->moving &&
           a->weighing.weighed == b->weighing.weighed && a->weighing.bits == b->weighing.bits &&
           a->threshold_count == b->threshold_count &&
           (a->threshold_count == 0 ||
            memcmp(a->thresholds, b->thresholds, a->threshold_count * sizeof *a->thresholds) == 0);
}

static bool is_given(const merging *m, uint64_t part)
{
    bool found = false;
    for (size_t i = 0; i < m->given_count && !found; i++) {
        found = m->given[i] == part;
    }
    return found;
}

/* Names parts from the first on. */
static tgr_status check_complete(const merging *m, const char *path, tgr_error *error)
{
    uint64_t missing = m->first.shards - m->given_count, named = 0;
    if (missing == 0) {
        return TGR_OK;
    }
    tgr_buffer text = {0};
    for (uint64_t part = 0; named < missing && named < MOST_NAMED; part++) {
        if (!is_given(m, part)) {
            tgr_buffer_format(&text, "%s%" PRIu64, named > 0 ? ", " : "", part + 1);
            named++;
        }
    }
    if (named < missing) {
        tgr_buffer_format(&text, " and %" PRIu64 " others", missing - named);
    }
    tgr_status status =
        text.failed ? tgr_fail_memory(error, "the parts")
                    : tgr_fail(error, TGR_ERR_INPUT,
                               "%s is one of %" PRIu64 " parts; missing: %s; simulate each with "
                               "--shard I/%" PRIu64 " and merge all",
                               path, m->first.shards, text.bytes, m->first.shards);
    tgr_buffer_free(&text);
    return status;
}

static tgr_status begin(merging *m, size_t input_count, const tgr_run *run, tgr_error *error)
{
    const tgr_part *part = &m->first;
    m->given = tgr_mem_alloc(input_count, sizeof *m->given);
    if (m->given == NULL) {
        return tgr_fail_memory(error, "the parts");
    }
    tgr_simulating *work = &m->work;
    work->router = part->router;
    work->run = run;
    work->best = SIZE_MAX;
    tgr_simulate_options_init(&work->options);
    work->options.policy = part->policy;
    work->options.quality = part->quality;
    work->options.grid = part->grid;
    work->options.thresholds = part->thresholds;
    work->options.threshold_count = part->threshold_count;
    work->options.binned = true;
    work->options.split = part->split;
    work->options.fallback = part->fallback;
    work->plan.threads = tgr_run_threads(run);
    work->gathering.weighing = part->weighing;
    return tgr_simulating_sums(work, 1, error);
}

static tgr_status add_part(merging *m, const char *path, size_t input_count, const tgr_run *run,
                           tgr_error *error)
{
    tgr_part part;
    char *bytes;
    size_t length;
    bool is_first = m->given == NULL;
    tgr_status status = tgr_partial_open(path, &part, &bytes, &length, error);
    if (status != TGR_OK) {
        return status;
    }
    if (is_first) {
        m->first = part;
        TGR_TRY(begin(m, input_count, run, error));
        m->work.gathering.moving = part.moving;
    } else if (!same_run(&part, &m->first)) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s is part of another simulation than the files before it", path);
        goto done;
    }
    if (is_given(m, part.shard)) {
        status = tgr_fail(error, TGR_ERR_INPUT, "%s: part %llu is given twice", path,
                          (unsigned long long)part.shard + 1);
        goto done;
    }
    m->given[m->given_count++] = part.shard;
    TGR_TRY(tgr_partial_add(path, bytes, length, &m->work, error));
done:
    if (!is_first) {
        tgr_part_close(&part);
    }
    tgr_mem_free(bytes);
    return status;
}

tgr_status tgr_simulate_merge_look(const char *const *inputs, size_t input_count,
                                   tgr_merged_look *look, void *user, tgr_simulation **simulation,
                                   const tgr_run *run, tgr_error *error)
{
    merging m = {0};
    tgr_status status = TGR_OK;
    *simulation = NULL;
    if (input_count == 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "no partial simulation was given");
    }
    for (size_t i = 0; i < input_count; i++) {
        TGR_TRY(tgr_run_check(run, error));
        TGR_TRY(add_part(&m, inputs[i], input_count, run, error));
    }
    TGR_TRY(check_complete(&m, inputs[0], error));
    if (m.work.decide.queries != m.first.total) {
        status =
            tgr_fail(error, TGR_ERR_INPUT, "%s: the parts hold %llu of %llu queries", inputs[0],
                     (unsigned long long)m.work.decide.queries, (unsigned long long)m.first.total);
        goto done;
    }
    if (look != NULL) {
        TGR_TRY(look(user, &m.work, error));
    }
    TGR_TRY(tgr_simulating_finish(&m.work, simulation, error));
done:
    tgr_simulating_close(&m.work);
    tgr_part_close(&m.first);
    tgr_mem_free(m.given);
    return status;
}

tgr_status tgr_simulate_merge(const char *const *inputs, size_t input_count,
                              tgr_simulation **simulation, const tgr_run *run, tgr_error *error)
{
    return tgr_simulate_merge_look(inputs, input_count, NULL, NULL, simulation, run, error);
}
