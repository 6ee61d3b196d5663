/* fuzz_canonical.c - any bytes, taken for a block of CSR: made canonical as a plain sum over
 * columns says, or refused where that says so too.
 *
 * Byte 0: type of the values and threads; byte 1: columns; then a byte a row, how many entries it
 * has, up to the first 255; then the entries, a column and a value each. */
#include "tests/fuzz/fuzz_file.h"

#include <math.h>
#include <stdbool.h>

#include "engine/base/memory.h"
#include "engine/store/canonical.h"

#define ROWS    64
#define ENTRIES (ROWS * 255)
#define COLUMNS 256

typedef struct rows {
    size_t count;
    uint32_t columns;
    tgr_value_type type;
    int64_t indptr[ROWS + 1];
    uint32_t indices[ENTRIES];
    double numbers[ENTRIES];
    union {
        uint8_t u8[ENTRIES];
        uint16_t u16[ENTRIES];
        float f32[ENTRIES];
    } values;
} rows;

typedef struct bytes {
    const uint8_t *at;
    size_t left;
} bytes;

static uint64_t take(bytes *from, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count && from->left > 0; i++, from->at++, from->left--) {
        value = value << 8 | *from->at;
    }
    return value;
}

/* A value as the file would hold it. Small floats, and now and then any bits. */
static void take_value(bytes *from, rows *to, size_t at)
{
    uint32_t any = (uint32_t)take(from, 2);
    switch (to->type) {
    case TGR_U8:
        to->numbers[at] = to->values.u8[at] = (uint8_t)any;
        return;
    case TGR_U16:
        to->numbers[at] = to->values.u16[at] = (uint16_t)any;
        return;
    case TGR_F32:
        break;
    }
    if (any % 8 == 7) {
        any = (any << 16) | (uint32_t)take(from, 2);
        memcpy(&to->values.f32[at], &any, sizeof any);
    } else {
        to->values.f32[at] = (float)((int)any - 32768) / 8;
    }
    to->numbers[at] = (double)to->values.f32[at];
}

static void decode(bytes from, rows *to, int *threads)
{
    size_t at = 0;
    uint64_t head = take(&from, 1);
    to->type = head % 3 == 0 ? TGR_U8 : head % 3 == 1 ? TGR_U16 : TGR_F32;
    *threads = 1 + (int)(head / 3 % 2);
    to->columns = (uint32_t)take(&from, 1);
    to->indptr[0] = 0;
    for (to->count = 0; to->count < ROWS && from.left > 0 && *from.at != 255; to->count++) {
        to->indptr[to->count + 1] = to->indptr[to->count] + (int64_t)take(&from, 1);
    }
    (void)take(&from, 1);
    for (at = 0; at < (size_t)to->indptr[to->count]; at++) {
        uint32_t column = (uint32_t)take(&from, 1);
        to->indices[at] = column == 255 ? UINT32_MAX - (uint32_t)take(&from, 1) : column;
        take_value(&from, to, at);
    }
}

static bool fits(tgr_value_type type, double sum)
{
    return type == TGR_U8    ? sum <= UINT8_MAX
           : type == TGR_U16 ? sum <= UINT16_MAX
                             : isfinite((float)sum);
}

static double made_value(const rows *of, int64_t at)
{
    return of->type == TGR_U8    ? of->values.u8[at]
           : of->type == TGR_U16 ? of->values.u16[at]
                                 : (double)of->values.f32[at];
}

/* Whether the row can be made canonical, and each column's sum. */
static bool sum_row(const rows *from, size_t row, double sums[COLUMNS])
{
    memset(sums, 0, COLUMNS * sizeof sums[0]);
    for (int64_t at = from->indptr[row]; at < from->indptr[row + 1]; at++) {
        if (from->indices[at] >= from->columns || !isfinite(from->numbers[at])) {
            return false;
        }
        sums[from->indices[at]] += from->numbers[at];
    }
    for (size_t column = 0; column < COLUMNS; column++) {
        if (!fits(from->type, sums[column])) {
            return false;
        }
    }
    return true;
}

static void compare_row(const rows *made, size_t row, const double sums[COLUMNS])
{
    int64_t at = made->indptr[row];
    for (uint32_t column = 0; column < COLUMNS; column++) {
        double sum = made->type == TGR_F32 ? (double)(float)sums[column] : sums[column];
        if (sum != 0) {
            fuzz_expect(at < made->indptr[row + 1] && made->indices[at] == column);
            fuzz_expect(made_value(made, at) == sum);
            at++;
        }
    }
    fuzz_expect(at == made->indptr[row + 1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static rows from, made;
    tgr_canonical_scratch scratch = {0};
    tgr_error error = {0};
    long live = tgr_mem_live();
    int threads;
    bool good = true;
    decode((bytes){data, size}, &from, &threads);
    made = from;
    const tgr_canonical_block block = {.rows = made.count,
                                       .indptr = made.indptr,
                                       .indices = made.indices,
                                       .values = &made.values,
                                       .value_type = made.type,
                                       .columns = made.columns,
                                       .path = "file.h5",
                                       .threads = threads};
    tgr_status status = tgr_canonical(&block, &scratch, &error);
    for (size_t row = 0; row < from.count && good; row++) {
        double sums[COLUMNS];
        good = sum_row(&from, row, sums);
        if (good && status == TGR_OK) {
            compare_row(&made, row, sums);
        }
    }
    fuzz_expect(good == (status == TGR_OK));
    if (status != TGR_OK) {
        fuzz_expect_sentence(status, &error);
    }
    tgr_canonical_scratch_free(&scratch);
    fuzz_expect(tgr_mem_live() == live);
    return 0;
}
