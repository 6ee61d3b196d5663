/* test_store_decisions.c - decisions in every format, read back; and telling files apart. */
#define _GNU_SOURCE /* memmem */
#include "tests/test_store_support.h"

#include <fcntl.h>

#include "engine/store/decisions_format.h"
#include "engine/store/kind.h"

typedef struct made {
    tgr_decisions_plan plan;
    int16_t *model;
    float *margin;
    tgr_texts ids;
    double thresholds[5];
    const char *names[300];
    char name_texts[300][32];
} made;

static const char *const digests[] = {"0123", ""};

static made *make(size_t rows, size_t models, size_t thresholds)
{
    uint64_t random = SEED + rows + models;
    made *all = calloc(1, sizeof *all);
    assert_non_null(all);
    all->model = sample_array(rows * thresholds, sizeof(int16_t));
    all->margin = sample_array(rows * thresholds, sizeof(float));
    all->ids = sample_texts(rows, "q", false, &random);
    for (size_t i = 0; i < models; i++) {
        snprintf(all->name_texts[i], sizeof all->name_texts[i], "mod\xc3\xa8l \"%zu\"", i);
        all->names[i] = all->name_texts[i];
    }
    for (size_t i = 0; i < thresholds; i++) {
        all->thresholds[i] = (double)i * 0.1 - 0.1;
    }
    for (size_t i = 0; i < rows * thresholds; i++) {
        all->model[i] = (int16_t)((int)below(&random, models + 1) - 1);
        bool none = all->model[i] < 0 || below(&random, 9) == 0;
        all->margin[i] = none ? NAN : (float)below(&random, 1000) / 777.0f - 0.3f;
    }
    all->plan = (tgr_decisions_plan){.rows = rows,
                                     .models = all->names,
                                     .model_count = models,
                                     .reference = all->names[0],
                                     .policy = TGR_POLICY_SLACK,
                                     .thresholds = all->thresholds,
                                     .threshold_count = thresholds,
                                     .ids = true,
                                     .margins = true,
                                     .id_width = 64,
                                     .router_digest = "abcd",
                                     .query_digests = digests,
                                     .query_count = 2};
    return all;
}

static void free_made(made *all)
{
    free(all->model);
    free(all->margin);
    free(all->ids.bytes);
    free(all->ids.offsets);
    free(all);
}

static tgr_status write_made(const made *all, const char *path, size_t piece, bool ids,
                             tgr_error *error)
{
    size_t rows = (size_t)all->plan.rows, thresholds = all->plan.threshold_count;
    tgr_decisions_writer *writer;
    tgr_status status = tgr_decisions_open(path, TGR_DECISIONS_AUTO, &all->plan, &writer, error);
    for (size_t row = 0; status == TGR_OK && row < rows; row += piece) {
        size_t now = rows - row < piece ? rows - row : piece;
        tgr_texts part = {all->ids.bytes, all->ids.offsets + row};
        status = tgr_decisions_put(writer, ids ? &part : NULL, all->model + row * thresholds,
                                   all->margin + row * thresholds, now, error);
    }
    if (status == TGR_OK) {
        status = tgr_decisions_commit(writer, error);
    }
    tgr_decisions_free(writer);
    return status;
}

/* ---- HDF5 ------------------------------------------------------------------------------ */

static void summary_of(size_t rows, size_t models, size_t thresholds, bool ids, bool margins)
{
    tgr_error error;
    tgr_decisions_summary summary;
    long live = tgr_mem_live();
    made *all = make(rows, models, thresholds);
    const char *path = in_folder("d.h5");
    all->plan.ids = ids;
    all->plan.margins = margins;
    assert_ok(write_made(all, path, 77, ids, &error));
    assert_ok(tgr_decisions_summarise(path, &summary, &error));
    assert_int_equal(summary.rows, rows);
    assert_string_equal(summary.policy, "slack");
    assert_string_equal(summary.router_digest, "abcd");
    assert_string_equal(summary.query_digest, "0123");
    assert_int_equal(summary.has_ids, ids);
    assert_int_equal(summary.has_margins, margins);
    assert_int_equal(summary.model_count, models);
    assert_int_equal(summary.threshold_count, thresholds);
    for (size_t i = 0; i < models; i++) {
        assert_string_equal(summary.models[i], all->names[i]);
    }
    for (size_t t = 0; t < thresholds; t++) {
        assert_true(summary.thresholds[t] == all->thresholds[t]);
        for (size_t m = 0; m <= models; m++) {
            uint64_t count = 0;
            for (size_t row = 0; row < rows; row++) {
                int model = all->model[row * thresholds + t];
                count += model == (m < models ? (int)m : -1);
            }
            assert_int_equal(summary.chosen[t * (models + 1) + m], count);
        }
    }
    tgr_decisions_summary_free(&summary);
    tgr_file_kind kind;
    assert_ok(tgr_file_kind_of(path, &kind, &error));
    assert_int_equal(kind, TGR_KIND_DECISIONS);
    free_made(all);
    assert_int_equal(tgr_mem_live(), live);
}

