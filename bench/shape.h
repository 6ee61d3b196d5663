/* shape.h - what is measured on what: the presets, and what options make of them. */
#ifndef TGR_BENCH_SHAPE_H
#define TGR_BENCH_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/bench.h>

#include "kernels/kernels.h"

typedef enum tgr_bench_values {
    TGR_BENCH_ONES,
    TGR_BENCH_U8,
    TGR_BENCH_U16,
    TGR_BENCH_F32
} tgr_bench_values;

typedef enum tgr_bench_policy {
    TGR_BENCH_ARGMAX, /* utility at lambda 0 */
    TGR_BENCH_MARGIN,
    TGR_BENCH_UTILITY,
    TGR_BENCH_SLACK
} tgr_bench_policy;

/* Which comparison a preset is there for. */
typedef enum tgr_bench_plan {
    TGR_BENCH_LIMITS,     /* every variant against limits and plain loops */
    TGR_BENCH_THRESHOLDS, /* one and many, for each policy */
    TGR_BENCH_COSTS,      /* flat and from token counts */
    TGR_BENCH_MASKS,      /* without and with eligibility, for each policy */
    TGR_BENCH_FIT,        /* fit's counting pass against routing */
    TGR_BENCH_SCALAR,     /* the scalar variant against the plain loop */
    TGR_BENCH_DENSE       /* rows of more and more of the tags */
} tgr_bench_plan;

typedef struct tgr_bench_shape {
    const char *preset; /* several shapes may share one */
    const char *name;
    tgr_bench_plan plan;
    uint64_t queries;
    uint32_t tags, models, min_tags, max_tags;
    size_t thresholds;
    tgr_bench_policy policy;
    tgr_bench_values values;
    bool tokens, masked;         /* of files: queries have token counts, eligibility */
    bool only_narrow, only_wide; /* columns of 16, 32 bits: what was asked for */
    double zipf;
    uint64_t seed;
} tgr_bench_shape;

/* Shapes of a preset, in order: the number-th, or NULL behind the last. */
const tgr_bench_shape *tgr_bench_shape_of(const char *preset, size_t number);

/* The shape with the options' numbers in place of the preset's. TGR_ERR_ARGUMENT where they are out
 * of range. */
tgr_status tgr_bench_shape_set(tgr_bench_shape *shape, const tgr_bench_options *options,
                               tgr_error *error);

const char *tgr_bench_values_name(tgr_bench_values values);
const char *tgr_bench_policy_name(tgr_bench_policy policy);

static inline tgr_value_type tgr_bench_value_type(tgr_bench_values values)
{
    return values == TGR_BENCH_F32 ? TGR_F32 : values == TGR_BENCH_U16 ? TGR_U16 : TGR_U8;
}

#endif
