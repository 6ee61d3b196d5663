/* test_kernels_count.c - every variant counts as the reference does, for every shape and type. */
#include "tests/cmocka_all.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernels/dispatch.h"
#include "kernels/kernels.h"

#define SEED 71993u
#ifndef SHAPES /* an emulator gets fewer */
#define SHAPES 400
#endif

static uint64_t random_state = SEED;

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

/* Memory that ends flush against a page that may not be touched, and begins on `alignment`. */
typedef struct guarded {
    char *pages;
    void *bytes;
    size_t mapped;
} guarded;

static guarded guarded_new(size_t bytes, size_t alignment)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t padded = (bytes + alignment - 1) / alignment * alignment;
    guarded memory = {.mapped = (padded + page - 1) / page * page + page};
    memory.pages =
        mmap(NULL, memory.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory.pages != MAP_FAILED);
    assert_int_equal(mprotect(memory.pages + memory.mapped - page, page, PROT_NONE), 0);
    memory.bytes = memory.pages + memory.mapped - page - padded;
    return memory;
}

static void guarded_free(guarded *memory)
{
    munmap(memory->pages, memory->mapped);
}

typedef struct shape {
    size_t rows, columns, models, longest, slots, lane_size;
    tgr_value_type type;
    bool narrow;
    unsigned judged; /* of 8 pairs */
} shape;

typedef struct problem {
    guarded indptr, indices, values, outcomes, slots;
    tgr_csr x;
    size_t table_bytes;
} problem;

/* Reals of every size that counts: some below a unit, some that round, some at the limit. */
static float some_real(void)
{
    static const float odd[] = {4194304.0f, -4194304.0f, 0x1p-41f, 0x1.8p-40f, -0x1p-41f, 0x1p-149f,
                                2048.0f,    -2047.999f,  0.1f,     1.0f,       -3.0f,     0x1p11f};
    if (below(4) == 0) {
        return odd[below(sizeof odd / sizeof odd[0])];
    }
    double half = (double)(next_random() >> 11) * 0x1p-53 - 0.5;
    return (float)(below(2) == 0 ? half : half * (double)(2u << below(22)));
}

static void fill_entry(const shape *s, problem *p, size_t i)
{
    size_t column = below(s->columns), count = below(3) > 0 ? 1 : 1 + below(65535);
    if (s->narrow) {
        ((uint16_t *)p->indices.bytes)[i] = (uint16_t)column;
    } else {
        ((uint32_t *)p->indices.bytes)[i] = (uint32_t)column;
    }
    if (s->type == TGR_U8) {
        ((uint8_t *)p->values.bytes)[i] = (uint8_t)(count > 1 ? 1 + count % 255 : 1);
    } else if (s->type == TGR_U16) {
        ((uint16_t *)p->values.bytes)[i] = (uint16_t)count;
    } else {
        ((float *)p->values.bytes)[i] = some_real();
    }
}

static void problem_new(problem *p, const shape *s)
{
    static const size_t sizes[] = {[TGR_U8] = 1, [TGR_U16] = 2, [TGR_F32] = 4};
    p->indptr = guarded_new((s->rows + 1) * sizeof(int64_t), 8);
    int64_t *indptr = p->indptr.bytes;
    indptr[0] = (int64_t)below(5); /* entries before the first row's are nobody's */
    for (size_t row = 0; row < s->rows; row++) {
        size_t length = below(30) == 0 ? below(4 * s->longest + 1) : below(s->longest + 1);
        indptr[row + 1] = indptr[row] + (int64_t)length;
    }
    size_t entries = (size_t)indptr[s->rows];
    p->indices = guarded_new(entries * (s->narrow ? 2 : 4), s->narrow ? 2 : 4);
    p->values = guarded_new(entries * sizes[s->type], sizes[s->type]);
    p->outcomes = guarded_new(s->rows * s->models, 1);
    p->slots = guarded_new(s->columns * sizeof(uint32_t), 4);
    for (size_t i = 0; i < entries; i++) {
        fill_entry(s, p, i);
    }
    for (size_t i = 0; i < s->rows * s->models; i++) {
        ((int8_t *)p->outcomes.bytes)[i] = (int8_t)(below(8) < s->judged ? (int)below(3) : -1);
    }
    for (size_t i = 0; i < s->columns; i++) {
        ((uint32_t *)p->slots.bytes)[i] = (uint32_t)below(s->slots);
    }
    p->x = (tgr_csr){s->rows,         indptr,  s->narrow ? NULL : p->indices.bytes,
                     p->values.bytes, s->type, s->narrow ? p->indices.bytes : NULL};
    p->table_bytes = s->slots * tgr_count_stride(s->models, s->lane_size) * s->lane_size;
}

static void problem_free(problem *p)
{
    guarded *all[] = {&p->indptr, &p->indices, &p->values, &p->outcomes, &p->slots};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        guarded_free(all[i]);
    }
}

/* Rows [begin, end) by one kernel, in one call or several, on a table that holds something. */
static void check(void (*count)(const tgr_csr *, const tgr_counting *, size_t, size_t),
                  const problem *p, const shape *s, const void *expected, size_t begin, size_t end)
{
    guarded table = guarded_new(p->table_bytes, 64);
    memset(table.bytes, 0x11, p->table_bytes);
    const tgr_counting counting = {s->models, p->outcomes.bytes, p->slots.bytes, s->lane_size,
                                   table.bytes};
    while (begin < end) {
        size_t rows = below(3) == 0 ? end - begin : 1 + below(end - begin);
        count(&p->x, &counting, begin, begin + rows);
        begin += rows;
    }
    count(&p->x, &counting, end, end); /* nothing */
    assert_memory_equal(table.bytes, expected, p->table_bytes);
    guarded_free(&table);
}

