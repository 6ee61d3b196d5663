/* test_store_canonical.c - rows made canonical, against a plain map from column to sum. */
#include "tests/test_store_support.h"

#include "engine/base/wide.h"
#include "engine/store/canonical.h"

#define COLUMNS 40

typedef struct block {
    int64_t indptr[65];
    uint32_t indices[4096];
    union {
        uint8_t u8[4096];
        uint16_t u16[4096];
        float f32[4096];
    } values;
} block;

static double value_of(const block *from, tgr_value_type type, size_t at)
{
    return type == TGR_U8    ? from->values.u8[at]
           : type == TGR_U16 ? from->values.u16[at]
                             : (double)from->values.f32[at];
}

static void set_value(block *to, tgr_value_type type, size_t at, double value)
{
    if (type == TGR_U8) {
        to->values.u8[at] = (uint8_t)value;
    } else if (type == TGR_U16) {
        to->values.u16[at] = (uint16_t)value;
    } else {
        to->values.f32[at] = (float)value;
    }
}

static tgr_canonical_block view_of(block *of, tgr_value_type type, size_t rows)
{
    return (tgr_canonical_block){.rows = rows,
                                 .indptr = of->indptr,
                                 .indices = of->indices,
                                 .values = &of->values,
                                 .value_type = type,
                                 .columns = COLUMNS,
                                 .first_row = 1000,
                                 .path = "file.h5"};
}

/* Each row of `made` holds exactly the columns of `from` whose sum is not zero, ascending. */
static void check(const block *made, const block *from, tgr_value_type type, size_t rows)
{
    assert_int_equal(made->indptr[0], 0);
    for (size_t row = 0; row < rows; row++) {
        double sums[COLUMNS] = {0};
        for (int64_t at = from->indptr[row]; at < from->indptr[row + 1]; at++) {
            sums[from->indices[at]] += value_of(from, type, (size_t)at);
        }
        int64_t at = made->indptr[row];
        for (uint32_t column = 0; column < COLUMNS; column++) {
            double sum = type == TGR_F32 ? (double)(float)sums[column] : sums[column];
            if (sum != 0) {
                assert_true(at < made->indptr[row + 1]);
                assert_int_equal(made->indices[at], column);
                assert_true(value_of(made, type, (size_t)at) == sum);
                at++;
            }
        }
        assert_int_equal(at, made->indptr[row + 1]);
    }
}

/* kind 0: canonical already; 1: any order; 2: duplicates too; 3: zeros too */
static void random_block(block *made, tgr_value_type type, size_t rows, int kind, uint64_t *random)
{
    size_t at = 0;
    *made = (block){0};
    for (size_t row = 0; row < rows; row++) {
        uint32_t order[COLUMNS];
        for (uint32_t i = 0; i < COLUMNS; i++) {
            order[i] = i;
        }
        for (uint32_t i = COLUMNS - 1; kind > 0 && i > 0; i--) {
            uint32_t other = (uint32_t)below(random, i + 1), was = order[i];
            order[i] = order[other];
            order[other] = was;
        }
        size_t count = below(random, COLUMNS + 1);
        for (size_t i = 0; i < count; i++) {
            made->indices[at] = kind > 1 ? (uint32_t)below(random, COLUMNS) : order[i];
            double value = (double)(below(random, 5) + (kind < 3));
            bool fraction = type == TGR_F32;
            set_value(made, type, at, fraction ? value * 1.3 - (value > 3 ? 9 : 0) : value);
            at++;
        }
        made->indptr[row + 1] = (int64_t)at;
    }
}

static void random_rows(void **state)
{
    (void)state;
    uint64_t random = SEED;
    tgr_canonical_scratch scratch = {0};
    static block from, made;
    for (int round = 0; round < 600; round++) {
        tgr_value_type type = (tgr_value_type)(round % 3);
        size_t rows = below(&random, 65);
        tgr_error error;
        random_block(&from, type, rows, round / 3 % 4, &random);
        made = from;
        tgr_wide_limit((tgr_wide)(round / 12 % 3));
        tgr_canonical_block view = view_of(&made, type, rows);
        assert_ok(tgr_canonical(&view, &scratch, &error));
        check(&made, &from, type, rows);
    }
    tgr_canonical_scratch_free(&scratch);
}

/* Rows that all hold something, and one entry of which alone is out of place, wherever it is. */
static void one_fall(void **state)
{
    (void)state;
    uint64_t random = SEED;
    tgr_canonical_scratch scratch = {0};
    static block from, made;
    for (int round = 0; round < 900; round++) {
        size_t rows = 1 + below(&random, 64), at = 0;
        tgr_error error;
        from = (block){0};
        for (size_t row = 0; row < rows; row++) {
            size_t count = 1 + below(&random, 9), column = below(&random, 4);
            for (size_t i = 0; i < count; i++, column += 1 + below(&random, 3)) {
                from.indices[at] = (uint32_t)column;
                from.values.u8[at++] = 1;
            }
            from.indptr[row + 1] = (int64_t)at;
        }
        size_t row = below(&random, rows), first = (size_t)from.indptr[row];
        size_t count = (size_t)from.indptr[row + 1] - first;
        size_t place = first + below(&random, count);
        from.indices[place] = from.indices[first + below(&random, count)];
        made = from;
        tgr_wide_limit((tgr_wide)(round % 3));
        tgr_canonical_block view = view_of(&made, TGR_U8, rows);
        assert_ok(tgr_canonical(&view, &scratch, &error));
        check(&made, &from, TGR_U8, rows);
    }
    tgr_canonical_scratch_free(&scratch);
}

