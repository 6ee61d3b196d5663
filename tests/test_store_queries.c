/* test_store_queries.c - query files written and read back: every column, type and layout; same
 * bytes for the same input; blocks of any size; rows selected. */
#include "tests/test_store_support.h"

static int32_t *const *batch_codes(const tgr_batch *batch, int which)
{
    int32_t *const *columns[] = {&batch->category, &batch->split, &batch->allow, &batch->deny,
                                 &batch->needs};
    return columns[which];
}

static void check_texts(const tgr_texts *read, const tgr_texts *written, uint64_t first,
                        size_t rows)
{
    for (size_t row = 0; row < rows; row++) {
        uint64_t begin = written->offsets[first + row],
                 length = written->offsets[first + row + 1] - begin;
        assert_int_equal(read->offsets[row + 1] - read->offsets[row], length);
        assert_memory_equal(read->bytes + read->offsets[row], written->bytes + begin, length);
    }
}

/* Floats bit by bit: NaN is NaN, and nothing is rounded. */
static void check_floats(const float *read, const float *written, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_true(isnan(written[i]) ? isnan(read[i]) : read[i] == written[i]);
    }
}

static void check_batch(const tgr_batch *batch, const sample *from)
{
    const tgr_query_plan *plan = &from->plan;
    uint64_t first = batch->first_row;
    size_t rows = batch->rows, models = plan->models.count;
    int64_t start = from->indptr[first];
    assert_int_equal(batch->x.rows, rows);
    assert_int_equal(batch->x.indptr[0], 0);
    for (size_t row = 0; row < rows; row++) {
        assert_int_equal(batch->x.indptr[row + 1], from->indptr[first + row + 1] - start);
    }
    size_t count = (size_t)batch->x.indptr[rows];
    size_t size = plan->value_type == TGR_U8 ? 1 : plan->value_type == TGR_U16 ? 2 : 4;
    assert_int_equal(batch->x.value_type, plan->value_type);
    assert_memory_equal(batch->x.indices, from->indices + start, count * 4);
    assert_memory_equal(batch->x.values, (char *)from->values + (size_t)start * size, count * size);
    check_texts(&batch->ids, &from->ids, first, rows);
    for (int i = 0; i < 5; i++) {
        int32_t *codes = *batch_codes(batch, i);
        if (plan->splits.count) {
            assert_memory_equal(codes, from->codes[i] + first, rows * sizeof(int32_t));
        } else {
            assert_null(codes);
        }
    }
    if (plan->has_prompt_tokens) {
        for (size_t row = 0; row < rows; row++) {
            double value = from->prompt_tokens[first + row];
            assert_true(isnan(value) ? isnan(batch->prompt_tokens[row])
                                     : batch->prompt_tokens[row] == value);
        }
        check_floats(batch->score, from->score + first * models, rows * models);
        check_floats(batch->cost, from->cost + first * models, rows * models);
        check_floats(batch->completion_tokens, from->completion_tokens + first * models,
                     rows * models);
        assert_memory_equal(batch->outcome, from->outcome + first * models, rows * models);
    } else {
        assert_null(batch->prompt_tokens);
        assert_null(batch->score);
        assert_null(batch->outcome);
    }
}

static void check_names(const tgr_strings *read, const tgr_names *written)
{
    assert_int_equal(read ? tgr_strings_count(read) : 0, written->count);
    for (uint32_t i = 0; i < written->count; i++) {
        size_t length;
        const char *name = tgr_strings_get(read, i, &length);
        assert_int_equal(length, strlen(written->names[i]));
        assert_string_equal(name, written->names[i]);
    }
}

static void check_file(const tgr_query_file *file, const sample *from)
{
    const tgr_query_plan *plan = &from->plan;
    assert_int_equal(file->rows, plan->rows);
    assert_int_equal(file->columns, plan->tags.count);
    assert_int_equal(file->nonzeros, plan->nonzeros);
    assert_int_equal(file->value_type, plan->value_type);
    check_names(file->tags, &plan->tags);
    check_names(file->models, &plan->models);
    check_names(file->splits, &plan->splits);
    check_names(file->categories, &plan->categories);
    check_names(file->allows, &plan->allows);
    check_names(file->denies, &plan->denies);
    check_names(file->needs, &plan->needs);
    assert_true(file->has_ids);
    assert_int_equal(file->has_text, plan->has_text);
    assert_int_equal(file->has_score, plan->has_score);
    assert_int_equal(strlen(file->digest), 32);
    assert_string_equal(file->tagger_digest, plan->tagger_digest);
    assert_int_equal(file->category_tag, plan->category_tag);
}

