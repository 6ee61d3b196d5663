/* sums.c - sums by tag, model and outcome: counted in narrow lanes, moved to wide ones in time. */
#include "engine/scorer/sums.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"

/* Rows whose largest value is looked for at once. */
#define UNIT_ROWS ((size_t)1024)

/* Lanes of 2 bytes are given up where fewer entries than this come between two moves, for each slot
 * that a move looks at. */
#define ENTRIES_A_SLOT 2

#define ALIGNMENT ((size_t)64) /* of lanes */

static size_t table_bytes(const tgr_outcome_sums *sums, size_t lane_size)
{
    return (sums->tags + 1) * tgr_count_stride(sums->models, lane_size) * lane_size;
}

bool tgr_outcome_sums_open(tgr_outcome_sums *sums, const tgr_kernels *kernels, size_t tags,
                           size_t models, bool reals, int threads)
{
    *sums = (tgr_outcome_sums){.kernels = kernels,
                               .tags = tags,
                               .models = models,
                               .most = {UINT16_MAX, UINT32_MAX, INT64_MAX}};
    size_t cells;
    /* A slot takes fewer than 24 * models + 64 bytes. */
    if (tags == SIZE_MAX || __builtin_mul_overflow(tags + 1, models * 24 + 64, &cells)) {
        return false;
    }
    size_t bytes = table_bytes(sums, reals ? 8 : 4);
    size_t wanted = tgr_tables_worth_it(bytes, threads);
    sums->total = tgr_mem_zalloc(tags, models * 3 * sizeof *sums->total);
    sums->tables = tgr_mem_zalloc(wanted, sizeof *sums->tables);
    if (sums->total == NULL || sums->tables == NULL) {
        return false;
    }
    while (sums->table_count < wanted) {
        /* Not touched here: large tables get their pages from the thread that uses them. */
        char *memory = tgr_mem_zalloc(bytes + ALIGNMENT, 1);
        if (memory == NULL) {
            break; /* the tables there are will do */
        }
        void *lanes = memory + (ALIGNMENT - (uintptr_t)memory % ALIGNMENT);
        sums->tables[sums->table_count++] = (tgr_outcome_table){memory, lanes, .lane_size = 2};
    }
    return sums->table_count > 0;
}

void tgr_outcome_sums_free(tgr_outcome_sums *sums)
{
    for (size_t i = 0; i < sums->table_count; i++) {
        tgr_mem_free(sums->tables[i].memory);
    }
    tgr_mem_free(sums->tables);
    tgr_mem_free(sums->total);
    *sums = (tgr_outcome_sums){0};
}

/* Whether a bit of the mask is set in some word. */
static inline bool any_bit(const char *slot, size_t bytes, uint64_t mask)
{
    uint64_t bits = 0;
    for (size_t at = 0; at < bytes; at += sizeof bits) {
        uint64_t word;
        memcpy(&word, slot + at, sizeof word);
        bits |= word;
    }
    return (bits & mask) != 0;
}

static bool any_beyond(const int64_t *terms, size_t count, uint64_t keep)
{
    bool beyond = false;
    for (size_t i = 0; i < count; i++) {
        beyond |= (terms[i] < 0 ? -(uint64_t)terms[i] : (uint64_t)terms[i]) > keep;
    }
    return beyond;
}

#define ADD_AND_CLEAR(TOTAL, LANE, SLOT, COUNT, UNIT)                                              \
    for (size_t i = 0; i < (COUNT); i++) {                                                         \
        LANE *lane = (LANE *)(SLOT) + i;                                                           \
        (TOTAL)[i] += (tgr_sum)*lane * (UNIT);                                                     \
        *lane = 0;                                                                                 \
    }

/* Threads meet here, for few slots and seldom. */
static void move_slot(tgr_outcome_sums *sums, size_t tag, void *slot, size_t lane_size)
{
    size_t used = 3 * sums->models;
    tgr_sum *total = sums->total + tag * used;
    const tgr_sum one = (tgr_sum)1 << 40;
#pragma omp critical(tgr_outcome_total)
    {
        if (lane_size == 2) {
            ADD_AND_CLEAR(total, uint16_t, slot, used, one)
        } else if (lane_size == 4) {
            ADD_AND_CLEAR(total, uint32_t, slot, used, one)
        } else {
            ADD_AND_CLEAR(total, int64_t, slot, used, 1)
        }
    }
}

/* Moves the slots of which some lane is larger in size than `keep`, a power of two less one. */
static void move_slots(tgr_outcome_sums *sums, tgr_outcome_table *table, uint64_t keep)
{
    size_t lane_size = table->lane_size;
    size_t bytes = tgr_count_stride(sums->models, lane_size) * lane_size;
    uint64_t mask = lane_size == 2 ? (~keep & UINT16_MAX) * UINT64_C(0x1000100010001)
                                   : (~keep & UINT32_MAX) * UINT64_C(0x100000001);
    char *slot = table->lanes;
    for (size_t tag = 0; tag < sums->tags; tag++, slot += bytes) {
        if (lane_size == 8 ? any_beyond((const int64_t *)(const void *)slot, 3 * sums->models, keep)
                           : any_bit(slot, bytes, mask)) {
            move_slot(sums, tag, slot, lane_size);
        }
    }
    table->bound = table->bound < keep ? table->bound : keep;
    table->roomy |= lane_size == 2 && table->entries / ENTRIES_A_SLOT < sums->tags;
    table->entries = 0;
}

/* Empties the table and lets lanes have another size. The slot of what does not count is never
 * moved, and lies elsewhere then. */