static void summaries(void **state)
{
    (void)state;
    summary_of(1000, 2, 1, true, true);
    summary_of(1000, 2, 1, false, false);
    summary_of(1000, 127, 1, false, true);
    summary_of(1000, 128, 1, false, true); /* codes of 16 bits */
    summary_of(1000, 300, 4, true, true);
    summary_of(70000, 3, 2, false, false); /* more than is read at once */
    summary_of(1, 1, 1, true, true);
    summary_of(0, 2, 1, false, true);
}

static void same_decisions_same_bytes(void **state)
{
    (void)state;
    static const char *const endings[] = {"h5", "jsonl", "msgpack"};
    for (size_t i = 0; i < 3; i++) {
        for (size_t thresholds = 1; thresholds < 4; thresholds += 2) {
            tgr_error error;
            char names[2][32];
            size_t lengths[2];
            made *all = make(5000, 3, thresholds);
            snprintf(names[0], sizeof names[0], "a.%s", endings[i]);
            snprintf(names[1], sizeof names[1], "b.%s", endings[i]);
            assert_ok(write_made(all, in_folder(names[0]), 1, true, &error));
            assert_ok(write_made(all, in_folder(names[1]), 5000, true, &error));
            char *a = slurp(in_folder(names[0]), &lengths[0]);
            char *b = slurp(in_folder(names[1]), &lengths[1]);
            assert_int_equal(lengths[0], lengths[1]);
            assert_memory_equal(a, b, lengths[0]);
            free(a);
            free(b);
            free_made(all);
        }
    }
}

static void changed_decisions_are_found(void **state)
{
    (void)state;
    tgr_error error;
    tgr_decisions_summary summary;
    made *all = make(3000, 2, 1);
    const char *path = in_folder("d.h5");
    assert_ok(write_made(all, path, 3000, true, &error));
    size_t length;
    char *bytes = slurp(path, &length);
    int8_t codes[3000];
    for (int i = 0; i < 3000; i++) {
        codes[i] = (int8_t)all->model[i];
    }
    const void *needles[] = {codes, all->margin, "q1234\xc3\xa9"};
    const size_t sizes[] = {sizeof codes, 3000 * sizeof(float), 7};
    for (size_t i = 0; i < 3; i++) {
        char *at = memmem(bytes, length, needles[i], sizes[i]);
        assert_non_null(at);
        at[5] ^= 1;
        spill(path, bytes, length);
        assert_int_equal(tgr_decisions_summarise(path, &summary, &error), TGR_ERR_INPUT);
        assert_null(summary.models);
        at[5] ^= 1;
    }
    for (size_t kept = 0; kept < length; kept += 1 + length / 20) {
        spill(path, bytes, kept);
        assert_int_equal(tgr_decisions_summarise(path, &summary, &error), TGR_ERR_INPUT);
    }
    free(bytes);
    free_made(all);
    assert_int_equal(tgr_decisions_summarise(in_folder("none.h5"), &summary, &error), TGR_ERR_IO);
}

/* ---- text formats ---------------------------------------------------------------------- */

static void lines_as_written(void **state)
{
    (void)state;
    tgr_error error;
    size_t length;
    static const char *const models[] = {"a", "b\"\\"};
    static const double thresholds[] = {0, 1};
    char bytes[] = "x\ny\"";
    uint64_t offsets[] = {0, 3, 4};
    tgr_texts ids = {bytes, offsets};
    const int16_t model[] = {0, -1, 1, 0};
    const float margin[] = {0.1f, NAN, -1.5e-7f, 3};
    tgr_decisions_plan plan = {.rows = 2,
                               .models = models,
                               .model_count = 2,
                               .thresholds = thresholds,
                               .threshold_count = 1};
    tgr_decisions_writer *writer;
    char *path = strdup(in_folder("d.jsonl"));
    assert_ok(tgr_decisions_open(path, TGR_DECISIONS_AUTO, &plan, &writer, &error));
    assert_ok(tgr_decisions_put(writer, &ids, model, margin, 2, &error));
    assert_ok(tgr_decisions_commit(writer, &error));
    tgr_decisions_free(writer);
    char *text = slurp(path, &length);
    assert_string_equal(text, "{\"id\":\"x\\ny\",\"model\":\"a\",\"margin\":0.1}\n"
                              "{\"id\":\"\\\"\",\"model\":null,\"margin\":null}\n");
    free(text);
    /* Without ids, the rows' numbers; and several thresholds. */
    plan.threshold_count = 2;
    assert_ok(tgr_decisions_open(path, TGR_DECISIONS_JSONL, &plan, &writer, &error));
    assert_ok(tgr_decisions_put(writer, NULL, model, margin, 1, &error));
    assert_ok(tgr_decisions_put(writer, NULL, model + 2, margin + 2, 1, &error));
    assert_ok(tgr_decisions_commit(writer, &error));
    tgr_decisions_free(writer);
    text = slurp(path, &length);
    assert_string_equal(text,
                        "{\"id\":0,\"models\":[\"a\",null],\"margins\":[0.1,null]}\n"
                        "{\"id\":1,\"models\":[\"b\\\"\\\\\",\"a\"],\"margins\":[-1.5e-07,3]}\n");
    free(text);
    /* MessagePack, byte by byte as its specification has it. */
    plan.rows = 1;
    assert_ok(tgr_decisions_open(path, TGR_DECISIONS_MSGPACK, &plan, &writer, &error));
    assert_ok(tgr_decisions_put(writer, &ids, model, margin, 1, &error));
    assert_ok(tgr_decisions_commit(writer, &error));
    tgr_decisions_free(writer);
    text = slurp(path, &length);
    static const char expected[] = "\x83\xa2id\xa3x\ny\xa6models\x92\xa1"
                                   "a\xc0\xa7margins\x92\xca\x3d\xcc\xcc\xcd\xc0";
    assert_int_equal(length, sizeof expected - 1);
    assert_memory_equal(text, expected, length);
    free(text);
    free(path);
}

