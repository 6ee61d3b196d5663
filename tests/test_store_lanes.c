/* test_store_lanes.c - rows read by several threads at once, each with parts of its own: against
 * plain arrays, with sums that go over parts, with damage, and without memory. */
#include <inttypes.h>
#include <stdatomic.h>

#include "engine/base/squad.h"
#include "engine/store/query_lanes.h"
#include "tests/test_store_places.h"

#define PATH   in_folder("q.h5")
#define WANT   (TGR_WANT_ELIGIBILITY | TGR_WANT_PROMPT_TOKENS | TGR_WANT_IDS)
#define ROWS   UINT64_C(300000)
#define MODELS 3

/* ---- a file --------------------------------------------------------------------------------- */

static sample write_file(uint64_t rows, bool compress, bool compact)
{
    tgr_error error;
    sample made = sample_make(&(sample_shape){.rows = rows,
                                              .tags = 300,
                                              .models = MODELS,
                                              .categories = 5,
                                              .some_tokens = true,
                                              .value_type = TGR_U8});
    made.plan.has_text = false;
    made.plan.compress = compress;
    made.plan.compact = compact;
    assert_ok(sample_write(&made, PATH, 9999, &error));
    return made;
}

/* ---- a walk --------------------------------------------------------------------------------- */

typedef struct walker {
    tgr_query_lanes *lanes;
    const sample *from; /* NULL: nothing is compared */
    size_t most_nonzeros;
    uint64_t first, rows, part_rows;
    size_t jobs;
    atomic_size_t next;
    atomic_bool failed;
    tgr_batch batches[8];
    uint64_t failed_at[8]; /* of each thread: its lowest part that failed, and why */
    tgr_status status[8];
    tgr_error errors[8];
} walker;

/* cmocka's assertions are for one thread: a difference is an abort. */
static void check_that(bool same)
{
    if (!same) {
        abort();
    }
}

static void check_batch(const tgr_batch *batch, const sample *from)
{
    uint64_t first = batch->first_row;
    int64_t start = from->indptr[first];
    for (size_t row = 0; row <= batch->rows; row++) {
        check_that(batch->x.indptr[row] == from->indptr[first + row] - start);
    }
    size_t count = (size_t)batch->x.indptr[batch->rows];
    check_that(memcmp(batch->x.indices, from->indices + start, count * 4) == 0);
    check_that(memcmp(batch->x.values, (char *)from->values + start, count) == 0);
    check_that(memcmp(batch->allow, from->codes[2] + first, batch->rows * 4) == 0);
    check_that(memcmp(batch->needs, from->codes[4] + first, batch->rows * 4) == 0);
    for (size_t row = 0; row < batch->rows; row++) {
        double value = from->prompt_tokens[first + row];
        check_that(isnan(value) ? isnan(batch->prompt_tokens[row])
                                : batch->prompt_tokens[row] == value);
        uint64_t at = from->ids.offsets[first + row];
        size_t length = (size_t)(from->ids.offsets[first + row + 1] - at);
        check_that(
            batch->ids.offsets[row + 1] - batch->ids.offsets[row] == length &&
            memcmp(batch->ids.bytes + batch->ids.offsets[row], from->ids.bytes + at, length) == 0);
    }
}

static tgr_status read_part(walker *of, int number, uint64_t part, tgr_error *error)
{
    uint64_t row = part * of->part_rows, left = of->rows - row;
    uint64_t end = row + (left < of->part_rows ? left : of->part_rows);
    tgr_batch *batch = &of->batches[number];
    tgr_status status = TGR_OK;
    tgr_query_lanes_take(of->lanes, number, part);
    while (status == TGR_OK && row < end) {
        status = tgr_query_lanes_read(of->lanes, number, of->first + row, (size_t)(end - row),
                                      of->most_nonzeros, batch, error);
        if (status == TGR_OK && of->from) {
            check_batch(batch, of->from);
        }
        row += batch->rows;
    }
    tgr_query_lanes_leave(of->lanes, number, status == TGR_OK);
    return status;
}