static void change_lanes(tgr_outcome_sums *sums, tgr_outcome_table *table, size_t lane_size)
{
    move_slots(sums, table, 0);
    size_t before = table_bytes(sums, table->lane_size);
    size_t slot = before / (sums->tags + 1);
    memset((char *)table->lanes + before - slot, 0, slot);
    table->lane_size = lane_size;
}

/* A row by itself: one whose values are too large for any lane, so that two might overflow, or one
 * with a weight. */
static void add_to_total(tgr_outcome_sums *sums, const tgr_csr *x, const uint32_t *slots,
                         const int8_t *outcomes, tgr_weight weight, size_t row)
{
    for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
        size_t tag = slots[tgr_csr_column(x, entry)];
        int64_t value = x->value_type == TGR_F32 ? tgr_exact_term(((const float *)x->values)[entry])
                        : x->value_type == TGR_U8
                            ? (int64_t)((const uint8_t *)x->values)[entry] << 40
                            : (int64_t)((const uint16_t *)x->values)[entry] << 40;
        tgr_sum term = tgr_weigh(weight, value);
        for (size_t model = 0; tag < sums->tags && model < sums->models; model++) {
            int8_t outcome = outcomes[row * sums->models + model];
            if (outcome >= 0) {
                sums->total[(tag * sums->models + model) * 3 + (size_t)outcome] += term;
            }
        }
    }
}

/* The largest size of a value of rows [begin, end), in the units of lanes. */
static uint64_t largest_value(const tgr_csr *x, size_t begin, size_t end)
{
    int64_t first = x->indptr[begin], last = x->indptr[end];
    uint8_t byte = 0;
    uint16_t word = 0;
    int32_t bits = 0; /* of a float without its sign: ordered as the float is */
    switch (x->value_type) {
    case TGR_U8:
        for (int64_t i = first; i < last; i++) {
            uint8_t value = ((const uint8_t *)x->values)[i];
            byte = value > byte ? value : byte;
        }
        return byte;
    case TGR_U16:
        for (int64_t i = first; i < last; i++) {
            uint16_t value = ((const uint16_t *)x->values)[i];
            word = value > word ? value : word;
        }
        return word;
    case TGR_F32:
        break;
    }
    for (int64_t i = first; i < last; i++) {
        int32_t value;
        memcpy(&value, (const float *)x->values + i, sizeof value);
        value &= INT32_MAX;
        bits = value > bits ? value : bits;
    }
    float largest;
    memcpy(&largest, &bits, sizeof largest);
    return (uint64_t)((double)largest * 0x1p40) + 1;
}

static size_t lanes_for(const tgr_outcome_table *table, tgr_value_type type)
{
    return type == TGR_F32 ? 8 : type == TGR_U16 || table->roomy ? 4 : 2;
}

/* As many rows from *begin on as no lane can overflow by; 0 where a single one might. */
static size_t rows_that_fit(tgr_outcome_sums *sums, tgr_outcome_table *table, uint64_t largest,
                            size_t rows)
{
    uint64_t most = sums->most[table->lane_size / 4]; /* 2, 4, 8: 0, 1, 2 */
    if (largest == 0 || (most - table->bound) / largest >= rows) {
        return rows;
    }
    uint64_t keep = 1;
    while (keep <= most / 8) {
        keep *= 2;
    }
    if (table->bound >= keep) {
        move_slots(sums, table, keep - 1);
    }
    uint64_t fit = (most - table->bound) / largest;
    return fit < rows ? (size_t)fit : rows;
}

void tgr_outcome_sums_add(tgr_outcome_sums *sums, size_t number, const tgr_csr *x,
                          const uint32_t *slots, const int8_t *outcomes, size_t begin, size_t end)
{
    tgr_outcome_table *table = &sums->tables[number];
    tgr_counting counting = {.models = sums->models, .outcomes = outcomes, .slots = slots};
    while (begin < end) {
        if (lanes_for(table, x->value_type) != table->lane_size) {
            change_lanes(sums, table, lanes_for(table, x->value_type));
        }
        size_t unit = end - begin < UNIT_ROWS ? end - begin : UNIT_ROWS;
        uint64_t largest = largest_value(x, begin, begin + unit);
        for (size_t unit_end = begin + unit; begin < unit_end;) {
            size_t rows = rows_that_fit(sums, table, largest, unit_end - begin);
            if (rows > 0) {
                counting.lane_size = table->lane_size;
                counting.table = table->lanes;
                sums->kernels->count(x, &counting, begin, begin + rows);
                table->bound += rows * largest;
                table->entries += (uint64_t)(x->indptr[begin + rows] - x->indptr[begin]);
            } else {
                rows = 1;
#pragma omp critical(tgr_outcome_total)
                add_to_total(sums, x, slots, outcomes, TGR_WEIGHT_ONE, begin);
            }
            begin += rows;
        }
    }
}

void tgr_outcome_sums_add_weighted(tgr_outcome_sums *sums, const tgr_csr *x, const uint32_t *slots,
                                   const int8_t *outcomes, const tgr_weight *weights, size_t begin,
                                   size_t end)
{
#pragma omp critical(tgr_outcome_total)
    for (size_t row = begin; row < end; row++) {
        add_to_total(sums, x, slots, outcomes, weights[row], row);
    }
}

const tgr_sum *tgr_outcome_sums_total(tgr_outcome_sums *sums)
{
    for (size_t i = 0; i < sums->table_count; i++) {
        move_slots(sums, &sums->tables[i], 0);
        tgr_mem_free(sums->tables[i].memory);
    }
    sums->table_count = 0;
    return sums->total;
}
