/* test_ingest.c - a log to a query file: what comes out is what went in, numbered and ordered. */
#include "tests/test_ingest_help.h"

#include <math.h>

#include "engine/base/memory.h"
#include "engine/router/router.h"

static const char plain_log[] =
    "{\"id\":\"q1\",\"text\":\"What?\",\"tags\":[\"b\",\"a\",\"b\"],\"category\":\"law\","
    "\"split\":\"train\",\"prompt_tokens\":321,\"needs\":[\"vision\",\"audio\",\"vision\"],"
    "\"models\":{\"gpt-4\":{\"score\":1.0,\"outcome\":\"win\",\"cost\":0.0021,"
    "\"completion_tokens\":87},\"a-model\":{\"score\":0.25}}}\n"
    "{\"tags\":{\"c\":2,\"a\":1},\"category\":\"art\",\"split\":\"test\",\"deny\":[]}\n"
    "\n"
    "{\"id\":7,\"text\":\"only text\",\"prompt_tokens\":0,\"unknown\":{\"x\":[1,2]}}\n"
    "{\"id\":\"q4\",\"tags\":[\"a\"],\"allow\":[\"z\",\"a\"],\"category\":null,"
    "\"models\":{\"gpt-4\":{\"outcome\":\"loss\"}}}\n";

static void check_plain_rows(const tgr_query_file *file, const tgr_batch *batch)
{
    /* a occurs 3 times, b and c twice */
    assert_string_equal(joined(file->tags), "a|b|c");
    assert_int_equal(file->value_type, TGR_U8);
    assert_string_equal(row_text(file, batch, 0), "a=1 b=2");
    assert_string_equal(row_text(file, batch, 1), "a=1 c=2");
    assert_string_equal(row_text(file, batch, 2), "");
    assert_string_equal(row_text(file, batch, 3), "a=1");
}

static void check_plain_columns(const tgr_query_file *file, const tgr_batch *batch)
{
    assert_string_equal(joined(file->categories), "art|law");
    assert_string_equal(name_of(file->categories, batch->category[0]), "law");
    assert_string_equal(name_of(file->categories, batch->category[1]), "art");
    assert_int_equal(batch->category[2], -1);
    assert_int_equal(batch->category[3], -1);
    assert_string_equal(joined(file->splits), "test|train");
    assert_string_equal(name_of(file->splits, batch->split[0]), "train");
    assert_int_equal(batch->split[3], -1);
    assert_string_equal(joined(file->needs), "[\"audio\",\"vision\"]");
    assert_int_equal(batch->needs[0], 0);
    assert_int_equal(batch->needs[1], -1);
    assert_string_equal(joined(file->denies), "[]");
    assert_int_equal(batch->deny[0], -1);
    assert_int_equal(batch->deny[1], 0);
    assert_string_equal(joined(file->allows), "[\"a\",\"z\"]");
    assert_int_equal(batch->allow[2], -1);
    assert_int_equal(batch->allow[3], 0);
    assert_true(batch->prompt_tokens[0] == 321);
    assert_true(isnan(batch->prompt_tokens[1]));
    assert_true(batch->prompt_tokens[2] == 0);
}

static void check_plain_models(const tgr_query_file *file, const tgr_batch *batch)
{
    assert_string_equal(joined(file->models), "a-model|gpt-4");
    assert_true(batch->score[0] == 0.25f);
    assert_true(batch->score[1] == 1.0f);
    assert_true(isnan(batch->cost[0]));
    assert_true(batch->cost[1] == 0.0021f);
    assert_true(batch->completion_tokens[1] == 87);
    assert_int_equal(batch->outcome[0], -1);
    assert_int_equal(batch->outcome[1], 2);
    for (size_t cell = 2; cell < 7; cell++) {
        assert_true(isnan(batch->score[cell]));
        assert_true(isnan(batch->cost[cell]));
        assert_true(isnan(batch->completion_tokens[cell]));
        assert_int_equal(batch->outcome[cell], -1);
    }
    assert_int_equal(batch->outcome[7], 0);
}

static void a_log_becomes_a_query_file(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_text("log.jsonl", plain_log));
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    tgr_batch batch = read_all(file);
    assert_int_equal(report.queries, 4);
    assert_int_equal(report.judged, 3);
    assert_int_equal(report.untagged, 1);
    assert_int_equal(report.bad, 0);
    assert_int_equal(report.bytes, sizeof plain_log - 1);
    check_plain_rows(file, &batch);
    check_plain_columns(file, &batch);
    check_plain_models(file, &batch);
    assert_string_equal(id_text(&batch, 0), "q1");
    const char *second = strstr(plain_log, "\n{") + 1;
    char place[64];
    snprintf(place, sizeof place, "log.jsonl@%d", (int)(second - plain_log));
    assert_string_equal(id_text(&batch, 1), place);
    assert_string_equal(id_text(&batch, 2), "7");
    assert_true(file->has_text);
    assert_false(file->category_tag);
    char digest[33];
    tgr_tagger_digest("given", false, digest);
    assert_string_equal(file->tagger_digest, digest);
    close_all(file, &batch);
}

