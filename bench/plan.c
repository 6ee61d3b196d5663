/* plan.c - what each preset times, and which of it is compared with which. */
#include <stdio.h>
#include <string.h>

#include "bench/densely.h"
#include "bench/entry.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "kernels/dispatch.h"

#define MOST_VARIANTS 8

/* The variants that run here (or the one asked for), the best last. */
typedef struct variants {
    const tgr_kernels *kernels[MOST_VARIANTS];
    size_t count;
    const char *limits; /* whose limits and loops these are measured beside */
} variants;

static void find_variants(const tgr_bench_run *run, variants *found)
{
    *found = (variants){0};
    bool runs_here;
    for (unsigned i = 0; found->count < MOST_VARIANTS; i++) {
        const tgr_kernels *built = tgr_kernels_built(i, &runs_here), *chosen;
        if (built == NULL) {
            break;
        }
        bool wanted = run->isa == NULL || strcmp(run->isa, built->isa) == 0;
        /* Of two that share a name the one that would be chosen. */
        if (wanted && runs_here && tgr_kernels_by_name(built->isa, &chosen) == TGR_DISPATCH_OK &&
            chosen == built) {
            found->kernels[found->count++] = built;
        }
    }
    const tgr_kernels *best = NULL;
    bool plain = run->isa == NULL || strcmp(run->isa, "scalar") == 0;
    if (tgr_kernels_by_name(plain ? NULL : run->isa, &best) == TGR_DISPATCH_OK) {
        found->limits = best->isa;
    }
}

typedef struct planning {
    tgr_bench_run *run;
    variants variants;
    bool failed;
} planning;

static size_t add_question(planning *plan, tgr_bench_policy policy, size_t thresholds, bool tokens,
                           bool masked)
{
    tgr_bench_run *run = plan->run;
    void *grown = run->questions;
    bool room = tgr_mem_grow(&grown, &run->question_capacity, run->question_count + 1,
                             sizeof *run->questions);
    run->questions = grown;
    double *values = room ? tgr_mem_alloc(thresholds, sizeof *values) : NULL;
    if (values == NULL) {
        plan->failed = true;
        return 0;
    }
    run->questions[run->question_count] = (tgr_bench_question){
        .policy = policy,
        .threshold_count = thresholds,
        .tokens = tokens,
        .masked = masked,
        .thresholds = values,
    };
    return run->question_count++;
}

static size_t add_entry(planning *plan, tgr_bench_entry entry)
{
    tgr_bench_run *run = plan->run;
    void *grown = run->entries;
    bool room =
        tgr_mem_grow(&grown, &run->entry_capacity, run->entry_count + 1, sizeof *run->entries);
    run->entries = grown;
    if (!room) {
        plan->failed = true;
        return 0;
    }
    run->entries[run->entry_count] = entry;
    return run->entry_count++;
}

static void add_ratio(planning *plan, const char *name, size_t entry, size_t base)
{
    tgr_bench_run *run = plan->run;
    void *grown = run->ratios;
    bool room =
        tgr_mem_grow(&grown, &run->ratio_capacity, run->ratio_count + 1, sizeof *run->ratios);
    run->ratios = grown;
    if (!room) {
        plan->failed = true;
        return;
    }
    tgr_bench_ratio *ratio = &run->ratios[run->ratio_count++];
    *ratio = (tgr_bench_ratio){.entry = entry, .base = base};
    snprintf(ratio->name, sizeof ratio->name, "%s", name);
}

static const char *index_name(bool narrow)
{
    return narrow ? "u16" : "u32";
}

static size_t add_limit(planning *plan, tgr_bench_kind kind, int threads, bool narrow,
                        size_t question, const char *isa)
{
    tgr_bench_entry entry = {.kind = kind,
                             .isa = isa,
                             .threads = threads,
                             .narrow = narrow,
                             .question = question,
                             .limits = tgr_limits_of(isa)};
    const char *name = kind == TGR_BENCH_TOUCH ? "touch" : "ceiling";
    snprintf(entry.name, sizeof entry.name, "%s %s %s", name, isa, index_name(narrow));
    return add_entry(plan, entry);
}

