/* test_endpoint_parts.c - retries, requests and replies, prompts, addresses. */
#include "tests/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/endpoint/chat.h"
#include "engine/endpoint/http.h"
#include "engine/endpoint/prompt.h"
#include "engine/endpoint/retry.h"

/* ---- retries ------------------------------------------------------------------------------------
 */

static void verdicts(void **state)
{
    (void)state;
    static const int again[] = {408, 409, 425, 429, 500, 502, 503, 504, 529};
    static const int refused[] = {400, 403, 413, 422, 451};
    static const int hopeless[] = {0, 100, 301, 302, 307, 401, 402, 404, 405, 410, 418};
    for (size_t i = 0; i < sizeof again / sizeof *again; i++) {
        assert_int_equal(tgr_retry_judge(again[i]), TGR_VERDICT_AGAIN);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(tgr_retry_judge(refused[i]), TGR_VERDICT_REFUSED);
    }
    for (size_t i = 0; i < sizeof hopeless / sizeof *hopeless; i++) {
        assert_int_equal(tgr_retry_judge(hopeless[i]), TGR_VERDICT_HOPELESS);
    }
    assert_int_equal(tgr_retry_judge(200), TGR_VERDICT_ANSWERED);
    assert_int_equal(tgr_retry_judge(299), TGR_VERDICT_ANSWERED);
}

static void waits_double_up_to_a_limit(void **state)
{
    (void)state;
    tgr_retry retry = {.most = 20, .first = 0.5, .longest = 60, .random = 7}, same = retry;
    double smallest = 1, largest = 0;
    for (int round = 0; round < 500; round++) {
        double whole = 0.5;
        for (unsigned tries = 1; tries <= 20; tries++) {
            double wait = tgr_retry_wait(&retry, tries, 0);
            assert_true(wait >= whole / 2 && wait < whole);
            assert_true(wait ==
                        tgr_retry_wait(&same, tries, 0)); /* the same seed, the same waits */
            smallest = fmin(smallest, wait / whole);
            largest = fmax(largest, wait / whole);
            whole = fmin(2 * whole, 60);
        }
    }
    assert_true(smallest < 0.51 && largest > 0.99);
    double wait = tgr_retry_wait(&retry, UINT32_MAX, 0);
    assert_true(wait >= 30 && wait < 60);
    same.random = 8;
    assert_true(tgr_retry_wait(&retry, 5, 0) != tgr_retry_wait(&same, 5, 0));
}

static void what_the_server_asks_for_is_the_least(void **state)
{
    (void)state;
    tgr_retry retry = {.most = 20, .first = 0.5, .longest = 60, .random = 7};
    for (int i = 0; i < 1000; i++) {
        double wait = tgr_retry_wait(&retry, 1, 90);
        assert_true(wait >= 90 && wait < 90.5);
        assert_true(tgr_retry_wait(&retry, 7, 1) >= 15);
    }
}

/* ---- requests and replies -----------------------------------------------------------------------
 */

static void requests(void **state)
{
    (void)state;
    tgr_chat_settings settings = {"a \"model\"", 0, 256};
    tgr_buffer request = {0};
    tgr_chat_request(&settings, "say \n\"x\" \xc3\xbc", 11, &request);
    assert_string_equal(
        request.bytes,
        "{\"model\": \"a \\\"model\\\"\", \"messages\": [{\"role\": \"user\", \"content\": "
        "\"say \\n\\\"x\\\" \xc3\xbc\"}], \"temperature\": 0, \"max_tokens\": 256}");
    tgr_buffer_clear(&request);
    settings = (tgr_chat_settings){"m", -1, 0};
    tgr_chat_request(&settings, "", 0, &request);
    assert_string_equal(request.bytes, "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", "
                                       "\"content\": \"\"}]}");
    tgr_buffer_free(&request);
}

typedef struct reply_case {
    const char *body, *content; /* NULL: no answer */
    bool refused, cut_off, metered;
    uint64_t tokens;
} reply_case;