static void columns_that_no_record_has_are_left_out(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_text("log.jsonl", "{\"tags\":[\"x\"]}\n"));
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    assert_null(file->splits);
    assert_null(file->categories);
    assert_null(file->allows);
    assert_null(file->denies);
    assert_null(file->needs);
    assert_false(file->has_prompt_tokens);
    assert_false(file->has_text);
    assert_false(file->has_score || file->has_outcome || file->has_cost);
    assert_int_equal(report.models, 0);
    tgr_query_close(file);
}

/* The result of one line's tags. */
static void check_tags(const char *line, tgr_value_type type, const char *row)
{
    tgr_ingest_options options = options_for(write_text("log.jsonl", line));
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    tgr_batch batch = read_all(file);
    assert_int_equal(file->value_type, type);
    assert_string_equal(row_text(file, &batch, 0), row);
    close_all(file, &batch);
}

static void values_take_the_type_that_they_need(void **state)
{
    (void)state;
    check_tags("{\"tags\":{\"a\":255}}", TGR_U8, "a=255");
    check_tags("{\"tags\":{\"a\":256}}", TGR_U16, "a=256");
    check_tags("{\"tags\":{\"a\":65535}}", TGR_U16, "a=65535");
    check_tags("{\"tags\":{\"a\":2.0}}", TGR_U8, "a=2");
    check_tags("{\"tags\":{\"a\":0.5,\"b\":3}}", TGR_F32, "b=3 a=0.5");
    check_tags("{\"tags\":{\"a\":-1.5}}", TGR_F32, "a=-1.5");
    check_tags("{\"tags\":{\"a\":70000.5}}", TGR_F32, "a=70000.5");
    check_tags("{\"tags\":{\"a\":1e10}}", TGR_F32, "a=1e+10");
}

static void repeated_tags_add_up(void **state)
{
    (void)state;
    check_tags("{\"tags\":{\"a\":200,\"b\":1,\"a\":100}}", TGR_U16, "a=300 b=1");
    check_tags("{\"tags\":{\"a\":0.5,\"a\":0.5,\"b\":1}}", TGR_U8, "a=1 b=1");
    check_tags("{\"tags\":{\"a\":0.5,\"b\":1,\"a\":-0.5}}", TGR_U8, "b=1");
    check_tags("{\"tags\":{\"a\":0.5,\"a\":-0.5}}", TGR_U8, "");
    check_tags("{\"tags\":{\"a\":1.5,\"a\":-0.5,\"b\":0}}", TGR_U8, "a=1");
    /* three tenths, added in double and rounded to float once */
    check_tags("{\"tags\":{\"a\":0.1,\"a\":0.1,\"a\":0.1}}", TGR_F32, "a=0.300000012");
    check_tags("{\"tags\":{\"a\":1e38,\"a\":1e38,\"a\":1e38}}", TGR_F32, "a=3.00000001e+38");
}

static void categories_become_tags(void **state)
{
    (void)state;
    tgr_ingest_options options =
        options_for(write_text("log.jsonl", "{\"tags\":[\"a\"],\"category\":\"law\"}\n"
                                            "{\"tags\":[\"cat:law\",\"a\"],\"category\":\"law\"}\n"
                                            "{\"tags\":[\"a\"]}\n"
                                            "{\"text\":\"t\",\"category\":\"art\"}\n"));
    options.category_tag = true;
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    tgr_batch batch = read_all(file);
    assert_true(file->category_tag);
    assert_string_equal(joined(file->tags), "a|cat:law|cat:art");
    assert_string_equal(row_text(file, &batch, 0), "a=1 cat:law=1");
    assert_string_equal(row_text(file, &batch, 1), "a=1 cat:law=2");
    assert_string_equal(row_text(file, &batch, 2), "a=1");
    assert_string_equal(row_text(file, &batch, 3), "cat:art=1");
    assert_int_equal(report.untagged, 0);
    char digest[33];
    tgr_tagger_digest("given", true, digest);
    assert_string_equal(file->tagger_digest, digest);
    close_all(file, &batch);
}

static char *ingest_bytes(tgr_ingest_options options, const char *name, bool compress,
                          size_t *length)
{
    tgr_error error;
    char path[512];
    snprintf(path, sizeof path, "%s", in_folder(name));
    options.output = path;
    options.compress = compress;
    assert_int_equal(tgr_ingest(&options, NULL, NULL, &error), TGR_OK);
    return read_bytes(path, length);
}

/* Same input, same bytes, whatever the name of the output and the time are. */

static void equal_logs_make_equal_files(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_text("log.jsonl", plain_log));
    char *bytes[2], *again[2];
    size_t length[2], again_length[2];
    for (int compress = 0; compress < 2; compress++) {
        bytes[compress] = ingest_bytes(options, "out.h5", compress != 0, &length[compress]);
    }
    sleep(1); /* a time stamp of seconds would differ */
    for (int compress = 0; compress < 2; compress++) {
        again[compress] =
            ingest_bytes(options, "another name.h5", compress != 0, &again_length[compress]);
        assert_int_equal(length[compress], again_length[compress]);
        assert_memory_equal(bytes[compress], again[compress], length[compress]);
        free(bytes[compress]);
        free(again[compress]);
    }
}

