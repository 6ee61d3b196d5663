/* count.h - the one algorithm of the counting pass: entries scattered into a table of slots x
 * lanes.
 *
 * Included by kernels/<arch>/<isa>.c. For a block of rows it makes
 *
 *   masks    all ones in the lane (model, outcome) of each judged model, a vector for each row;
 *   entries  values widened to lanes, columns turned into slots, and which row each belongs to,
 *
 * and then adds every entry's value, under its row's mask, to its slot: two loads, and, add, store.
 * That loop knows nothing of rows and has no branch to mispredict where they end; what it reads of
 * the block stays in the first level of cache. Integers hide the order of additions. Loops are
 * plain C on vectors of the instruction set's width.
 *
 * The least that an entry takes is its slot, and its mask, loaded and its slot stored, once for
 * each vector of a slot; beside that it loads its value, slot, row and column.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/kernels.h"
#if defined(__SSSE3__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* Bytes of the widest vectors of integers. */
#if defined(__AVX512BW__)
#define TGR_COUNT_FULL   64
#define TGR_COUNT_MIDDLE 32
#elif defined(__AVX2__)
#define TGR_COUNT_FULL   32
#define TGR_COUNT_MIDDLE 32
#else
#define TGR_COUNT_FULL   16
#define TGR_COUNT_MIDDLE 16
#endif

#define TGR_COUNT_ROWS       128   /* of a block, at most */
#define TGR_COUNT_ENTRIES    1024  /* likewise */
#define TGR_COUNT_MASK_BYTES 24576 /* likewise; one row of the most models takes that */
#define TGR_COUNT_GROUP      16    /* lanes whose masks are made at once */
#define TGR_COUNT_GROUPS     (3 * TGR_MODELS_MAX / TGR_COUNT_GROUP)
#define TGR_COUNT_AHEAD      8

typedef int8_t count_group __attribute__((vector_size(TGR_COUNT_GROUP)));

/* For each lane of a group: which of the bytes from the group's first model on, and its value. */
typedef struct tgr_count_pattern {
    count_group pick, wanted;
    size_t first_model;
} tgr_count_pattern;

typedef struct tgr_count_block {
    const tgr_counting *counting;
    size_t stride; /* lanes of a slot */
    size_t most_rows;
    size_t rows, entries;
    uint32_t slot[TGR_COUNT_ENTRIES + TGR_COUNT_AHEAD];
    uint16_t row[TGR_COUNT_ENTRIES + TGR_COUNT_GROUP];
    _Alignas(64) int64_t value[TGR_COUNT_ENTRIES]; /* or as many uint32_t */
    _Alignas(64) int8_t narrow_masks[TGR_COUNT_MASK_BYTES / 2 + TGR_COUNT_GROUP];
    _Alignas(64) char masks[TGR_COUNT_MASK_BYTES];
    size_t groups;
    tgr_count_pattern patterns[TGR_COUNT_GROUPS];
} tgr_count_block;

static void count_open(tgr_count_block *block, const tgr_counting *counting, size_t rows)
{
    size_t lanes = 3 * counting->models;
    block->counting = counting;
    block->stride = tgr_count_stride(counting->models, counting->lane_size);
    block->groups = (lanes + TGR_COUNT_GROUP - 1) / TGR_COUNT_GROUP;
    for (size_t group = 0; group < block->groups; group++) {
        tgr_count_pattern *pattern = &block->patterns[group];
        pattern->first_model = TGR_COUNT_GROUP * group / 3;
        for (size_t i = 0; i < TGR_COUNT_GROUP; i++) {
            size_t lane = TGR_COUNT_GROUP * group + i;
            bool used = lane < lanes;
            pattern->pick[i] = (int8_t)(used ? lane / 3 - pattern->first_model : 0);
            pattern->wanted[i] = (int8_t)(used ? lane % 3 : 3);
        }
    }
    size_t most = TGR_COUNT_MASK_BYTES / (block->stride * counting->lane_size);
    most = most < TGR_COUNT_ROWS ? most : TGR_COUNT_ROWS;
    block->most_rows = rows < most ? rows : most;
    memset(block->narrow_masks, 0, block->most_rows * block->stride + TGR_COUNT_GROUP);
}