static size_t add_route(planning *plan, const tgr_kernels *kernels, int threads, bool narrow,
                        size_t question, const char *what)
{
    tgr_bench_entry entry = {.kind = TGR_BENCH_ROUTE,
                             .isa = kernels->isa,
                             .threads = threads,
                             .narrow = narrow,
                             .question = question,
                             .kernels = kernels};
    snprintf(entry.name, sizeof entry.name, "route %s %s%s%s", kernels->isa, index_name(narrow),
             what[0] != '\0' ? " " : "", what);
    return add_entry(plan, entry);
}

static size_t add_loop(planning *plan, tgr_bench_kind kind, int threads, size_t question)
{
    tgr_bench_entry entry = {.kind = kind,
                             .isa = plan->variants.limits,
                             .threads = threads,
                             .question = question,
                             .plain = tgr_plain_of(plan->variants.limits)};
    snprintf(entry.name, sizeof entry.name, "%s u32",
             kind == TGR_BENCH_PLAIN ? "plain loop" : "vectorised loop");
    return add_entry(plan, entry);
}

static size_t add_read(planning *plan, int threads)
{
    tgr_bench_entry entry = {.kind = TGR_BENCH_READ,
                             .isa = plan->variants.limits,
                             .threads = threads,
                             .limits = tgr_limits_of(plan->variants.limits)};
    snprintf(entry.name, sizeof entry.name, "read");
    return add_entry(plan, entry);
}

static const tgr_kernels *best_of(const planning *plan)
{
    return plan->variants.kernels[plan->variants.count - 1];
}

/* 16-bit columns where they are enough, unless others were asked for. */
static bool usual_width(const tgr_bench_run *run)
{
    return run->shape.tags <= UINT16_MAX + 1 && !run->shape.only_wide;
}

/* Limits of one width of columns; with the first one's of every instruction set. */
static void add_limits(planning *plan, int threads, bool narrow, size_t question, bool all)
{
    for (size_t i = all ? 0 : plan->variants.count - 1; i < plan->variants.count; i++) {
        const char *isa = plan->variants.kernels[i]->isa;
        isa = strcmp(isa, "scalar") == 0 && plan->variants.count == 1 ? plan->variants.limits : isa;
        if (strcmp(isa, "scalar") != 0 || strcmp(plan->variants.limits, "scalar") == 0) {
            add_limit(plan, TGR_BENCH_TOUCH, threads, narrow, question, isa);
            add_limit(plan, TGR_BENCH_CEILING, threads, narrow, question, isa);
        }
    }
}

/* Everything at one thread count; returns the best variant's entry. */
static size_t add_all(planning *plan, int threads, size_t question, bool first)
{
    tgr_bench_run *run = plan->run;
    bool narrow = usual_width(run);
    const tgr_bench_question *asked = &run->questions[question];
    bool simple =
        asked->policy <= TGR_BENCH_MARGIN && asked->threshold_count == 1 && !asked->masked;
    size_t plain = 0, vectorised = 0;
    add_read(plan, threads);
    add_limits(plan, threads, narrow, question, first);
    for (size_t i = 0; first && i + 1 < plan->variants.count; i++) {
        add_route(plan, plan->variants.kernels[i], threads, narrow, question, "");
    }
    size_t best = add_route(plan, best_of(plan), threads, narrow, question, "");
    if (simple) {
        plain = add_loop(plan, TGR_BENCH_PLAIN, threads, question);
        vectorised = add_loop(plan, TGR_BENCH_VECTORISED, threads, question);
    }
    if (narrow && !run->shape.only_narrow) {
        add_limits(plan, threads, false, question, false);
        add_route(plan, best_of(plan), threads, false, question, "");
    }
    if (simple) {
        add_ratio(plan, "kernels : plain loop", best, plain);
        add_ratio(plan, "kernels : vectorised loop", best, vectorised);
    }
    return best;
}

static void plan_limits(planning *plan)
{
    tgr_bench_run *run = plan->run;
    const tgr_bench_shape *shape = &run->shape;
    bool tokens = shape->tokens && shape->policy >= TGR_BENCH_UTILITY;
    size_t question = add_question(plan, shape->policy, shape->thresholds, tokens, shape->masked);
    size_t one = 0;
    for (size_t i = 0; i < run->thread_count; i++) {
        size_t best = add_all(plan, run->threads[i], question, i == 0);
        if (i == 0) {
            one = best;
        } else {
            char name[64];
            snprintf(name, sizeof name, "%d threads : %d", run->threads[i], run->threads[0]);
            add_ratio(plan, name, best, one);
        }
    }
}