static void replies(void **state)
{
    (void)state;
    static const reply_case cases[] = {
        {"{\"choices\":[{\"message\":{\"content\":\"a, b\"},\"finish_reason\":\"stop\"}],"
         "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}",
         "a, b", false, false, true, 9},
        {"{\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"length\"}]}", "a",
         false, true, false, 0},
        {"{\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"a,\"},{\"x\":1},"
         "{\"text\":\"b\"}]}},{\"message\":{\"content\":\"second\"}}]}",
         "a,b", false, false, false, 0},
        {"{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"no\"}}]}", "", true, false,
         false, 0},
        {"{\"choices\":[{\"message\":{\"content\":null}}]}", "", true, false, false, 0},
        {"{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"content_filter\"}]}",
         "", true, false, false, 0},
        {"{\"choices\":[{\"message\":{\"content\":\"\"}}],\"usage\":{\"prompt_tokens\":1,"
         "\"completion_tokens\":-1}}",
         "", false, false, false, 0},
        {"{\"choices\":[{\"message\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":"
         "99999999999,"
         "\"completion_tokens\":1}}",
         "a", false, false, false, 0},
        {"{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}", NULL, false,
         false, true, 7},
        {"{\"choices\":[{\"message\":{\"content\":7}}]}", NULL, false, false, false, 0},
        {"{\"choices\":[{\"text\":\"x\"}]}", NULL, false, false, false, 0},
        {"{\"choices\":7,\"usage\":[]}", NULL, false, false, false, 0},
        {"[]", NULL, false, false, false, 0},
        {"\"choices\"", NULL, false, false, false, 0},
        {"<html>no</html>", NULL, false, false, false, 0},
        {"{\"choices\":[{\"message\":{\"content\":\"a", NULL, false, false, false, 0},
        {"{\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", NULL,
         false, false, false, 0},
        {"\xff\xfe", NULL, false, false, false, 0},
        {"", NULL, false, false, false, 0},
    };
    long live = tgr_mem_live();
    tgr_chat_reader reader = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const reply_case *one = &cases[i];
        tgr_chat_reply reply;
        assert_int_equal(tgr_chat_read(&reader, one->body, strlen(one->body), &reply, NULL),
                         TGR_OK);
        if (reply.answered != (one->content != NULL)) {
            fail_msg("%s an answer: %s", reply.answered ? "not" : "is", one->body);
        }
        assert_int_equal(reply.metered, one->metered);
        assert_int_equal(reply.prompt_tokens * one->metered +
                             reply.completion_tokens * one->metered,
                         one->tokens);
        if (one->content != NULL) {
            assert_int_equal(reply.refused, one->refused);
            assert_int_equal(reply.cut_off, one->cut_off);
            if (!reply.refused) {
                assert_int_equal(reply.length, strlen(one->content));
                assert_memory_equal(reply.content, one->content, reply.length);
            }
        }
    }
    tgr_chat_reader_free(&reader);
    assert_int_equal(tgr_mem_live(), live);
}

static void error_codes(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"error\":{\"message\":\"sk-secret\",\"type\":\"x\",\"code\":\"model_not_found\"}}",
         "model_not_found"},
        {"{\"error\":{\"code\":429,\"type\":\"rate_limit_exceeded\"}}", "rate_limit_exceeded"},
        {"{\"object\":\"error\",\"type\":\"BadRequestError\",\"code\":400}", "BadRequestError"},
        {"{\"error\":{\"code\":\"sk-secret\"}}", NULL},
        {"{\"error\":\"sk-secret\"}", NULL},
        {"[1]", NULL},
        {"no", NULL},
    };
    tgr_chat_reader reader = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *code = tgr_chat_error_code(&reader, cases[i][0], strlen(cases[i][0]));
        assert_int_equal(code == NULL, cases[i][1] == NULL);
        if (code != NULL) {
            assert_string_equal(code, cases[i][1]);
        }
    }
    tgr_chat_reader_free(&reader);
}

/* ---- prompts ------------------------------------------------------------------------------------
 */

static const char *write_file(const char *content, size_t length)
{
    static char path[] = "/tmp/tagroute-prompt.XXXXXX";
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, content, length) == (ssize_t)length);
    close(fd);
    return path;
}

static tgr_status load(const char *content, size_t length, tgr_prompt *prompt, tgr_error *error)
{
    const char *path = write_file(content, length);
    tgr_status status = tgr_prompt_load(prompt, path, error);
    unlink(path);
    return status;
}

static void prompts(void **state)
{
    (void)state;
    tgr_prompt prompt = {0};
    tgr_buffer filled = {0};
    tgr_error error;
    assert_int_equal(load("<{text}> and {text}{text", 24, &prompt, &error), TGR_OK);
    tgr_prompt_fill(&prompt, "a{text}", 7, &filled);
    assert_string_equal(filled.bytes, "<a{text}> and a{text}{text");
    tgr_prompt_free(&prompt);
    tgr_buffer_clear(&filled);
    assert_int_equal(tgr_prompt_load(&prompt, NULL, &error), TGR_OK);
    tgr_prompt_fill(&prompt, "What?", 5, &filled);
    assert_string_equal(filled.bytes + filled.length - 12, "Query:\nWhat?");
    tgr_prompt_free(&prompt);
    tgr_buffer_free(&filled);
}

