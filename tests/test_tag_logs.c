/* test_tag_logs.c - tagging logs and texts where memory runs out, and what is no text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tagroute/tagger.h>
#include <tagroute/texts.h>

#include "engine/base/memory.h"
#include "tests/cmocka_all.h"

static char folder[] = "/tmp/tagroute-tag-logs.XXXXXX";
static char vocabulary[64], log_path[64], output[64];

static void write_log(const char *path)
{
    FILE *log = fopen(path, "w");
    assert_non_null(log);
    for (int i = 0; i < 40; i++) {
        fprintf(log, "{\"text\":\"tax law %s cell\",\"id\":%d}\n", i % 2 ? "graph" : "proof", i);
    }
    fprintf(log, "{\"text\":\"tax\",\"tags\":[\"given\"]}\n{\"id\":7}\n");
    assert_int_equal(fclose(log), 0);
}

static int set_up(void **state)
{
    (void)state;
    tgr_error error = {TGR_OK, ""};
    assert_non_null(mkdtemp(folder));
    snprintf(vocabulary, sizeof vocabulary, "%s/v", folder);
    snprintf(log_path, sizeof log_path, "%s/log.jsonl", folder);
    snprintf(output, sizeof output, "%s/out.msgpack.zst", folder);
    write_log(log_path);
    const char *inputs[] = {log_path};
    tgr_learn_options options;
    tgr_learn_options_init(&options);
    options.inputs = inputs;
    options.input_count = 1;
    options.output = vocabulary;
    options.max_share = 1;
    if (tgr_learn(&options, NULL, NULL, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(vocabulary);
    unlink(log_path);
    unlink(output);
    return rmdir(folder); /* fails where something was left */
}

static void logs_without_memory(void **state)
{
    (void)state;
    const char *inputs[] = {log_path};
    tgr_run run = {.size = sizeof run, .threads = 1};
    tgr_tag_logs_options options;
    tgr_tag_logs_report report;
    tgr_error error;
    tgr_tag_logs_options_init(&options);
    options.inputs = inputs;
    options.input_count = 1;
    options.tagger = vocabulary;
    options.output = output;
    options.max_bad = 0.1;
    long failed = 0, live = tgr_mem_live();
    for (bool done = false; !done; failed++) {
        tgr_mem_fail_after(failed);
        tgr_status status = tgr_tag_logs(&options, &report, &run, &error);
        tgr_mem_fail_after(-1);
        done = status == TGR_OK;
        if (!done && (status != TGR_ERR_NOMEM || access(output, F_OK) == 0)) {
            fail_msg("allocation %ld: %s", failed, error.message);
        }
        assert_int_equal(tgr_mem_live(), live);
        assert_true(failed < 2000);
    }
    assert_true(failed > 30);
    assert_int_equal(report.records, 41);
    assert_int_equal(report.kept, 1);
    assert_int_equal(report.bad, 1);
    assert_int_equal(report.tagged, 40);
}

static tgr_status tag_three(tgr_tagged_texts **tagged, tgr_error *error)
{
    static const char bytes[] = "law tax tax\xff no tag";
    static const uint64_t offsets[] = {0, 11, 11, sizeof bytes - 1};
    static const uint64_t wrong[] = {0, 11, 3, sizeof bytes - 1};
    tgr_tag_texts_options options = {.size = sizeof options, .count = 3, .bytes = bytes};
    const tgr_run run = {.size = sizeof run, .threads = 1};
    tgr_text_tagger *tagger = NULL;
    tgr_status status = tgr_text_tagger_load(vocabulary, &tagger, error);
    if (status == TGR_OK) {
        options.offsets = wrong;
        assert_int_equal(tgr_tag_texts(tagger, &options, tagged, NULL, NULL), TGR_ERR_ARGUMENT);
        options.offsets = offsets;
        status = tgr_tag_texts(tagger, &options, tagged, &run, error);
        if (status == TGR_ERR_INPUT) { /* the third is not UTF-8 */
            assert_string_equal(error->message, "text 2 is not UTF-8");
            options.count = 2;
            status = tgr_tag_texts(tagger, &options, tagged, &run, error);
        }
    }
    tgr_text_tagger_free(tagger);
    return status;
}

static void texts_without_memory(void **state)
{
    (void)state;
    tgr_tagged_texts *tagged = NULL;
    tgr_error error;
    long failed = 0, live = tgr_mem_live();
    for (bool done = false; !done; failed++) {
        tgr_mem_fail_after(failed);
        tgr_status status = tag_three(&tagged, &error);
        tgr_mem_fail_after(-1);
        done = status == TGR_OK;
        if (!done && status != TGR_ERR_NOMEM) {
            fail_msg("allocation %ld: %s", failed, error.message);
        }
        assert_true(done || tgr_mem_live() == live);
        assert_true(failed < 2000);
    }
    assert_int_equal(tagged->rows, 2);
    assert_int_equal(tagged->indptr[2], tagged->indptr[1]);
    assert_int_equal(tagged->untagged, 1);
    assert_true(tagged->nonzeros >= 2);
    tgr_tagged_texts_free(tagged);
    assert_int_equal(tgr_mem_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_without_memory),
        cmocka_unit_test(texts_without_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