static void read_all(tgr_query_file *file, const sample *from, size_t max_rows, size_t max_nonzeros)
{
    tgr_error error;
    tgr_batch batch = {0};
    uint64_t row = 0;
    for (;;) {
        assert_ok(tgr_query_read(file, row, max_rows, max_nonzeros, WANT_ALL, &batch, &error));
        if (batch.rows == 0) {
            break;
        }
        assert_true(batch.rows <= max_rows);
        assert_true(batch.rows == 1 || (size_t)batch.x.indptr[batch.rows] <= max_nonzeros);
        check_batch(&batch, from);
        row += batch.rows;
    }
    assert_int_equal(row, from->plan.rows);
    tgr_batch_free(&batch);
}

static void round_trip_of(sample_shape shape, bool compact, bool compress)
{
    tgr_error error;
    tgr_query_file *file;
    sample from = sample_make(&shape);
    from.plan.compact = compact;
    from.plan.compress = compress;
    const char *path = in_folder("queries.h5");
    long live = tgr_mem_live();
    assert_ok(sample_write(&from, path, 997, &error));
    assert_ok(tgr_query_open(path, &file, &error));
    check_file(file, &from);
    assert_ok(tgr_query_verify(file, &error));
    read_all(file, &from, 100000, 1000000);
    read_all(file, &from, 1000000, 5 + from.plan.nonzeros / 9);
    read_all(file, &from, 1 + from.plan.rows / 5, 1000000);
    tgr_query_close(file);
    assert_int_equal(tgr_mem_live(), live);
    assert_int_equal(folder_entries(NULL), 1); /* no temporary file is left */
    sample_free(&from);
}

static void round_trips(void **state)
{
    (void)state;
    for (int variant = 0; variant < 12; variant++) {
        sample_shape shape = {.rows = 1500,
                              .tags = 700,
                              .models = 4,
                              .value_type = (tgr_value_type)(variant % 3),
                              .some_tokens = variant % 2,
                              .categories = 57};
        round_trip_of(shape, variant / 3 % 2, variant / 6);
    }
}

static void round_trips_of_odd_shapes(void **state)
{
    (void)state;
    round_trip_of((sample_shape){.rows = 1, .tags = 1, .models = 1, .categories = 1}, false, false);
    round_trip_of((sample_shape){.rows = 1, .tags = 1, .models = 1, .categories = 1}, true, true);
    round_trip_of((sample_shape){.rows = 500, .tags = 40, .bare = true}, false, false);
    round_trip_of((sample_shape){.rows = 500, .tags = 40, .bare = true}, false, true);
    /* Codes of 8, 16 and 32 bits. */
    round_trip_of((sample_shape){.rows = 900, .tags = 9, .models = 2, .categories = 127}, false,
                  false);
    round_trip_of((sample_shape){.rows = 900, .tags = 9, .models = 2, .categories = 128}, false,
                  false);
    round_trip_of((sample_shape){.rows = 900, .tags = 9, .models = 2, .categories = 32768}, false,
                  false);
    /* 16-bit columns up to the last one. */
    round_trip_of((sample_shape){.rows = 3000, .tags = 65536, .bare = true}, true, false);
    /* No tags, or no queries at all. */
    round_trip_of((sample_shape){.rows = 20, .tags = 0, .bare = true}, false, false);
    round_trip_of((sample_shape){.rows = 0, .tags = 5, .models = 2, .categories = 1}, false, false);
    round_trip_of((sample_shape){.rows = 0, .tags = 5, .models = 2, .categories = 1}, false, true);
}

/* Buffers and chunks are a mebibyte: columns longer than one. */
static void round_trips_of_many_rows(void **state)
{
    (void)state;
    sample_shape shape = {
        .rows = 140000, .tags = 3, .models = 1, .categories = 2, .some_tokens = true};
    round_trip_of(shape, false, false);
    round_trip_of(shape, false, true);
}

static void same_input_same_bytes(void **state)
{
    (void)state;
    for (int compress = 0; compress < 2; compress++) {
        tgr_error error;
        sample from =
            sample_make(&(sample_shape){.rows = 3000, .tags = 90, .models = 3, .categories = 9});
        from.plan.compress = compress;
        /* Dirty memory would show where it reached the file. */
        setenv("MALLOC_PERTURB_", "85", 1);
        assert_ok(sample_write(&from, in_folder("a.h5"), 17, &error));
        sleep(compress ? 0 : 1); /* a time stamp would have a second's grain */
        assert_ok(sample_write(&from, in_folder("b.h5"), 3000000, &error));
        size_t a_length, b_length;
        char *a = slurp(in_folder("a.h5"), &a_length), *b = slurp(in_folder("b.h5"), &b_length);
        assert_int_equal(a_length, b_length);
        assert_memory_equal(a, b, a_length);
        free(a);
        free(b);
        sample_free(&from);
    }
}