static void standard_output(void **state)
{
    (void)state;
    tgr_error error;
    size_t length;
    made *all = make(4000, 3, 1);
    tgr_decisions_writer *writer;
    assert_ok(write_made(all, in_folder("d.jsonl"), 4000, true, &error));
    fflush(stdout);
    int console = dup(STDOUT_FILENO);
    int file = open(in_folder("out.txt"), O_CREAT | O_WRONLY, 0600);
    assert_int_equal(dup2(file, STDOUT_FILENO), STDOUT_FILENO);
    tgr_status status = write_made(all, "-", 100, true, &error);
    assert_int_equal(dup2(console, STDOUT_FILENO), STDOUT_FILENO);
    close(console);
    close(file);
    assert_int_equal(status, TGR_OK);
    char *a = slurp(in_folder("out.txt"), &length), *b = slurp(in_folder("d.jsonl"), &length);
    assert_string_equal(a, b);
    free(a);
    free(b);
    assert_int_equal(tgr_decisions_open("-", TGR_DECISIONS_H5, &all->plan, &writer, &error),
                     TGR_ERR_ARGUMENT);
    assert_int_equal(
        tgr_decisions_open(in_folder("a.txt"), TGR_DECISIONS_AUTO, &all->plan, &writer, &error),
        TGR_ERR_ARGUMENT);
    free_made(all);
}

static void fewer_or_more_than_planned(void **state)
{
    (void)state;
    static const char *const names[] = {"d.h5", "d.jsonl", "d.msgpack"};
    made *all = make(10, 2, 1);
    for (size_t i = 0; i < 3; i++) {
        tgr_error error;
        tgr_decisions_writer *writer;
        assert_ok(tgr_decisions_open(in_folder(names[i]), TGR_DECISIONS_AUTO, &all->plan, &writer,
                                     &error));
        assert_ok(tgr_decisions_put(writer, &all->ids, all->model, all->margin, 4, &error));
        assert_int_equal(tgr_decisions_commit(writer, &error), TGR_ERR_ARGUMENT);
        assert_int_equal(tgr_decisions_put(writer, &all->ids, all->model, all->margin, 7, &error),
                         TGR_ERR_ARGUMENT);
        tgr_decisions_free(writer);
        assert_int_equal(folder_entries(NULL), 0);
    }
    free_made(all);
}

/* ---- row numbers ----------------------------------------------------------------------- */

/* Those of some rows of a run of so many, against printf. */
static void check_numbers(uint64_t first, size_t count, uint64_t total, int threads)
{
    const char *names[] = {"m"};
    const double threshold = 0;
    int16_t *model = sample_array(count, sizeof *model);
    const tgr_decisions_plan plan = {.models = names,
                                     .model_count = 1,
                                     .thresholds = &threshold,
                                     .threshold_count = 1,
                                     .shards = 2,
                                     .total_rows = total,
                                     .threads = threads};
    const tgr_decisions_rows rows = {.model = model, .first = first, .count = count};
    tgr_sink_batch batch = {0};
    tgr_error error;
    assert_ok(tgr_decisions_h5_encode(&plan, &rows, "d.h5", &batch, &error));
    size_t width = tgr_decisions_index_width(&plan);
    assert_int_equal(batch.chunks[0].bytes.length, width * count);
    for (size_t row = 0; row < count; row++) {
        char text[32] = {0};
        snprintf(text, sizeof text, "%llu", (unsigned long long)(first + row));
        assert_memory_equal(batch.chunks[0].bytes.bytes + row * width, text, width);
    }
    for (size_t i = 0; i < batch.capacity; i++) {
        tgr_buffer_free(&batch.chunks[i].bytes);
    }
    tgr_mem_free(batch.chunks);
    free(model);
}