TGR_INLINE count_group count_picked(const int8_t *from, count_group pick)
{
    count_group bytes;
#if defined(__SSSE3__)
    bytes = (count_group)_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)from),
                                          (__m128i)pick);
#elif defined(__aarch64__)
    bytes = (count_group)vqtbl1q_s8(vld1q_s8(from), (uint8x16_t)pick);
#else
    for (int i = 0; i < TGR_COUNT_GROUP; i++) {
        bytes[i] = from[pick[i]];
    }
#endif
    return bytes;
}

/* A byte of mask for each lane of a row. Groups reach behind the row: the next one overwrites that,
 * as it overwrites what lies behind the last row. */
TGR_INLINE void count_mask_row(const tgr_count_pattern *patterns, size_t groups,
                               const int8_t *outcomes, int8_t *masks)
{
    for (size_t group = 0; group < groups; group++) {
        count_group bytes =
            count_picked(outcomes + patterns[group].first_model, patterns[group].pick);
        bytes = bytes == patterns[group].wanted;
        memcpy(masks + TGR_COUNT_GROUP * group, &bytes, sizeof bytes);
    }
}

#define TGR_COUNT_WIDEN(NAME, TO, FROM, CONVERT)                                                   \
    static void NAME(TO *restrict to, const FROM *restrict from, size_t count)                     \
    {                                                                                              \
        for (size_t i = 0; i < count; i++) {                                                       \
            to[i] = (TO)CONVERT(from[i]);                                                          \
        }                                                                                          \
    }

#define TGR_COUNT_ONCE(value) (value)

TGR_COUNT_WIDEN(count_widen_masks_16, int16_t, int8_t, TGR_COUNT_ONCE)
TGR_COUNT_WIDEN(count_widen_masks_32, int32_t, int8_t, TGR_COUNT_ONCE)
TGR_COUNT_WIDEN(count_widen_masks_64, int64_t, int8_t, TGR_COUNT_ONCE)

/* The masks of the block's rows, from `row` on. Outcomes may be read up to row `end`, so the last
 * rows are copied to where there is more room. */
static void count_masks(tgr_count_block *block, size_t row, size_t end)
{
    const tgr_counting *counting = block->counting;
    const tgr_count_pattern *patterns = block->patterns;
    size_t models = counting->models, groups = block->groups, stride = block->stride;
    size_t reach = patterns[groups - 1].first_model + TGR_COUNT_GROUP;
    int8_t *narrow = block->narrow_masks;
    const int8_t *outcomes = counting->outcomes + row * models;
    size_t left = (end - row) * models;
    for (size_t i = 0, rows = block->rows; i < rows; i++, outcomes += models, left -= models) {
        if (left >= reach) {
            count_mask_row(patterns, groups, outcomes, narrow + i * stride);
        } else {
            int8_t copy[TGR_MODELS_MAX + TGR_COUNT_GROUP];
            memcpy(copy, outcomes, models);
            memset(copy + models, 0, TGR_COUNT_GROUP);
            count_mask_row(patterns, groups, copy, narrow + i * stride);
        }
    }
    void *masks = block->masks;
    size_t lanes = block->rows * stride;
    switch (counting->lane_size) {
    case 2:
        count_widen_masks_16(masks, block->narrow_masks, lanes);
        break;
    case 4:
        count_widen_masks_32(masks, block->narrow_masks, lanes);
        break;
    default:
        count_widen_masks_64(masks, block->narrow_masks, lanes);
    }
}

/* Lanes of 16 bits take a value twice in a word of 32, which processors spread over a vector more
 * readily than a half. */
#define TGR_COUNT_TWICE(value) ((value)*UINT32_C(0x10001))