/* Two questions, at each thread count. */
static void compare(planning *plan, size_t question, size_t base, const char *what,
                    const char *base_what, const char *name)
{
    tgr_bench_run *run = plan->run;
    for (size_t i = 0; i < run->thread_count; i++) {
        int threads = run->threads[i];
        bool narrow = usual_width(run);
        size_t first = add_route(plan, best_of(plan), threads, narrow, base, base_what);
        size_t second = add_route(plan, best_of(plan), threads, narrow, question, what);
        add_ratio(plan, name, first, second);
    }
}

static const tgr_bench_policy real_policies[] = {TGR_BENCH_MARGIN, TGR_BENCH_UTILITY,
                                                 TGR_BENCH_SLACK};

static void plan_thresholds(planning *plan)
{
    size_t many = plan->run->shape.thresholds;
    for (size_t i = 0; i < 3; i++) {
        tgr_bench_policy policy = real_policies[i];
        size_t one = add_question(plan, policy, 1, false, false);
        size_t all = add_question(plan, policy, many, false, false);
        char what[32], base[32], name[64];
        const char *policy_name = tgr_bench_policy_name(policy);
        snprintf(what, sizeof what, "%s x %zu", policy_name, many);
        snprintf(base, sizeof base, "%s x 1", policy_name);
        snprintf(name, sizeof name, "time of %zu thresholds : 1, %s", many, policy_name);
        compare(plan, all, one, what, base, name);
    }
}

static void plan_costs(planning *plan)
{
    size_t flat = add_question(plan, TGR_BENCH_UTILITY, 1, false, false);
    size_t tokens = add_question(plan, TGR_BENCH_UTILITY, 1, true, false);
    compare(plan, tokens, flat, "token costs", "flat costs", "time of token costs : flat");
}

static void plan_masks(planning *plan)
{
    for (tgr_bench_policy policy = TGR_BENCH_ARGMAX; policy <= TGR_BENCH_SLACK; policy++) {
        size_t free = add_question(plan, policy, 1, false, false);
        size_t masked = add_question(plan, policy, 1, false, true);
        char what[32], base[32], name[64];
        snprintf(what, sizeof what, "%s masked", tgr_bench_policy_name(policy));
        snprintf(base, sizeof base, "%s", tgr_bench_policy_name(policy));
        snprintf(name, sizeof name, "time with masks : without, %s", base);
        compare(plan, masked, free, what, base, name);
    }
}

static void plan_fit(planning *plan)
{
    tgr_bench_run *run = plan->run;
    size_t question = add_question(plan, run->shape.policy, 1, false, false);
    for (size_t i = 0; i < run->thread_count; i++) {
        tgr_bench_entry entry = {.kind = TGR_BENCH_COUNT,
                                 .kernels = best_of(plan),
                                 .isa = best_of(plan)->isa,
                                 .threads = run->threads[i],
                                 .question = question};
        snprintf(entry.name, sizeof entry.name, "fit's counts u32");
        size_t count = add_entry(plan, entry);
        size_t route = add_route(plan, best_of(plan), run->threads[i], false, question, "");
        add_ratio(plan, "fit's counts : routing", count, route);
    }
}

static void plan_scalar(planning *plan)
{
    tgr_bench_run *run = plan->run;
    size_t question = add_question(plan, run->shape.policy, run->shape.thresholds, false, false);
    const tgr_kernels *scalar = NULL;
    if (tgr_kernels_by_name("scalar", &scalar) != TGR_DISPATCH_OK) {
        return;
    }
    for (size_t i = 0; i < run->thread_count; i++) {
        int threads = run->threads[i];
        size_t route = add_route(plan, scalar, threads, false, question, "");
        size_t plain = add_loop(plan, TGR_BENCH_PLAIN, threads, question);
        size_t vectorised = add_loop(plan, TGR_BENCH_VECTORISED, threads, question);
        add_ratio(plan, "scalar kernels : plain loop", route, plain);
        add_ratio(plan, "scalar kernels : vectorised loop", route, vectorised);
    }
}