static void row_numbers(void **state)
{
    (void)state;
    uint64_t random = SEED, ten = 1;
    for (int digits = 1; digits < 20; digits++, ten *= 10) {
        for (int round = 0; round < 12; round++) {
            uint64_t before = below(&random, 150), first = ten > before ? ten - before : 0;
            size_t count = 1 + below(&random, 300);
            uint64_t more = round % 3 == 0 ? 0 : below(&random, 1000) * (round % 3 == 1 ? 1 : ten);
            check_numbers(first, count, first + count + more, 1 + round % 4);
        }
    }
    check_numbers(0, 120000, 120000, 3);
    check_numbers(UINT64_C(9999999999) - 5000, 20000, UINT64_C(1) << 40, 1);
}

/* ---- kinds ----------------------------------------------------------------------------- */

static tgr_file_kind kind_of(const char *bytes, size_t length)
{
    tgr_error error;
    tgr_file_kind kind;
    spill(in_folder("file"), bytes, length);
    assert_ok(tgr_file_kind_of(in_folder("file"), &kind, &error));
    return kind;
}

#define KIND(text) kind_of(text, sizeof text - 1)

static void kinds(void **state)
{
    (void)state;
    tgr_error error;
    tgr_file_kind kind;
    assert_int_equal(KIND(""), TGR_KIND_UNKNOWN);
    assert_int_equal(KIND("{\"format\":\"tagroute.router\"}"), TGR_KIND_UNKNOWN);
    assert_int_equal(KIND("\x81\xa6"
                          "format\xaf"
                          "tagroute.router"),
                     TGR_KIND_ROUTER);
    assert_int_equal(KIND("\x81\xa6"
                          "format\xaf"
                          "tagroute.robber"),
                     TGR_KIND_UNKNOWN);
    assert_int_equal(KIND("\x81\xa6"
                          "format\xaf"
                          "tagroute.route"),
                     TGR_KIND_UNKNOWN); /* cut off */
    /* Behind values of every form. */
    assert_int_equal(KIND("\xdf\x00\x00\x00\x08"
                          "\xa1"
                          "a\xc6\x00\x00\x00\x03xyz"
                          "\xa1"
                          "b\x93\x01\xc0\xcb\x00\x00\x00\x00\x00\x00\x00\x00"
                          "\xa1"
                          "c\xc7\x03\x05zzz"
                          "\xa1"
                          "d\xd8\x01zzzzzzzzzzzzzzzz"
                          "\xa1"
                          "e\xda\x00\x02zz"
                          "\xa1"
                          "f\xde\x00\x01\xa1k\xdd\x00\x00\x00\x01\xe0"
                          "\xc2\xd1\x00\x01"
                          "\xd9\x06"
                          "format\xd9\x0f"
                          "tagroute.router"),
                     TGR_KIND_ROUTER);
    assert_int_equal(KIND("\x82\xa1"
                          "a\xdd\xff\xff\xff\xff\xa6"
                          "format\xaf"
                          "tagroute.router"),
                     TGR_KIND_UNKNOWN);
    /* Nested beyond measure. */
    char deep[4096];
    memset(deep, '\x91', sizeof deep);
    deep[0] = '\x81';
    assert_int_equal(kind_of(deep, sizeof deep), TGR_KIND_UNKNOWN);
    assert_int_equal(tgr_file_kind_of(in_folder("none"), &kind, &error), TGR_ERR_IO);
    assert_int_equal(tgr_file_kind_of(folder, &kind, &error), TGR_ERR_IO);
    sample from = sample_make(&(sample_shape){.rows = 9, .tags = 4, .bare = true});
    assert_ok(sample_write(&from, in_folder("q.h5"), 50, &error));
    assert_ok(tgr_file_kind_of(in_folder("q.h5"), &kind, &error));
    assert_int_equal(kind, TGR_KIND_QUERIES);
    size_t length;
    char *bytes = slurp(in_folder("q.h5"), &length);
    spill(in_folder("q.h5"), bytes, length - 100);
    assert_int_equal(tgr_file_kind_of(in_folder("q.h5"), &kind, &error), TGR_ERR_INPUT);
    free(bytes);
    sample_free(&from);
}

int main(void)
{
    printf("seed %u\n", SEED);
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(summaries),
        TEST(same_decisions_same_bytes),
        TEST(changed_decisions_are_found),
        TEST(lines_as_written),
        TEST(standard_output),
        TEST(fewer_or_more_than_planned),
        TEST(row_numbers),
        TEST(kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