static void compare(const shape *s)
{
    problem p;
    problem_new(&p, s);
    size_t begin = below(4) == 0 ? below(s->rows + 1) : 0;
    size_t end = below(4) == 0 ? begin + below(s->rows - begin + 1) : s->rows;
    guarded expected = guarded_new(p.table_bytes, 64);
    memset(expected.bytes, 0x11, p.table_bytes);
    const tgr_counting counting = {s->models, p.outcomes.bytes, p.slots.bytes, s->lane_size,
                                   expected.bytes};
    tgr_ref_count(&p.x, &counting, begin, end);
    const tgr_kernels *kernels;
    bool runs_here;
    for (unsigned i = 0; (kernels = tgr_kernels_built(i, &runs_here)) != NULL; i++) {
        if (runs_here) {
            check(kernels->count, &p, s, expected.bytes, begin, end);
        }
    }
    guarded_free(&expected);
    problem_free(&p);
}

static void variants_count_as_the_reference(void **state)
{
    (void)state;
    static const size_t models[] = {1,  2,  3,  4,  5,  6,  7,  8,  10, 11,
                                    13, 16, 17, 21, 22, 32, 43, 64, 65, 200};
    static const size_t longest[] = {0, 1, 3, 9, 15, 16, 17, 40, 300};
    for (unsigned number = 0; number < SHAPES; number++) {
        shape s = {
            .rows = below(6) == 0 ? below(4) : below(700),
            .columns = 1 + below(below(2) ? 500 : 6),
            .models = models[number % (sizeof models / sizeof models[0])],
            .longest = longest[below(sizeof longest / sizeof longest[0])],
            .slots = 1 + below(below(2) ? 300 : 3),
            .type = (tgr_value_type)below(3),
            .narrow = below(2) == 0,
            .judged = below(3) == 0 ? 8 : (unsigned)below(9),
        };
        s.lane_size = s.type == TGR_F32 ? 8 : 2 + 2 * below(2);
        s.rows = s.models > 32 && s.rows > 100 ? 100 : s.rows;
        compare(&s);
    }
}

/* Rows longer than any block, the most models, and rows enough for many blocks. */
static void extremes_are_counted(void **state)
{
    (void)state;
    for (int type = 0; type < 3; type++) {
        for (size_t lane_size = 2; lane_size <= 4; lane_size += 2) {
            size_t size = type == TGR_F32 ? 8 : lane_size;
            compare(&(shape){.rows = 5,
                             .columns = 900,
                             .models = 5,
                             .longest = 5000,
                             .slots = 800,
                             .lane_size = size,
                             .type = (tgr_value_type)type,
                             .judged = 6});
            compare(&(shape){.rows = 9,
                             .columns = 40,
                             .models = TGR_MODELS_MAX,
                             .longest = 9,
                             .slots = 30,
                             .lane_size = size,
                             .type = (tgr_value_type)type,
                             .judged = 6});
            compare(&(shape){.rows = 6000,
                             .columns = 70,
                             .models = 3,
                             .longest = 9,
                             .slots = 60,
                             .lane_size = size,
                             .type = (tgr_value_type)type,
                             .narrow = true,
                             .judged = 7});
        }
    }
}

/* Two rows, three models, by hand. */
static void reference_by_hand(void **state)
{
    (void)state;
    const int64_t indptr[3] = {1, 3, 4};
    const uint32_t indices[4] = {9, 0, 2, 2};
    const uint8_t counts[4] = {99, 2, 3, 5};
    const float reals[4] = {99, 0.5f, 0x1.8p-40f, -2};
    const int8_t outcomes[6] = {2, -1, 0, 2, 1, -1};
    const uint32_t slots[3] = {1, 7, 0};
    _Alignas(64) uint16_t table[2][16] = {{0}};
    tgr_csr x = {2, indptr, indices, counts, TGR_U8, NULL};
    assert_int_equal(tgr_count_stride(3, 2), 16);
    tgr_ref_count(&x, &(tgr_counting){3, outcomes, slots, 2, table}, 0, 2);
    /* Lanes: model 0 loss, tie, win, model 1 loss, ... */
    const uint16_t expected[2][16] = {{0, 0, 3 + 5, 0, 5, 0, 3}, {0, 0, 2, 0, 0, 0, 2}};
    assert_memory_equal(table, expected, sizeof table);
    x.values = reals;
    x.value_type = TGR_F32;
    _Alignas(64) int64_t terms[2][16] = {{0}};
    assert_int_equal(tgr_count_stride(3, 8), 16);
    tgr_ref_count(&x, &(tgr_counting){3, outcomes, slots, 8, terms}, 0, 2);
    const int64_t two = (int64_t)2 << 40; /* and one and a half units are two, to even */
    const int64_t units[2][16] = {{0, 0, 2 - two, 0, -two, 0, 2},
                                  {0, 0, two / 4, 0, 0, 0, two / 4}};
    assert_memory_equal(terms, units, sizeof terms);
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_by_hand),
        cmocka_unit_test(variants_count_as_the_reference),
        cmocka_unit_test(extremes_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