static void digests_follow_the_contents(void **state)
{
    (void)state;
    tgr_error error;
    tgr_query_file *file;
    char digests[4][33];
    for (int variant = 0; variant < 4; variant++) {
        sample from =
            sample_make(&(sample_shape){.rows = 60, .tags = 9, .models = 3, .categories = 9});
        from.plan.compress = variant == 1; /* the same contents */
        from.plan.category_tag = variant != 2;
        from.outcome[7] = (int8_t)(variant == 3 ? (from.outcome[7] == 2 ? 1 : 2) : from.outcome[7]);
        assert_ok(sample_write(&from, in_folder("a.h5"), 17, &error));
        assert_ok(tgr_query_open(in_folder("a.h5"), &file, &error));
        memcpy(digests[variant], file->digest, 33);
        tgr_query_close(file);
        sample_free(&from);
    }
    assert_string_equal(digests[0], digests[1]);
    assert_string_not_equal(digests[0], digests[2]);
    assert_string_not_equal(digests[0], digests[3]);
    assert_string_not_equal(digests[2], digests[3]);
}

static void large_arrays_are_page_aligned(void **state)
{
    (void)state;
    tgr_error error;
    sample from = sample_make(&(sample_shape){.rows = 40000, .tags = 30, .bare = true});
    const char *path = in_folder("queries.h5");
    assert_ok(sample_write(&from, path, 4000, &error));
    size_t length;
    char *bytes = slurp(path, &length);
    /* The indices as they stand in memory must stand in the file, at a page. */
    bool found = false;
    for (size_t at = 0; at + from.plan.nonzeros * 4 <= length; at += 4096) {
        found = found || memcmp(bytes + at, from.indices, from.plan.nonzeros * 4) == 0;
    }
    assert_true(found);
    free(bytes);
    sample_free(&from);
}

static void only_wanted_columns_come(void **state)
{
    (void)state;
    tgr_error error;
    tgr_query_file *file;
    tgr_batch batch = {0};
    sample from = sample_make(&(sample_shape){.rows = 50, .tags = 9, .models = 2, .categories = 3});
    assert_ok(sample_write(&from, in_folder("a.h5"), 50, &error));
    assert_ok(tgr_query_open(in_folder("a.h5"), &file, &error));
    assert_ok(tgr_query_read(file, 0, 50, 1000, WANT_ALL, &batch, &error));
    assert_ok(tgr_query_read(file, 10, 5, 1000, TGR_WANT_SPLIT | TGR_WANT_COST, &batch, &error));
    assert_int_equal(batch.rows, 5);
    assert_int_equal(batch.first_row, 10);
    assert_non_null(batch.split);
    assert_non_null(batch.cost);
    assert_null(batch.ids.bytes);
    assert_null(batch.category);
    assert_null(batch.allow);
    assert_null(batch.prompt_tokens);
    assert_null(batch.score);
    assert_null(batch.outcome);
    tgr_batch_free(&batch);
    tgr_query_close(file);
    sample_free(&from);
}

/* A selection is what a file of only these rows would give. */
static void selecting_rows(void **state)
{
    (void)state;
    tgr_error error;
    tgr_query_file *file;
    tgr_batch all = {0}, some = {0};
    sample from =
        sample_make(&(sample_shape){.rows = 400, .tags = 90, .models = 3, .categories = 3});
    assert_ok(sample_write(&from, in_folder("a.h5"), 50, &error));
    assert_ok(tgr_query_open(in_folder("a.h5"), &file, &error));
    for (int variant = 0; variant < 4; variant++) {
        uint64_t random = SEED + (uint64_t)variant;
        bool keep[400];
        for (size_t row = 0; row < 400; row++) {
            keep[row] = variant == 0 ? false : variant == 1 ? true : below(&random, 2);
        }
        assert_ok(tgr_query_read(file, 0, 400, 100000, WANT_ALL, &all, &error));
        assert_ok(tgr_query_read(file, 0, 400, 100000, WANT_ALL, &some, &error));
        tgr_batch_select(&some, 3, keep);
        size_t kept = 0;
        for (size_t row = 0; row < 400; row++) {
            if (!keep[row]) {
                continue;
            }
            size_t count = (size_t)(all.x.indptr[row + 1] - all.x.indptr[row]);
            assert_int_equal(some.x.indptr[kept + 1] - some.x.indptr[kept], count);
            assert_memory_equal(some.x.indices + some.x.indptr[kept],
                                all.x.indices + all.x.indptr[row], count * 4);
            assert_memory_equal((const uint8_t *)some.x.values + some.x.indptr[kept],
                                (const uint8_t *)all.x.values + all.x.indptr[row], count);
            check_texts(&(tgr_texts){some.ids.bytes, some.ids.offsets + kept}, &all.ids, row, 1);
            for (int i = 0; i < 5; i++) {
                assert_int_equal((*batch_codes(&some, i))[kept], (*batch_codes(&all, i))[row]);
            }
            assert_true(some.prompt_tokens[kept] == all.prompt_tokens[row]);
            check_floats(some.score + kept * 3, all.score + row * 3, 3);
            check_floats(some.cost + kept * 3, all.cost + row * 3, 3);
            check_floats(some.completion_tokens + kept * 3, all.completion_tokens + row * 3, 3);
            assert_memory_equal(some.outcome + kept * 3, all.outcome + row * 3, 3);
            kept++;
        }
        assert_int_equal(some.rows, kept);
        assert_int_equal(some.x.rows, kept);
    }
    tgr_batch_free(&all);
    tgr_batch_free(&some);
    tgr_query_close(file);
    sample_free(&from);
}