/* In units of 2^-40, to nearest, ties to even: adding 1.5 * 2^52 rounds to an integer. Where that
 * is too small to do so, a float's 24 bits are an integer already, and adding is exact. */
TGR_INLINE int64_t count_term(float value)
{
    double scaled = (double)value * 0x1p40;
    return (int64_t)((scaled + 0x1.8p52) - 0x1.8p52);
}

TGR_COUNT_WIDEN(count_values_16_u8, uint32_t, uint8_t, TGR_COUNT_TWICE)
TGR_COUNT_WIDEN(count_values_16_u16, uint32_t, uint16_t, TGR_COUNT_TWICE)
TGR_COUNT_WIDEN(count_values_32_u8, uint32_t, uint8_t, TGR_COUNT_ONCE)
TGR_COUNT_WIDEN(count_values_32_u16, uint32_t, uint16_t, TGR_COUNT_ONCE)
TGR_COUNT_WIDEN(count_values_64_f32, int64_t, float, count_term)

static void count_values(tgr_count_block *block, const tgr_csr *x, int64_t first)
{
    uint32_t *words = (uint32_t *)(void *)block->value;
    bool twice = block->counting->lane_size == 2;
    const uint8_t *bytes = (const uint8_t *)x->values + first;
    const uint16_t *shorts = (const uint16_t *)x->values + first;
    switch (x->value_type) {
    case TGR_U8:
        (twice ? count_values_16_u8 : count_values_32_u8)(words, bytes, block->entries);
        break;
    case TGR_U16:
        (twice ? count_values_16_u16 : count_values_32_u16)(words, shorts, block->entries);
        break;
    case TGR_F32:
        count_values_64_f32(block->value, (const float *)x->values + first, block->entries);
    }
}

/* One by one: a vector put together of single loads would take longer. */
#define TGR_COUNT_SLOTS(NAME, COLUMN)                                                              \
    static void NAME(uint32_t *restrict to, const COLUMN *restrict columns,                        \
                     const uint32_t *restrict slots, size_t count)                                 \
    {                                                                                              \
        for (size_t i = 0; i < count; i++) {                                                       \
            uint32_t slot = slots[columns[i]];                                                     \
            __asm__("" : "+r"(slot));                                                              \
            to[i] = slot;                                                                          \
        }                                                                                          \
    }

TGR_COUNT_SLOTS(count_slots_16, uint16_t)
TGR_COUNT_SLOTS(count_slots_32, uint32_t)

typedef uint16_t count_numbers __attribute__((vector_size(2 * TGR_COUNT_GROUP)));

/* Which row of the block each entry belongs to, sixteen entries at a time: what is too much is
 * overwritten by the next row. Sets rows and entries; returns how many rows are done with, which
 * leaves out one that is too long and goes on in the next block. */
static size_t count_rows(tgr_count_block *block, const tgr_csr *x, size_t row, size_t most,
                         int64_t first)
{
    const int64_t *ends = x->indptr + row + 1;
    size_t begin = 0, rows = 0;
    bool whole = true;
    while (rows < most && whole) {
        size_t end = (size_t)(ends[rows] - first);
        whole = end <= TGR_COUNT_ENTRIES;
        end = whole ? end : TGR_COUNT_ENTRIES;
        size_t i = begin;
        count_numbers numbers = (uint16_t)rows - (count_numbers){0};
        do {
            memcpy(block->row + i, &numbers, sizeof numbers);
            i += TGR_COUNT_GROUP;
        } while (i < end);
        begin = end;
        rows++;
    }
    block->rows = rows;
    block->entries = begin;
    return whole ? rows : rows - 1;
}

TGR_INLINE void count_prefetch(const char *slot, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += 64) {
        __builtin_prefetch(slot + at, 1);
    }
}

/* Adds the block's entries to slots of `vectors` vectors of BYTES bytes. `ahead`: slots are so
 * large that the table is hardly in the nearer caches. */
