/* shape.c - the table of presets. */
#include "bench/shape.h"

#include <string.h>

#include "datasets/generate/world.h"
#include "engine/base/error.h"

#define MOST_QUERIES    ((uint64_t)1 << 40)
#define MOST_THRESHOLDS 65536

typedef struct preset_name {
    const char *name, *text;
} preset_name;

static const preset_name presets[] = {
    {"main", "10 M queries, 1,601 tags, 5 models, 1 to 9 tags a query: against limits and loops"},
    {"k2", "the same with 2 models"},
    {"k11", "the same with 11 models"},
    {"k16", "the same with 16 models"},
    {"k64", "the same with 64 models"},
    {"long", "16,364 tags, 38 of them a query, 2 models"},
    {"wide", "100,000 tags, 64 models: weights that no second-level cache holds"},
    {"thresholds", "1 and 64 thresholds in one call, for each policy"},
    {"costs", "utility with flat costs, and with costs from token counts"},
    {"masks", "without and with an eligibility mask on every query, for each policy"},
    {"fit", "fit's counting pass, and routing on the same data"},
    {"scalar", "the scalar variant, and the plain loop"},
    {"dense", "rows that hold more and more of 64 tags"},
};

#define PRESETS (sizeof presets / sizeof *presets)

#define SHAPE(PRESET, NAME, PLAN, QUERIES, TAGS, MODELS, MIN, MAX, THRESHOLDS)                     \
    {                                                                                              \
        .preset = PRESET, .name = NAME, .plan = TGR_BENCH_##PLAN, .queries = QUERIES,              \
        .tags = TAGS, .models = MODELS, .min_tags = MIN, .max_tags = MAX,                          \
        .thresholds = THRESHOLDS, .policy = TGR_BENCH_ARGMAX, .values = TGR_BENCH_U8,              \
        .zipf = 1.05, .seed = 1                                                                    \
    }

static const tgr_bench_shape shapes[] = {
    SHAPE("main", "main", LIMITS, 10000000, 1601, 5, 1, 9, 1),
    SHAPE("k2", "k2", LIMITS, 10000000, 1601, 2, 1, 9, 1),
    SHAPE("k11", "k11", LIMITS, 10000000, 1601, 11, 1, 9, 1),
    SHAPE("k16", "k16", LIMITS, 10000000, 1601, 16, 1, 9, 1),
    SHAPE("k64", "k64", LIMITS, 4000000, 1601, 64, 1, 9, 1),
    SHAPE("long", "long", LIMITS, 2000000, 16364, 2, 12, 64, 1),
    SHAPE("wide", "wide", LIMITS, 4000000, 100000, 64, 1, 9, 1),
    SHAPE("thresholds", "thresholds", THRESHOLDS, 2000000, 1601, 5, 1, 9, 64),
    SHAPE("costs", "costs", COSTS, 4000000, 1601, 5, 1, 9, 1),
    SHAPE("masks", "masks", MASKS, 4000000, 1601, 5, 1, 9, 1),
    SHAPE("fit", "fit", FIT, 4000000, 1601, 5, 1, 9, 1),
    SHAPE("scalar", "scalar", SCALAR, 4000000, 1601, 5, 1, 9, 1),
    SHAPE("dense", "dense 4 of 64", DENSE, 2000000, 64, 16, 4, 4, 1),
    SHAPE("dense", "dense 8 of 64", DENSE, 1000000, 64, 16, 8, 8, 1),
    SHAPE("dense", "dense 16 of 64", DENSE, 1000000, 64, 16, 16, 16, 1),
    SHAPE("dense", "dense 32 of 64", DENSE, 500000, 64, 16, 32, 32, 1),
    SHAPE("dense", "dense 48 of 64", DENSE, 500000, 64, 16, 48, 48, 1),
    SHAPE("dense", "dense 64 of 64", DENSE, 500000, 64, 16, 64, 64, 1),
    {.preset = "dense",
     .name = "dense 64 of 64, f32",
     .plan = TGR_BENCH_DENSE,
     .queries = 500000,
     .tags = 64,
     .models = 16,
     .min_tags = 64,
     .max_tags = 64,
     .thresholds = 1,
     .policy = TGR_BENCH_ARGMAX,
     .values = TGR_BENCH_F32,
     .zipf = 1.05,
     .seed = 1},
};