static void prompts_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        size_t length;
        const char *says;
    } cases[] = {{"tag this", 8, "{text}"},
                 {"", 0, "UTF-8"},
                 {"{text}\0", 7, "NUL"},
                 {"{text}\xff", 7, "UTF-8"}};
    tgr_prompt prompt = {0};
    tgr_error error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(load(cases[i].content, cases[i].length, &prompt, &error), TGR_ERR_INPUT);
        assert_non_null(strstr(error.message, cases[i].says));
        tgr_prompt_free(&prompt);
    }
    size_t large = TGR_PROMPT_MOST + 1;
    char *content = malloc(large);
    memset(content, 'x', large);
    memcpy(content, "{text}", 6);
    assert_int_equal(load(content, large, &prompt, &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "1 MiB"));
    tgr_prompt_free(&prompt);
    assert_int_equal(load(content, large - 1, &prompt, &error), TGR_OK);
    tgr_prompt_free(&prompt);
    free(content);
    assert_int_equal(tgr_prompt_load(&prompt, "/nowhere/at all", &error), TGR_ERR_IO);
    assert_int_equal(tgr_prompt_load(&prompt, "/", &error), TGR_ERR_IO);
    tgr_prompt_free(&prompt);
}

/* ---- addresses and keys -------------------------------------------------------------------------
 */

static tgr_status open_http(const char *url, const char *key, bool insecure, char *host,
                            tgr_error *error)
{
    const tgr_http_options options = {
        .url = url, .key = key, .insecure_http = insecure, .most = 2, .timeout = 1};
    tgr_http *http = NULL;
    tgr_status status = tgr_http_open(&options, &http, error);
    if (status == TGR_OK) {
        strcpy(host, tgr_http_host(http));
        tgr_http_close(http);
    }
    return status;
}

static void addresses(void **state)
{
    static const struct {
        const char *url, *host; /* or what is said */
        bool insecure;
        tgr_status status;
    } cases[] = {
        {"http://127.0.0.1:8000/v1", "127.0.0.1:8000", false, TGR_OK},
        {"http://127.99.0.1", "127.99.0.1:80", false, TGR_OK},
        {"http://localhost/v1/", "localhost:80", false, TGR_OK},
        {"http://[::1]:9/v1", "[::1]:9", false, TGR_OK},
        {"https://example.org/v1", "example.org:443", false, TGR_OK},
        {"HTTPS://example.org/a/chat/completions?version=1", "example.org:443", false, TGR_OK},
        {"http://example.org/v1", "example.org:80", true, TGR_OK},
        {"http://example.org/v1", "--insecure-http", false, TGR_ERR_ARGUMENT},
        {"http://localhost.example.org/v1", "--insecure-http", false, TGR_ERR_ARGUMENT},
        {"http://127.0.0.1.example.org/v1", "--insecure-http", false, TGR_ERR_ARGUMENT},
        {"http://[::2]/v1", "--insecure-http", false, TGR_ERR_ARGUMENT},
        {"http://10.0.0.1/v1", "--insecure-http", false, TGR_ERR_ARGUMENT},
        {"http://me:sk-secret@127.0.0.1/v1", "user's name", false, TGR_ERR_ARGUMENT},
        {"ftp://127.0.0.1/v1", "neither https:// nor http://", false, TGR_ERR_ARGUMENT},
        {"127.0.0.1:8000/v1", "not one such as", false, TGR_ERR_ARGUMENT},
        {"http://", "not one such as", false, TGR_ERR_ARGUMENT},
        {"", "not one such as", false, TGR_ERR_ARGUMENT},
        {"http://127.0.0.1:99999/", "not one such as", false, TGR_ERR_ARGUMENT},
    };
    (void)state;
    long live = tgr_mem_live();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tgr_error error = {0};
        char host[300] = "";
        tgr_status status = open_http(cases[i].url, NULL, cases[i].insecure, host, &error);
        const char *found = status == TGR_OK ? host : error.message;
        if (status == TGR_ERR_UNSUPPORTED) {
            skip(); /* built without libcurl */
        }
        if (status != cases[i].status || strstr(found, cases[i].host) == NULL) {
            fail_msg("%s: %d, %s", cases[i].url, status, found);
        }
        assert_null(strstr(error.message, "secret"));
    }
    assert_int_equal(tgr_mem_live(), live);
}

static void keys(void **state)
{
    static const char *const bad[] = {"sk secret", "sk\nsecret", "sk-secret\r\nX: 1",
                                      "s\xc3\xbcsecret"};
    (void)state;
    tgr_error error = {0};
    char host[300];
    if (open_http("http://127.0.0.1/", "sk-good", false, host, &error) == TGR_ERR_UNSUPPORTED) {
        skip();
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(open_http("http://127.0.0.1/", bad[i], false, host, &error),
                         TGR_ERR_ARGUMENT);
        assert_null(strstr(error.message, "secret"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),
        cmocka_unit_test(waits_double_up_to_a_limit),
        cmocka_unit_test(what_the_server_asks_for_is_the_least),
        cmocka_unit_test(requests),
        cmocka_unit_test(replies),
        cmocka_unit_test(error_codes),
        cmocka_unit_test(prompts),
        cmocka_unit_test(prompts_that_are_none),
        cmocka_unit_test(addresses),
        cmocka_unit_test(keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