static void plan_dense(planning *plan)
{
    tgr_bench_run *run = plan->run;
    size_t question = add_question(plan, run->shape.policy, run->shape.thresholds, false, false);
    const tgr_kernels *best = best_of(plan);
    bool narrow = usual_width(run), there = tgr_bench_dense_there(run, best);
    for (size_t i = 0; i < run->thread_count; i++) {
        int threads = run->threads[i];
        add_limit(plan, TGR_BENCH_CEILING, threads, narrow, question, plan->variants.limits);
        size_t sparse = add_route(plan, best, threads, narrow, question, "");
        if (there) {
            tgr_bench_entry entry = {.kind = TGR_BENCH_DENSELY,
                                     .isa = best->isa,
                                     .threads = threads,
                                     .narrow = narrow,
                                     .question = question,
                                     .kernels = best};
            snprintf(entry.name, sizeof entry.name, "dense %s %s", best->isa, index_name(narrow));
            add_ratio(plan, "dense : sparse", add_entry(plan, entry), sparse);
        }
    }
}

/* How many entries before one are kept. */
static size_t kept_before(const tgr_bench_run *run, size_t entry)
{
    size_t kept = 0;
    for (size_t i = 0; i < entry; i++) {
        kept += !run->entries[i].dropped;
    }
    return kept;
}

/* Drops entries that are not wanted, and ratios that lack one. */
static void keep_wanted(tgr_bench_run *run)
{
    size_t entries = 0, ratios = 0;
    for (size_t i = 0; i < run->entry_count && run->only != NULL; i++) {
        run->entries[i].dropped = strstr(run->entries[i].name, run->only) == NULL;
    }
    for (size_t i = 0; i < run->ratio_count; i++) {
        tgr_bench_ratio ratio = run->ratios[i];
        if (!run->entries[ratio.entry].dropped && !run->entries[ratio.base].dropped) {
            ratio.entry = kept_before(run, ratio.entry);
            ratio.base = kept_before(run, ratio.base);
            run->ratios[ratios++] = ratio;
        }
    }
    for (size_t i = 0; i < run->entry_count; i++) {
        if (!run->entries[i].dropped) {
            run->entries[entries++] = run->entries[i];
        }
    }
    run->entry_count = entries;
    run->ratio_count = ratios;
}

tgr_status tgr_bench_plan_make(tgr_bench_run *run, tgr_error *error)
{
    static void (*const plans[])(planning *) = {
        [TGR_BENCH_LIMITS] = plan_limits, [TGR_BENCH_THRESHOLDS] = plan_thresholds,
        [TGR_BENCH_COSTS] = plan_costs,   [TGR_BENCH_MASKS] = plan_masks,
        [TGR_BENCH_FIT] = plan_fit,       [TGR_BENCH_SCALAR] = plan_scalar,
        [TGR_BENCH_DENSE] = plan_dense,
    };
    planning plan = {.run = run};
    find_variants(run, &plan.variants);
    if (plan.variants.count == 0 || plan.variants.limits == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "no kernels named '%.60s' run here; there are " TGR_ISA_NAMES, run->isa);
    }
    plans[run->shape.plan](&plan);
    if (plan.failed) {
        return tgr_fail_memory(error, "the list of what to time");
    }
    keep_wanted(run);
    return run->entry_count > 0
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_ARGUMENT, "nothing of %s has '%.60s' in its name",
                          run->shape.name, run->only);
}

tgr_bench_needs tgr_bench_plan_needs(const tgr_bench_run *run)
{
    tgr_bench_needs needs = {.thresholds = 1};
    for (size_t i = 0; i < run->question_count; i++) {
        const tgr_bench_question *question = &run->questions[i];
        needs.tokens = needs.tokens || question->tokens;
        needs.masks = needs.masks || question->masked;
        if (question->threshold_count > needs.thresholds) {
            needs.thresholds = question->threshold_count;
        }
    }
    needs.outcomes = run->shape.plan == TGR_BENCH_FIT;
    return needs;
}