#define SHAPES (sizeof shapes / sizeof *shapes)

static const char *const value_names[] = {"ones", "u8", "u16", "f32"};
static const char *const policy_names[] = {"argmax", "margin", "utility", "slack"};

const char *tgr_bench_values_name(tgr_bench_values values)
{
    return value_names[values];
}

const char *tgr_bench_policy_name(tgr_bench_policy policy)
{
    return policy_names[policy];
}

const char *tgr_bench_preset(size_t number, const char **purpose)
{
    if (number >= PRESETS) {
        return NULL;
    }
    if (purpose != NULL) {
        *purpose = presets[number].text;
    }
    return presets[number].name;
}

const tgr_bench_shape *tgr_bench_shape_of(const char *preset, size_t number)
{
    for (size_t i = 0; i < SHAPES; i++) {
        if (strcmp(shapes[i].preset, preset) == 0 && number-- == 0) {
            return &shapes[i];
        }
    }
    return NULL;
}

/* The place of a name in a list of four, -1 where it is not there. */
static int find(const char *const names[4], const char *name)
{
    for (int i = 0; i < 4; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

static tgr_status set_names(tgr_bench_shape *shape, const tgr_bench_options *options,
                            tgr_error *error)
{
    int values = options->values != NULL ? find(value_names, options->values) : (int)shape->values;
    if (values < 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "values are ones, u8, u16 or f32, not '%.60s'",
                        options->values);
    }
    int policy = options->policy != NULL ? find(policy_names, options->policy) : (int)shape->policy;
    if (policy < 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the policy is argmax, margin, utility or slack, not '%.60s'",
                        options->policy);
    }
    shape->values = (tgr_bench_values)values;
    shape->policy = (tgr_bench_policy)policy;
    if (options->index != NULL) {
        shape->only_narrow = strcmp(options->index, "u16") == 0;
        shape->only_wide = strcmp(options->index, "u32") == 0;
        if (!shape->only_narrow && !shape->only_wide) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "the index is u16 or u32, not '%.60s'",
                            options->index);
        }
    }
    return TGR_OK;
}

static void set_numbers(tgr_bench_shape *shape, const tgr_bench_options *options)
{
    shape->queries = options->queries > 0 ? options->queries : shape->queries;
    shape->tags = options->tags > 0 ? options->tags : shape->tags;
    shape->models = options->models > 0 ? options->models : shape->models;
    shape->min_tags = options->min_tags > 0 ? options->min_tags : shape->min_tags;
    shape->max_tags = options->max_tags > 0 ? options->max_tags : shape->max_tags;
    if (options->min_tags > shape->max_tags) {
        shape->max_tags = options->min_tags;
    }
    if (options->max_tags > 0 && options->max_tags < shape->min_tags) {
        shape->min_tags = options->max_tags;
    }
    shape->thresholds = options->thresholds > 0 ? options->thresholds : shape->thresholds;
    shape->zipf = options->zipf >= 0 ? options->zipf : shape->zipf;
    shape->seed = options->seed > 0 ? options->seed : shape->seed;
}

tgr_status tgr_bench_shape_set(tgr_bench_shape *shape, const tgr_bench_options *options,
                               tgr_error *error)
{
    set_numbers(shape, options);
    if (shape->queries > MOST_QUERIES) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "more queries than memory can hold");
    }
    if (shape->models < 1 || shape->models > TGR_MODELS_MAX) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "models must be between 1 and %d", TGR_MODELS_MAX);
    }
    if (shape->thresholds > MOST_THRESHOLDS) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "thresholds must be between 1 and %d",
                        MOST_THRESHOLDS);
    }
    if ((uint64_t)shape->tags * tgr_weights_stride(shape->models) >> 32 != 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%u tags x %u models is more than a router holds",
                        shape->tags, shape->models);
    }
    tgr_status status = set_names(shape, options, error);
    if (status == TGR_OK && shape->only_narrow && shape->tags > UINT16_MAX + 1) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "16-bit columns hold at most 65,536 tags, and there are %u", shape->tags);
    }
    return status;
}
