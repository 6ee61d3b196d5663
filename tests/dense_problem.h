/* dense_problem.h - random rows, weights and deciders for tests of the dense way. */
#ifndef TGR_TESTS_DENSE_PROBLEM_H
#define TGR_TESTS_DENSE_PROBLEM_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "tests/guarded.h"

#define DENSE_SEED 57721u

static uint64_t random_state = DENSE_SEED;

static uint64_t next_random(void)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t below(size_t limit)
{
    return (size_t)(next_random() % limit);
}

typedef struct shape {
    size_t rows, columns, models;
    tgr_value_type type;
    double density; /* of most rows; 1 is every column of every row */
    bool mixed;     /* some rows are whole, some empty */
    bool narrow, ties;
    unsigned tiny; /* 0: no; else the first so many of the tiny numbers */
} shape;

typedef struct problem {
    shape shape;
    guarded indptr, indices, values, weights, bias;
    tgr_csr x;
    tgr_weights w;
} problem;

/* Few distinct numbers make ties. Products of tiny ones vanish, to zeros of either sign: those of
 * the first three just so. */
static const float tiny_numbers[] = {-0x1p-75f, 0x1p-75f,   -0x1p-76f,  -0x1p-80f,
                                     0x1p-126f, -0x1p-100f, -0x1p-149f, 0x1p-140f};

static float some_number(const shape *s)
{
    if (s->tiny > 0 && below(100) > 0) {
        return tiny_numbers[below(s->tiny)];
    }
    if (s->ties) {
        return (float)((int)below(5) - 2) / 4;
    }
    return (float)((double)(next_random() >> 11) * 0x1p-53 - 0.5);
}

static void put_value(const shape *s, void *values, size_t entry)
{
    float value = some_number(s);
    if (s->type == TGR_U8) {
        ((uint8_t *)values)[entry] = (uint8_t)(1 + below(255));
    } else if (s->type == TGR_U16) {
        ((uint16_t *)values)[entry] = (uint16_t)(1 + below(65535));
    } else {
        ((float *)values)[entry] = value == 0 ? 1 : value; /* what is stored is not zero */
    }
}

static double density_of_row(const shape *s)
{
    if (s->mixed && below(3) == 0) {
        return below(2) ? 1 : 0;
    }
    return s->density;
}

static void fill_rows(problem *p, const bool *present)
{
    const shape *s = &p->shape;
    int64_t *indptr = p->indptr.bytes;
    size_t entry = 0;
    indptr[0] = 0;
    for (size_t row = 0; row < s->rows; row++) {
        for (size_t column = 0; column < s->columns; column++) {
            if (!present[row * s->columns + column]) {
                continue;
            }
            if (s->narrow) {
                ((uint16_t *)p->indices.bytes)[entry] = (uint16_t)column;
            } else {
                ((uint32_t *)p->indices.bytes)[entry] = (uint32_t)column;
            }
            put_value(s, p->values.bytes, entry++);
        }
        indptr[row + 1] = (int64_t)entry;
    }
}

static void fill_weights(problem *p)
{
    const shape *s = &p->shape;
    size_t stride = tgr_weights_stride(s->models);
    float *weights = p->weights.bytes, *bias = p->bias.bytes;
    for (size_t i = 0; i < s->columns * stride; i++) {
        weights[i] = i % stride < s->models ? some_number(s) : 0;
        weights[i] = below(6) == 0 ? copysignf(0, weights[i]) : weights[i];
    }
    for (size_t model = 0; model < s->models; model++) {
        bias[model] = below(2) || s->tiny ? 0 : some_number(s) + 0.0f;
    }
}

static void problem_new(problem *p, const shape *s)
{
    static const size_t sizes[] = {[TGR_U8] = 1, [TGR_U16] = 2, [TGR_F32] = 4};
    p->shape = *s;
    bool *present = calloc(s->rows * s->columns + 1, sizeof *present);
    size_t entries = 0, stride = tgr_weights_stride(s->models);
    for (size_t row = 0; row < s->rows; row++) {
        double density = density_of_row(s);
        for (size_t column = 0; column < s->columns; column++) {
            bool here = (double)below(1u << 20) * 0x1p-20 < density;
            present[row * s->columns + column] = here;
            entries += here;
        }
    }
    size_t index_size = s->narrow ? sizeof(uint16_t) : sizeof(uint32_t);
    p->indptr = guarded_new((s->rows + 1) * sizeof(int64_t), 8);
    p->indices = guarded_new(entries * index_size, index_size);
    p->values = guarded_new(entries * sizes[s->type], sizes[s->type]);
    p->weights = guarded_new(s->columns * stride * sizeof(float), 64);
    p->bias = guarded_new(s->models * sizeof(float), sizeof(float));
    fill_rows(p, present);
    fill_weights(p);
    p->x = (tgr_csr){
        .rows = s->rows,
        .indptr = p->indptr.bytes,
        .indices = s->narrow ? NULL : p->indices.bytes,
        .values = p->values.bytes,
        .value_type = s->type,
        .narrow = s->narrow ? p->indices.bytes : NULL,
    };
    p->w = (tgr_weights){s->models, stride, p->weights.bytes, p->bias.bytes};
    free(present);
}

static void problem_free(problem *p)
{
    guarded *all[] = {&p->indptr, &p->indices, &p->values, &p->weights, &p->bias};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        guarded_free(all[i]);
    }
}

/* The same bits, any NaN being as good as another. */
static bool same_float(float a, float b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

#endif