/* A canonical block is left alone, without memory. */
static void nothing_to_do(void **state)
{
    (void)state;
    tgr_error error;
    uint64_t random = SEED;
    static block from, made;
    tgr_canonical_scratch scratch = {0};
    random_block(&from, TGR_F32, 64, 0, &random);
    made = from;
    tgr_canonical_block view = view_of(&made, TGR_F32, 64);
    tgr_mem_fail_after(0);
    tgr_status status = tgr_canonical(&view, &scratch, &error);
    tgr_mem_fail_after(-1);
    assert_ok(status);
    assert_memory_equal(&made, &from, sizeof made);
}

static void expect(const uint32_t *indices, const float *values, size_t count, tgr_value_type type,
                   const char *why)
{
    static block made;
    tgr_error error;
    tgr_canonical_scratch scratch = {0};
    made = (block){0};
    for (size_t i = 0; i < count; i++) {
        made.indices[i + 1] = indices[i];
        set_value(&made, type, i + 1, (double)values[i]);
    }
    set_value(&made, type, 0, 1);
    made.indptr[1] = made.indptr[2] = 1; /* a good row, an empty one, then this one */
    made.indptr[3] = (int64_t)count + 1;
    tgr_canonical_block view = view_of(&made, type, 3);
    assert_int_equal(tgr_canonical(&view, &scratch, &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "file.h5: row 1002 of /X"));
    assert_non_null(strstr(error.message, why));
    tgr_canonical_scratch_free(&scratch);
}

static void refusals(void **state)
{
    (void)state;
    const uint32_t twice[] = {3, 3}, out[] = {3, COLUMNS}, far[] = {UINT32_MAX, 1}, fine[] = {1, 2};
    const float large[] = {200, 56}, larger[] = {65000, 536}, most[] = {3e38f, 3e38f};
    const float nan[] = {1, NAN}, infinite[] = {INFINITY, 1};
    expect(twice, large, 2, TGR_U8, "repeats");
    expect(twice, larger, 2, TGR_U16, "repeats");
    expect(twice, most, 2, TGR_F32, "repeats");
    expect(out, large, 2, TGR_U8, "out of bounds");
    expect(far, large, 2, TGR_F32, "out of bounds");
    expect(fine, nan, 2, TGR_F32, "not finite");
    expect(fine, infinite, 2, TGR_F32, "not finite");
}

/* Cancelling duplicates vanish, as zeros of both signs do; what just fits stays. */
static void edges(void **state)
{
    (void)state;
    static block made;
    tgr_error error;
    tgr_canonical_scratch scratch = {0};
    const uint32_t indices[] = {5, 2, 5, 1, 0, 2};
    const float values[] = {1.5f, 0.0f, -1.5f, -0.0f, 3e38f, 0x1p-149f};
    made = (block){0};
    for (size_t i = 0; i < 6; i++) {
        made.indices[i] = indices[i];
        made.values.f32[i] = values[i];
    }
    made.indptr[1] = 6;
    tgr_canonical_block view = view_of(&made, TGR_F32, 1);
    assert_ok(tgr_canonical(&view, &scratch, &error));
    assert_int_equal(made.indptr[1], 2);
    assert_int_equal(made.indices[0], 0);
    assert_true(made.values.f32[0] == 3e38f);
    assert_int_equal(made.indices[1], 2);
    assert_true(made.values.f32[1] == 0x1p-149f);
    made = (block){.indptr = {0, 2}, .indices = {7, 7}, .values.u16 = {65000, 535}};
    view = view_of(&made, TGR_U16, 1);
    assert_ok(tgr_canonical(&view, &scratch, &error));
    assert_int_equal(made.indptr[1], 1);
    assert_int_equal(made.values.u16[0], 65535);
    tgr_canonical_scratch_free(&scratch);
}

/* One long row backwards: sorting has no bad case. */
static void a_long_row(void **state)
{
    (void)state;
    const size_t count = 200000;
    tgr_error error;
    tgr_canonical_scratch scratch = {0};
    uint32_t *indices = sample_array(count, sizeof *indices);
    float *values = sample_array(count, sizeof *values);
    int64_t indptr[] = {0, (int64_t)count};
    for (size_t i = 0; i < count; i++) {
        indices[i] = (uint32_t)(count - 1 - i);
        values[i] = (float)(count - i);
    }
    tgr_canonical_block view = {.rows = 1,
                                .indptr = indptr,
                                .indices = indices,
                                .values = values,
                                .value_type = TGR_F32,
                                .columns = (uint32_t)count,
                                .path = "file.h5"};
    assert_ok(tgr_canonical(&view, &scratch, &error));
    for (size_t i = 0; i < count; i++) {
        assert_true(indices[i] == i && values[i] == (float)(i + 1));
    }
    tgr_canonical_scratch_free(&scratch);
    free(indices);
    free(values);
}

int main(void)
{
    printf("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_rows), cmocka_unit_test(one_fall), cmocka_unit_test(nothing_to_do),
        cmocka_unit_test(refusals),    cmocka_unit_test(edges),    cmocka_unit_test(a_long_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
