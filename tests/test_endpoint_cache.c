/* test_endpoint_cache.c - the file of answers: kept, found again, torn, damaged, not its own. */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/endpoint/answer_cache.h"

enum { HEAD = 24, RECORD = 48, COUNT = 200 };

static char folder[] = "/tmp/tagroute-answers.XXXXXX";
static char path[64];

static XXH128_hash_t key_of(int number)
{
    return XXH3_128bits(&number, sizeof number);
}

/* Answers of many lengths, bytes of the mark among them. */
static tgr_kept_answer answer_of(int number)
{
    static char text[2000];
    size_t length = (size_t)(number * 37) % 1500;
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)(i % 5 == 0 ? 0xa5 : number + (int)i);
    }
    return (tgr_kept_answer){(uint32_t)number, (uint32_t)number * 3u, (uint32_t)number % 8, text,
                             length};
}

static void open_cache(tgr_answer_cache *cache)
{
    tgr_error error = {0};
    if (tgr_answer_cache_open(cache, path, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
}

static void keep(tgr_answer_cache *cache, int first, int end)
{
    for (int i = first; i < end; i++) {
        tgr_kept_answer answer = answer_of(i);
        assert_int_equal(tgr_answer_cache_keep(cache, key_of(i), &answer, NULL), TGR_OK);
    }
}

/* Whether an answer is there; if so, that it is the right one. */
static bool is_there(tgr_answer_cache *cache, int number, bool expect_earlier)
{
    if (tgr_answer_cache_knows(cache, key_of(number)) != TGR_KNOWN_ANSWERED) {
        return false;
    }
    tgr_kept_answer found, expected = answer_of(number);
    bool earlier;
    assert_int_equal(tgr_answer_cache_read(cache, key_of(number), &found, &earlier, NULL), TGR_OK);
    assert_int_equal(earlier, expect_earlier);
    assert_int_equal(found.length, expected.length);
    assert_memory_equal(found.text, expected.text, found.length);
    assert_int_equal(found.prompt_tokens, expected.prompt_tokens);
    assert_int_equal(found.completion_tokens, expected.completion_tokens);
    assert_int_equal(found.flags, expected.flags);
    return true;
}

static char *read_file(size_t *length)
{
    struct stat found;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &found), 0);
    *length = (size_t)found.st_size;
    char *bytes = malloc(*length + 1);
    assert_int_equal(fread(bytes, 1, *length, file), *length);
    fclose(file);
    return bytes;
}