static void read_parts(void *user, int number)
{
    walker *of = user;
    for (;;) {
        size_t task = atomic_fetch_add(&of->next, 1);
        if (task < of->jobs) {
            tgr_query_lanes_decode(of->lanes, number, task);
            continue;
        }
        uint64_t part = task - of->jobs;
        if (part * of->part_rows >= of->rows || atomic_load(&of->failed)) {
            return;
        }
        tgr_error error;
        tgr_status status = read_part(of, number, part, &error);
        if (status != TGR_OK && part < of->failed_at[number]) {
            of->failed_at[number] = part;
            of->status[number] = status;
            of->errors[number] = error;
            atomic_store(&of->failed, true);
        }
    }
}

static tgr_status read_stretch(walker *of, tgr_squad *squad, tgr_error *error)
{
    tgr_status status = tgr_query_lanes_begin(of->lanes, of->first, of->rows, &of->jobs, error);
    if (status != TGR_OK) {
        return status;
    }
    atomic_store(&of->next, 0);
    memset(of->failed_at, 0xff, sizeof of->failed_at);
    tgr_squad_run(squad, read_parts, of);
    int lowest = 0;
    for (int i = 1; i < 8; i++) {
        lowest = of->failed_at[i] < of->failed_at[lowest] ? i : lowest;
    }
    if (of->failed_at[lowest] == UINT64_MAX) {
        return TGR_OK;
    }
    *error = of->errors[lowest];
    return tgr_query_lanes_settle(of->lanes, of->status[lowest], error);
}

typedef struct how {
    int threads;
    uint64_t stretch, part; /* rows */
    size_t nonzeros;        /* read at once */
    uint64_t begin;         /* row */
} how;

static tgr_status walk(const how *as, const sample *from, tgr_error *error)
{
    tgr_query_file *file;
    walker of = {.from = from, .part_rows = as->part, .most_nonzeros = as->nonzeros};
    tgr_squad *squad = tgr_squad_new(as->threads);
    tgr_status status = squad ? tgr_query_open(PATH, &file, error) : TGR_ERR_NOMEM;
    uint64_t rows = 0;
    if (status == TGR_OK) {
        rows = tgr_query_lanes_rows(file, WANT, as->stretch, UINT64_C(1) << 30);
        check_that(rows == as->stretch);
        status = tgr_query_lanes_open(file, WANT, as->threads, rows, &of.lanes, error);
        of.first = as->begin;
        while (status == TGR_OK && of.first < file->rows) {
            of.rows = file->rows - of.first < rows ? file->rows - of.first : rows;
            status = read_stretch(&of, squad, error);
            of.first += of.rows;
        }
        tgr_query_lanes_close(of.lanes);
        tgr_query_close(file);
    }
    for (int i = 0; i < 8; i++) {
        tgr_batch_free(&of.batches[i]);
    }
    tgr_squad_free(squad);
    return status;
}

static void parts_hold_what_was_written(void **state)
{
    (void)state;
    static const how ways[] = {
        {1, 20000, 3000, 1u << 20, 0},   {2, 131072, 16384, 1u << 20, 0},
        {3, 17000, 1000, 1u << 20, 777}, {7, 300000, 5000, 1u << 20, 0},
        {4, 60000, 9000, 10000, 123456}, {8, 50000, 50000, 1u << 20, 262144}};
    for (int kind = 0; kind < 3; kind++) {
        sample from = write_file(ROWS, kind == 1, kind == 2);
        for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
            tgr_error error;
            long live = tgr_mem_live();
            assert_ok(walk(&ways[i], &from, &error));
            assert_int_equal(tgr_mem_live(), live);
        }
        sample_free(&from);
    }
}

/* ---- damage --------------------------------------------------------------------------------- */