#define TGR_COUNT_ADD(BITS, WORD, NAME, BYTES)                                                     \
    TGR_INLINE void count_add_##BITS##_##NAME(const tgr_count_block *block, size_t vectors,        \
                                              bool ahead)                                          \
    {                                                                                              \
        typedef uint##BITS##_t lanes __attribute__((vector_size(BYTES), may_alias));               \
        typedef WORD words __attribute__((vector_size(BYTES), may_alias));                         \
        lanes *table = block->counting->table;                                                     \
        const lanes *masks = (const lanes *)(const void *)block->masks;                            \
        const WORD *value = (const WORD *)(const void *)block->value;                              \
        size_t entries = block->entries;                                                           \
        for (size_t i = 0; i < entries; i++) {                                                     \
            if (ahead) {                                                                           \
                count_prefetch((const char *)(table + block->slot[i + TGR_COUNT_AHEAD] * vectors), \
                               vectors *BYTES);                                                    \
            }                                                                                      \
            lanes *to = table + block->slot[i] * vectors;                                          \
            const lanes *mask = masks + block->row[i] * vectors;                                   \
            lanes x = (lanes)(value[i] - (words){0});                                              \
            for (size_t v = 0; v < vectors; v++) {                                                 \
                to[v] += mask[v] & x;                                                              \
            }                                                                                      \
        }                                                                                          \
    }

#define TGR_COUNT_ADD_BLOCK(BITS, WORD)                                                            \
    TGR_COUNT_ADD(BITS, WORD, quarter, 16)                                                         \
    TGR_COUNT_ADD(BITS, WORD, middle, TGR_COUNT_MIDDLE)                                            \
    TGR_COUNT_ADD(BITS, WORD, full, TGR_COUNT_FULL)                                                \
    static void count_add_##BITS(const tgr_count_block *block)                                     \
    {                                                                                              \
        size_t bytes = block->stride * (BITS / 8);                                                 \
        if (bytes == 16) {                                                                         \
            count_add_##BITS##_quarter(block, 1, false);                                           \
        } else if (bytes == 32) {                                                                  \
            count_add_##BITS##_middle(block, 32 / TGR_COUNT_MIDDLE, false);                        \
        } else if (bytes == 64) {                                                                  \
            count_add_##BITS##_full(block, 64 / TGR_COUNT_FULL, false);                            \
        } else if (bytes == 128) {                                                                 \
            count_add_##BITS##_full(block, 128 / TGR_COUNT_FULL, false);                           \
        } else {                                                                                   \
            count_add_##BITS##_full(block, bytes / TGR_COUNT_FULL, true);                          \
        }                                                                                          \
    }

TGR_COUNT_ADD_BLOCK(16, uint32_t)
TGR_COUNT_ADD_BLOCK(32, uint32_t)
TGR_COUNT_ADD_BLOCK(64, int64_t)

static void count_block(tgr_count_block *block, const tgr_csr *x, size_t row, size_t end,
                        int64_t first)
{
    const tgr_counting *counting = block->counting;
    count_masks(block, row, end);
    count_values(block, x, first);
    if (x->narrow != NULL) {
        count_slots_16(block->slot, x->narrow + first, counting->slots, block->entries);
    } else {
        count_slots_32(block->slot, x->indices + first, counting->slots, block->entries);
    }
    memset(block->slot + block->entries, 0, TGR_COUNT_AHEAD * sizeof *block->slot);
    switch (counting->lane_size) {
    case 2:
        count_add_16(block);
        break;
    case 4:
        count_add_32(block);
        break;
    default:
        count_add_64(block);
    }
}

static void TGR_VARIANT(count)(const tgr_csr *x, const tgr_counting *counting, size_t begin,
                               size_t end)
{
    tgr_count_block block;
    count_open(&block, counting, end - begin);
    int64_t first = x->indptr[begin];
    while (begin < end) {
        size_t most = end - begin < block.most_rows ? end - begin : block.most_rows;
        size_t done = count_rows(&block, x, begin, most, first);
        count_block(&block, x, begin, end, first);
        begin += done;
        first += (int64_t)block.entries;
    }
}