static void write_file(const char *bytes, size_t length)
{
    unlink(path); /* some file systems write a file to disk when it is overwritten */
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static int fresh(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void answers_are_found_again(void **state)
{
    (void)state;
    tgr_answer_cache cache;
    long live = tgr_mem_live();
    open_cache(&cache);
    assert_int_equal(tgr_answer_cache_knows(&cache, key_of(0)), TGR_KNOWN_NOT);
    keep(&cache, 0, COUNT);
    assert_true(is_there(&cache, 7, false));
    assert_int_equal(tgr_answer_cache_sync(&cache, NULL), TGR_OK);
    tgr_answer_cache_close(&cache);
    open_cache(&cache);
    assert_int_equal(cache.answers, COUNT);
    assert_int_equal(cache.damaged, 0);
    for (int i = 0; i < COUNT; i++) {
        assert_true(is_there(&cache, i, true));
        assert_true(is_there(&cache, i, false)); /* used in this run already */
    }
    assert_false(is_there(&cache, COUNT, true));
    keep(&cache, COUNT, COUNT + 5);
    tgr_answer_cache_close(&cache);
    open_cache(&cache);
    assert_int_equal(cache.answers, COUNT + 5);
    tgr_answer_cache_close(&cache);
    assert_int_equal(tgr_mem_live(), live);
}

static void what_is_awaited_is_not_on_the_file(void **state)
{
    (void)state;
    tgr_answer_cache cache;
    open_cache(&cache);
    assert_int_equal(tgr_answer_cache_note(&cache, key_of(1), TGR_KNOWN_ASKED, NULL), TGR_OK);
    assert_int_equal(tgr_answer_cache_note(&cache, key_of(2), TGR_KNOWN_FAILED, NULL), TGR_OK);
    assert_int_equal(tgr_answer_cache_knows(&cache, key_of(1)), TGR_KNOWN_ASKED);
    assert_int_equal(tgr_answer_cache_knows(&cache, key_of(2)), TGR_KNOWN_FAILED);
    keep(&cache, 1, 2);
    assert_true(is_there(&cache, 1, false));
    tgr_answer_cache_close(&cache);
    open_cache(&cache);
    assert_int_equal(cache.answers, 1);
    assert_int_equal(tgr_answer_cache_knows(&cache, key_of(2)), TGR_KNOWN_NOT);
    tgr_answer_cache_close(&cache);
}

static void without_answers_there_is_no_file(void **state)
{
    (void)state;
    tgr_answer_cache cache;
    struct stat found;
    open_cache(&cache);
    assert_int_equal(stat(path, &found), 0);
    tgr_answer_cache_close(&cache);
    assert_int_equal(stat(path, &found), -1);
}

/* Cut anywhere: what is whole is there, what is not is cut off, and the next answer fits behind. */
static void a_torn_end_is_cut_off(void **state)
{
    (void)state;
    tgr_answer_cache cache;
    size_t length, last = 0;
    open_cache(&cache);
    keep(&cache, 0, 9);
    last = cache.length;
    keep(&cache, 9, 10);
    tgr_answer_cache_close(&cache);
    char *bytes = read_file(&length);
    for (size_t cut = last; cut < length; cut++) {
        write_file(bytes, cut);
        open_cache(&cache);
        assert_int_equal(cache.answers, 9);
        assert_int_equal(cache.damaged, cut - last);
        keep(&cache, 41, 42); /* shorter than most of what was torn */
        tgr_answer_cache_close(&cache);
        open_cache(&cache);
        assert_int_equal(cache.answers, 10);
        assert_int_equal(cache.damaged, 0);
        assert_true(is_there(&cache, 8, true) && !is_there(&cache, 9, true) &&
                    is_there(&cache, 41, true));
        tgr_answer_cache_close(&cache);
    }
    free(bytes);
}

/* A bit turned anywhere behind the head: one answer is lost, or none, and no other; none is wrong.
 */
static void damage_is_passed_over(void **state)
{
    (void)state;
    tgr_answer_cache cache;
    size_t length;
    open_cache(&cache);
    keep(&cache, 0, 12);
    tgr_answer_cache_close(&cache);
    char *bytes = read_file(&length);
    for (size_t at = HEAD; at < length; at += 7) {
        bytes[at] ^= (char)(1 << at % 8);
        write_file(bytes, length);
        bytes[at] ^= (char)(1 << at % 8);
        open_cache(&cache);
        int there = 0;
        for (int i = 0; i < 12; i++) {
            there += is_there(&cache, i, true);
        }
        assert_int_equal(there, 11);
        assert_true(cache.damaged >= RECORD);
        tgr_answer_cache_close(&cache);
    }
    memset(bytes + HEAD + 100, 0, 300); /* a block that a power cut left empty */
    write_file(bytes, length);
    open_cache(&cache);
    assert_true(cache.answers >= 9 && is_there(&cache, 0, true) && is_there(&cache, 11, true));
    tgr_answer_cache_close(&cache);
    free(bytes);
}

/* Over more than one block of reading, with lengths that pretend to more than there is. */
static void many_answers_and_nonsense(void **state)
{
    (void)state;
    tgr_answer_cache cache;
    static char text[TGR_KEPT_ANSWER_MOST];
    memset(text, 0xa5, sizeof text);
    open_cache(&cache);
    for (int i = 0; i < 60; i++) {
        tgr_kept_answer answer = {1, 2, 0, text, sizeof text};
        assert_int_equal(tgr_answer_cache_keep(&cache, key_of(i), &answer, NULL), TGR_OK);
    }
    tgr_answer_cache_close(&cache);
    FILE *file = fopen(path, "ab");
    for (int i = 0; i < 1000; i++) {
        fwrite("\xa5\x5e\x1f\xed\xff\xff\xff\xff", 1, 8, file);
    }
    fclose(file);
    open_cache(&cache);
    assert_int_equal(cache.answers, 60);
    assert_int_equal(cache.damaged, 8000);
    assert_int_equal(cache.length, HEAD + 60 * (RECORD + sizeof text));
    tgr_answer_cache_close(&cache);
}

static void other_files_are_refused(void **state)
{
    (void)state;
    tgr_answer_cache cache, second;
    tgr_error error = {0};
    write_file("{\"text\": \"a log\"}\n{\"text\": \"another\"}\n", 37);
    assert_int_equal(tgr_answer_cache_open(&cache, path, &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "not a file of answers"));
    size_t length;
    char *bytes = read_file(&length);
    assert_int_equal(length, 37);
    free(bytes);
    write_file("tagroute.answers\2\0\0\0\0\0\0\0", 24); /* another version */
    assert_int_equal(tgr_answer_cache_open(&cache, path, &error), TGR_ERR_INPUT);
    write_file("tagrou", 6); /* torn while it was created */
    open_cache(&cache);
    assert_int_equal(tgr_answer_cache_open(&second, path, &error), TGR_ERR_IO);
    assert_non_null(strstr(error.message, "another run"));
    tgr_answer_cache_close(&cache);
    assert_int_equal(tgr_answer_cache_open(&cache, folder, &error), TGR_ERR_IO);
    assert_int_equal(tgr_answer_cache_open(&cache, "/dev/null", &error), TGR_ERR_ARGUMENT);
    assert_int_equal(tgr_answer_cache_open(&cache, "/nowhere/answers", &error), TGR_ERR_IO);
}

static void memory_runs_out(void **state)
{
    (void)state;
    long live = tgr_mem_live(), failed = 0;
    for (bool done = false; !done; failed++) {
        tgr_answer_cache cache = {0};
        tgr_kept_answer answer = answer_of(1);
        tgr_mem_fail_after(failed);
        tgr_status status = tgr_answer_cache_open(&cache, path, NULL);
        for (int i = 0; status == TGR_OK && i < 1000; i++) {
            status = tgr_answer_cache_keep(&cache, key_of(i), &answer, NULL);
        }
        tgr_mem_fail_after(-1);
        done = status == TGR_OK;
        assert_true(done || status == TGR_ERR_NOMEM);
        tgr_answer_cache_close(&cache);
        assert_int_equal(tgr_mem_live(), live);
    }
    assert_true(failed > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(answers_are_found_again, fresh),
        cmocka_unit_test_setup(what_is_awaited_is_not_on_the_file, fresh),
        cmocka_unit_test_setup(without_answers_there_is_no_file, fresh),
        cmocka_unit_test_setup(a_torn_end_is_cut_off, fresh),
        cmocka_unit_test_setup(damage_is_passed_over, fresh),
        cmocka_unit_test_setup(many_answers_and_nonsense, fresh),
        cmocka_unit_test_setup(other_files_are_refused, fresh),
        cmocka_unit_test_setup(memory_runs_out, fresh),
    };
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/answers", folder);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    rmdir(folder);
    return failed;
}