/* In the block's own words, wherever in it the parts end, and though others read on. */
static void every_changed_byte_is_found(void **state)
{
    (void)state;
    static const char *const names[] = {"X/indptr",        "X/indices",         "X/data",
                                        "obs/allow/codes", "obs/prompt_tokens", "obs/_index"};
    static const how ways[] = {
        {2, 100000, 7000, 1u << 20, 0}, {5, 50000, 1111, 1u << 20, 0}, {3, 300000, 40000, 3000, 0}};
    sample from = write_file(ROWS, false, false);
    uint64_t random = SEED;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        place at = find_place(PATH, names[i]);
        for (int round = 0; round < 6; round++) {
            uint64_t byte = round == 0 ? 0 : round == 1 ? at.bytes - 1 : below(&random, at.bytes);
            uint64_t first = byte / at.row_bytes / at.block_rows * at.block_rows;
            uint64_t last =
                first + at.block_rows < at.rows ? first + at.block_rows - 1 : at.rows - 1;
            char expected[200];
            tgr_error error = {0};
            snprintf(expected, sizeof expected, "rows %" PRIu64 " to %" PRIu64 " of /%s do not",
                     first, last, names[i]);
            flip_byte(PATH, at.offset + byte);
            assert_int_equal(walk(&ways[round % 3], NULL, &error), TGR_ERR_INPUT);
            if (!strstr(error.message, expected)) {
                print_error("expected '%s', got: %s\n", expected, error.message);
                fail();
            }
            flip_byte(PATH, at.offset + byte);
        }
    }
    tgr_error error;
    assert_ok(walk(&ways[0], &from, &error));
    sample_free(&from);
}

static void a_file_cut_off_is_told(void **state)
{
    (void)state;
    sample from = write_file(ROWS, false, false);
    place at = find_place(PATH, "X/indices");
    tgr_query_file *file;
    tgr_error error;
    const how way = {3, 50000, 4000, 1u << 20, 0};
    walker of = {.part_rows = way.part, .most_nonzeros = way.nonzeros, .rows = 50000};
    tgr_squad *squad = tgr_squad_new(3);
    assert_ok(tgr_query_open(PATH, &file, &error));
    assert_ok(tgr_query_lanes_open(file, WANT, 3, way.stretch, &of.lanes, &error));
    assert_int_equal(truncate(PATH, (off_t)(at.offset + 20000)), 0);
    assert_int_equal(read_stretch(&of, squad, &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, " ends early"));
    tgr_query_lanes_close(of.lanes);
    tgr_query_close(file);
    for (int i = 0; i < 3; i++) {
        tgr_batch_free(&of.batches[i]);
    }
    tgr_squad_free(squad);
    sample_free(&from);
}

/* ---- without memory ---------------------------------------------------------------------------
 */

static void no_memory_is_told(void **state)
{
    (void)state;
    const how way = {3, 8000, 1000, 500, 0};
    for (int compress = 0; compress < 2; compress++) {
        sample from = write_file(20000, compress == 1, false);
        tgr_status status = TGR_ERR_NOMEM;
        long tried = 0;
        for (long fail = 1; status != TGR_OK; fail += 1 + tried++ / 8) {
            tgr_error error = {0};
            long live = tgr_mem_live();
            tgr_mem_fail_after(fail);
            status = walk(&way, &from, &error);
            tgr_mem_fail_after(-1);
            assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
            assert_int_equal(tgr_mem_live(), live);
            assert_true(tried < 10000);
        }
        assert_true(tried > 30);
        sample_free(&from);
    }
}

/* ---- what is read otherwise -------------------------------------------------------------------
 */

static void not_every_file_is_read_so(void **state)
{
    (void)state;
    sample from = write_file(40000, true, false);
    tgr_query_file *file;
    tgr_error error;
    assert_ok(tgr_query_open(PATH, &file, &error));
    const uint64_t large = UINT64_C(1) << 30;
    assert_int_equal(tgr_query_lanes_rows(file, WANT, 40000, large), 40000);
    assert_int_equal(tgr_query_lanes_rows(file, WANT | TGR_WANT_TEXTS, 40000, large), 0);
    assert_int_equal(tgr_query_lanes_rows(file, WANT | TGR_WANT_OUTCOME, 40000, large), 0);
    assert_int_equal(tgr_query_lanes_rows(file, WANT, 40000, 1 << 16), 0);
    tgr_query_close(file);
    sample_free(&from);
}

int main(void)
{
    printf("seed %u\n", SEED);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(parts_hold_what_was_written), TEST(every_changed_byte_is_found),
        TEST(a_file_cut_off_is_told),      TEST(no_memory_is_told),
        TEST(not_every_file_is_read_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
