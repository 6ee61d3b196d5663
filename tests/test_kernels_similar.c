/* test_kernels_similar.c - tiles of dot products: generated code and loops give the bits of the
 * definition. */
#include "tests/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cpu.h"
#include "kernels/xsmm/dense.h"
#include "kernels/xsmm/similar.h"
#include "tests/guarded.h"

#define SEED 271828u

static uint32_t state = SEED;

static float number(void)
{
    state = state * 1664525 + 1013904223;
    float size = ldexpf(1 + (float)(state >> 9) * 0x1p-23f, (int)(state >> 4 & 15) - 8);
    return (state & 256) != 0 ? -size : size;
}

static void fill(float *to, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        to[i] = state % 13 == 0 ? 0 : number();
    }
}

typedef struct tile {
    guarded columns, rows, turned, got;
    float *expected;
} tile;

static tile tile_new(size_t components)
{
    size_t bytes = TGR_SIMILAR_BLOCK * components * sizeof(float);
    tile made = {guarded_new(bytes, 64), guarded_new(bytes, 64), guarded_new(bytes, 64),
                 guarded_new(TGR_SIMILAR_TILE * sizeof(float), 64),
                 calloc(TGR_SIMILAR_TILE, sizeof(float))};
    float *columns = made.columns.bytes, *rows = made.rows.bytes;
    fill(columns, TGR_SIMILAR_BLOCK * components);
    fill(rows, TGR_SIMILAR_BLOCK * components);
    for (size_t row = 0; row < TGR_SIMILAR_BLOCK; row++) {
        for (size_t column = 0; column < TGR_SIMILAR_BLOCK; column++) {
            float *sum = &made.expected[row * TGR_SIMILAR_BLOCK + column];
            for (size_t k = 0; k < components; k++) {
                *sum = fmaf(rows[row * components + k], columns[column * components + k], *sum);
            }
        }
    }
    return made;
}

static void tile_free(tile *made)
{
    guarded_free(&made->columns);
    guarded_free(&made->rows);
    guarded_free(&made->turned);
    guarded_free(&made->got);
    free(made->expected);
}

static void compare(const tile *made, const tgr_similar *similar)
{
    memset(made->got.bytes, 0xff, TGR_SIMILAR_TILE * sizeof(float));
    tgr_similar_turn(similar, made->columns.bytes, made->turned.bytes);
    tgr_similar_multiply(similar, made->turned.bytes, made->rows.bytes, made->got.bytes);
    assert_memory_equal(made->got.bytes, made->expected, TGR_SIMILAR_TILE * sizeof(float));
}

/* Generated code for a variant that runs here; returns whether there was some. */
static bool compare_generated(const tile *made, size_t components, const char *isa, bool runs_here)
{
    tgr_multiply multiply = {0};
    if (!runs_here ||
        !tgr_multiply_open(&multiply, isa, TGR_SIMILAR_BLOCK, TGR_SIMILAR_BLOCK, components)) {
        return false;
    }
    tgr_similar similar;
    tgr_similar_open(&similar, multiply.run, components);
    compare(made, &similar);
    tgr_multiply_close(&multiply);
    return true;
}

static void tiles_are_sums_in_order(void **unused)
{
    (void)unused;
    static const size_t sizes[] = {1, 2, 3, 16, 31, 64, 100, 384, 512, 768, 1025, 4096};
    size_t generated = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        tile made = tile_new(sizes[i]);
        tgr_similar similar;
        tgr_similar_open(&similar, NULL, sizes[i]);
        compare(&made, &similar);
        similar.fused = false;
        if (sizes[i] <= 100) { /* slow */
            compare(&made, &similar);
        }
        generated += compare_generated(&made, sizes[i], "avx2", tgr_cpu_has_avx2());
        generated += compare_generated(&made, sizes[i], "avx512", tgr_cpu_has_avx512());
        tile_free(&made);
    }
    print_message("%zu generated\n", generated);
}

static void near_is_at_most_eps(void **unused)
{
    (void)unused;
    float row[TGR_SIMILAR_BLOCK];
    const float eps = 0.25f;
    for (size_t i = 0; i < TGR_SIMILAR_BLOCK; i++) {
        row[i] = i % 3 == 0 ? 0.75f : i % 3 == 1 ? nextafterf(0.75f, 0) : NAN;
    }
    row[63] = nextafterf(0.75f, 1);
    row[62] = -1;
    uint64_t expected = 0;
    for (size_t i = 0; i < TGR_SIMILAR_BLOCK; i += 3) {
        expected |= (uint64_t)1 << i;
    }
    assert_true(tgr_similar_near(row, eps) == expected);
    assert_true(tgr_similar_near(row, 2) == (expected | expected << 1 | (uint64_t)1 << 62));
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiles_are_sums_in_order),
        cmocka_unit_test(near_is_at_most_eps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