static void plans_that_do_not_hold(void **state)
{
    (void)state;
    tgr_error error;
    tgr_query_writer *writer;
    sample from = sample_make(&(sample_shape){.rows = 10, .tags = 9, .models = 2, .categories = 3});
    int64_t one = 0;
    /* Too few values. */
    assert_ok(tgr_query_writer_open(in_folder("a.h5"), &from.plan, &writer, &error));
    assert_int_equal(tgr_query_writer_commit(writer, &error), TGR_ERR_ARGUMENT);
    tgr_query_writer_free(writer);
    /* Too many. */
    assert_ok(tgr_query_writer_open(in_folder("a.h5"), &from.plan, &writer, &error));
    assert_ok(sample_fill(writer, &from, 100, &error));
    assert_int_equal(tgr_query_put(writer, TGR_COLUMN_POSITION, &one, 1, &error), TGR_ERR_ARGUMENT);
    assert_int_equal(tgr_query_put(writer, TGR_COLUMN_INDPTR, &one, 1, &error), TGR_ERR_ARGUMENT);
    assert_int_equal(tgr_query_put_ids(writer, &from.ids, 1, &error), TGR_ERR_ARGUMENT);
    assert_int_equal(tgr_query_put_text(writer, &from.texts, 1, &error), TGR_ERR_ARGUMENT);
    tgr_query_writer_free(writer);
    /* A string with NUL, an id that is too long, a column that is not planned. */
    tgr_texts nul = {(char[]){"a\0b"}, (uint64_t[]){0, 3}};
    from.plan.id_width = 3;
    assert_ok(tgr_query_writer_open(in_folder("a.h5"), &from.plan, &writer, &error));
    assert_int_equal(tgr_query_put_ids(writer, &nul, 1, &error), TGR_ERR_INPUT);
    assert_int_equal(tgr_query_put_text(writer, &nul, 1, &error), TGR_ERR_INPUT);
    assert_int_equal(tgr_query_put_ids(writer, &from.ids, 1, &error), TGR_ERR_ARGUMENT);
    tgr_query_writer_free(writer);
    /* A count that is missing where all were promised. */
    double missing = NAN;
    assert_ok(tgr_query_writer_open(in_folder("a.h5"), &from.plan, &writer, &error));
    assert_int_equal(tgr_query_put(writer, TGR_COLUMN_PROMPT_TOKENS, &missing, 1, &error),
                     TGR_ERR_ARGUMENT);
    tgr_query_writer_free(writer);
    from.plan.has_score = false;
    assert_ok(tgr_query_writer_open(in_folder("a.h5"), &from.plan, &writer, &error));
    assert_int_equal(tgr_query_put(writer, TGR_COLUMN_SCORE, from.score, 1, &error),
                     TGR_ERR_ARGUMENT);
    tgr_query_writer_free(writer);
    assert_int_equal(folder_entries(NULL), 0);
    /* 16 bits cannot number so many tags. */
    from.plan.compact = true;
    from.plan.tags.count = 65537;
    assert_int_equal(tgr_query_writer_open(in_folder("a.h5"), &from.plan, &writer, &error),
                     TGR_ERR_ARGUMENT);
    from.plan.tags.count = 9;
    sample_free(&from);
}

int main(void)
{
    printf("seed %u\n", SEED);
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(round_trips),
        TEST(round_trips_of_odd_shapes),
        TEST(round_trips_of_many_rows),
        TEST(same_input_same_bytes),
        TEST(digests_follow_the_contents),
        TEST(large_arrays_are_page_aligned),
        TEST(only_wanted_columns_come),
        TEST(selecting_rows),
        TEST(plans_that_do_not_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