/* ---- routers ------------------------------------------------------------------------------------
 */

static const char *save_router(const char *const *tags, size_t count, bool category_tag)
{
    static char path[512];
    tgr_error error;
    tgr_router *router = tgr_router_new();
    assert_non_null(router);
    router->tags = tgr_strings_new();
    router->model_count = 2;
    router->models = tgr_mem_zalloc(2, sizeof *router->models);
    for (size_t i = 0; i < 2; i++) {
        router->models[i] = (tgr_model){.price_in = NAN,
                                        .price_out = NAN,
                                        .cost = NAN,
                                        .mean_cost = NAN,
                                        .mean_completion_tokens = NAN,
                                        .mean_score = NAN,
                                        .mean_reward = NAN,
                                        .max_input_tokens = NAN,
                                        .price_cached = NAN,
                                        .token_ratio = NAN,
                                        .assumed_completion_tokens = NAN};
        router->models[i].name = tgr_mem_string(i == 0 ? "large" : "small");
    }
    for (size_t i = 0; i < count; i++) {
        tgr_strings_add(router->tags, tags[i], strlen(tags[i]));
    }
    router->bias = tgr_mem_zalloc(2, sizeof(float));
    router->weights = tgr_mem_zalloc(2 * count, sizeof(float));
    router->counts = tgr_mem_zalloc(count, sizeof(double));
    tgr_mem_free(router->scorer);
    tgr_mem_free(router->tagger_kind);
    tgr_mem_free(router->tagger_digest);
    router->scorer = tgr_mem_string("paper");
    router->count = TGR_COUNT_RAW;
    router->tagger_kind = tgr_mem_string("given");
    router->category_tag = category_tag;
    router->tagger_digest = tgr_mem_zalloc(33, 1);
    tgr_tagger_digest("given", category_tag, router->tagger_digest);
    snprintf(path, sizeof path, "%s", in_folder("router.msgpack"));
    if (tgr_router_update_digest(router, &error) != TGR_OK ||
        tgr_router_save(router, path, &error) != TGR_OK) {
        fail_msg("router: %s", error.message);
    }
    tgr_router_free(router);
    return path;
}

static void a_router_numbers_its_tags_first(void **state)
{
    (void)state;
    static const char *const tags[] = {"rare", "never", "often"};
    tgr_ingest_options options =
        options_for(write_text("log.jsonl", "{\"tags\":[\"often\",\"new\",\"new\"]}\n"
                                            "{\"tags\":[\"often\",\"rare\",\"newer\",\"aaa\"],"
                                            "\"category\":\"law\"}\n"));
    options.router = save_router(tags, 3, false);
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    tgr_batch batch = read_all(file);
    assert_string_equal(joined(file->tags), "rare|never|often|new|aaa|newer");
    assert_int_equal(report.new_tags, 3);
    assert_string_equal(row_text(file, &batch, 0), "often=1 new=2");
    assert_string_equal(row_text(file, &batch, 1), "rare=1 often=1 aaa=1 newer=1");
    close_all(file, &batch);

    options.category_tag = true; /* which this router does not have */
    tgr_error error;
    assert_int_equal(tgr_ingest(&options, NULL, NULL, &error), TGR_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "--category-tag"));
}

static void a_router_rules_whether_categories_are_tags(void **state)
{
    (void)state;
    static const char *const tags[] = {"cat:law"};
    tgr_ingest_options options =
        options_for(write_text("log.jsonl", "{\"tags\":[\"b\"],\"category\":\"law\"}\n"));
    options.router = save_router(tags, 1, true);
    for (int explicit = 0; explicit < 2; explicit ++) {
        options.category_tag = explicit != 0;
        tgr_ingest_report report;
        tgr_query_file *file = ingest_all(&options, &report);
        tgr_batch batch = read_all(file);
        assert_true(file->category_tag);
        assert_string_equal(row_text(file, &batch, 0), "cat:law=1 b=1");
        close_all(file, &batch);
    }
    options.router = in_folder("no-router");
    tgr_error error;
    assert_int_equal(tgr_ingest(&options, NULL, NULL, &error), TGR_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_log_becomes_a_query_file, empty_folder),
        cmocka_unit_test_teardown(columns_that_no_record_has_are_left_out, empty_folder),
        cmocka_unit_test_teardown(values_take_the_type_that_they_need, empty_folder),
        cmocka_unit_test_teardown(repeated_tags_add_up, empty_folder),
        cmocka_unit_test_teardown(categories_become_tags, empty_folder),
        cmocka_unit_test_teardown(equal_logs_make_equal_files, empty_folder),
        cmocka_unit_test_teardown(a_router_numbers_its_tags_first, empty_folder),
        cmocka_unit_test_teardown(a_router_rules_whether_categories_are_tags, empty_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
