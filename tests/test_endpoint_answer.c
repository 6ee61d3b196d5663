/* test_endpoint_answer.c - answers as models write them, against lists of tags worked out by hand.
 */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/endpoint/answer.h"

typedef struct example {
    const char *answer;
    const char *tags; /* joined by '|' */
} example;

/* Tags joined by '|'. */
static const char *read_joined(const char *answer, size_t length, bool cut_off, bool *refused)
{
    static char joined[TGR_ANSWER_TAGS * (TGR_ANSWER_BYTES + 1) + 1];
    tgr_answer_reader reader = {0};
    tgr_tags tags = {0};
    assert_int_equal(tgr_answer_read(&reader, answer, length, cut_off, &tags, refused), TGR_OK);
    joined[0] = '\0';
    const char *tag = tags.bytes.bytes;
    for (size_t i = 0; i < tags.count; i++) {
        strcat(joined, i > 0 ? "|" : "");
        strcat(joined, tag);
        tag += strlen(tag) + 1;
    }
    tgr_answer_reader_free(&reader);
    tgr_buffer_free(&tags.bytes);
    return joined;
}

static void check_all(const example *examples, size_t count, bool cut_off, bool refusals)
{
    long live = tgr_mem_live();
    for (size_t i = 0; i < count; i++) {
        bool refused;
        const char *answer = examples[i].answer;
        const char *tags = read_joined(answer, strlen(answer), cut_off, &refused);
        if (strcmp(tags, examples[i].tags) != 0) {
            fail_msg("of: %s\nread: %s\nnot: %s", answer, tags, examples[i].tags);
        }
        if (refused != refusals) {
            fail_msg("%s to be a refusal: %s", refusals ? "not found" : "found", answer);
        }
    }
    assert_int_equal(tgr_mem_live(), live);
}

#define CHECK(examples, cut_off, refusals)                                                         \
    check_all(examples, sizeof(examples) / sizeof *(examples), cut_off, refusals)

static void lists_by_commas(void **state)
{
    (void)state;
    static const example examples[] = {
        {"algebra, linear equations, proof", "algebra|linear equations|proof"},
        {"  algebra ,algebra,  Algebra\n", "algebra|Algebra"},
        {"algebra; proof", "algebra|proof"},
        {"algebra | proof | sums", "algebra|proof|sums"},
        {"Tags: algebra, proof.", "algebra|proof"},
        {"tags:algebra,proof", "algebra|proof"},
        {"Here are the tags: algebra, and proof", "algebra|proof"},
        {"Here are the tags:\n\nalgebra, proof\nlogic", "algebra|proof|logic"},
        {"\"algebra\", 'proof', `logic`", "algebra|proof|logic"},
        {"['algebra', 'it''s']", "algebra|it''s"},
        {"#algebra #proof #c#", "algebra|proof|c#"},
        {"C#, C++, .NET", "C#|C++|.NET"},
        {"cat:law, std::vector", "cat:law|std::vector"},
        {"\xe4\xbb\xa3\xe6\x95\xb0\xe3\x80\x81\xe8\xaf\x81\xe6\x98\x8e\xef\xbc\x8c\xe9\x80\xbb\xe8"
         "\xbe\x91\xe3\x80\x82",
         "\xe4\xbb\xa3\xe6\x95\xb0|\xe8\xaf\x81\xe6\x98\x8e|\xe9\x80\xbb\xe8\xbe\x91"},
        {"\xe6\xa0\x87\xe7\xad\xbe\xef\xbc\x9a\xe4\xbb\xa3\xe6\x95\xb0",
         "\xe4\xbb\xa3\xe6\x95\xb0"},
        {"line\xc2\xa0one,\ttwo\x01three", "line\xc2\xa0one|two three"},
        {"algebra", "algebra"},
        {"The query asks for a proof in algebra.", ""},
        {"none", ""},
        {"N/A", ""},
        {"", ""},
        {" \n\t ", ""},
        {",,, ;", ""},
        {"one two three four five six seven eight nine, ten", "ten"},
    };
    CHECK(examples, false, false);
}

static void lists_by_lines(void **state)
{
    (void)state;
    static const example examples[] = {
        {"algebra\nproof\n", "algebra|proof"},
        {"1. algebra\n2. proof\n10. logic", "algebra|proof|logic"},
        {"1) algebra\r\n2) proof", "algebra|proof"},
        {"(1) algebra\n(2) proof", "algebra|proof"},
        {"- algebra\n- proof", "algebra|proof"},
        {"* **algebra**\n* **proof**: shows that it holds", "algebra|proof"},
        {"\xe2\x80\xa2 algebra\n\xe2\x80\xa2proof", "algebra|proof"},
        {"1. **Algebra**: sums, products\n2. **Proof** - why it holds", "Algebra|Proof"},
        {"Sure! Here are some tags:\n\n1. algebra\n2. proof\n\nLet me know if you need more, "
         "thanks.",
         "algebra|proof"},
        {"  - algebra\n    + proof", "algebra|proof"},
        {"2 + 2\n3D printing", "2 + 2|3D printing"},
        {"Tags:\nalgebra\nproof\n\nI hope that this helps you!", "algebra|proof"},
    };
    CHECK(examples, false, false);
}

static void json(void **state)
{
    (void)state;
    static const example examples[] = {
        {"[\"algebra\", \"proof\"]", "algebra|proof"},
        {"[\"a, b\", \" c \"]", "a, b|c"},
        {"[]", ""},
        {"{}", ""},
        {"{\"tags\": []}", ""},
        {"```json\n[\"algebra\", \"proof\"]\n```", "algebra|proof"},
        {"Here you are:\n```\nalgebra, proof\n```\nAnything else?", "algebra|proof"},
        {"```[\"algebra\"]```", "algebra"},
        {"Tags: [\"algebra\", \"proof\"]. Good luck!", "algebra|proof"},
        {"{\"tags\": [\"algebra\", \"proof\"]}", "algebra|proof"},
        {"{\"Tags\": \"algebra, proof\", \"reason\": \"because\"}", "algebra|proof"},
        {"{\"query\": \"x\", \"intent_tags\": [\"algebra\"], \"labels\": [\"proof\"]}",
         "algebra|proof"},
        {"[{\"tag\": \"algebra\", \"explanation\": \"sums\"}, {\"tag\": \"proof\"}]",
         "algebra|proof"},
        {"{\"tags\": [{\"name\": \"algebra\", \"score\": 0.9}]}", "algebra"},
        {"{\"algebra\": 0.9, \"proof\": 1}", "algebra|proof"},
        {"{\"tags\": {\"algebra\": 2, \"tagging\": 1}}", "algebra|tagging"},
        {"[[\"algebra\", 0.9], [\"proof\", 0.2]]", "algebra|proof"},
        {"{\"reason\": \"none of them\"}", ""},
        {"[1, 2]", ""},
        {"\"algebra\"", "algebra"},
        {"see [1]: algebra, proof", "algebra|proof"},
        {"[\"algebra\\u0000\", \"\\u0001proof\\n\"]", "algebra|proof"},
        {"<think>\nIs it [\"sums\"]?\n</think>\n\n[\"algebra\"]", "algebra"},
        {"thoughts</think>algebra", "algebra"},
        {"<think>never done", ""},
    };
    CHECK(examples, false, false);
}

static void answers_that_were_cut_off(void **state)
{
    (void)state;
    static const example examples[] = {
        {"algebra, proof, linear equ", "algebra|proof"},
        {"[\"algebra\", \"proof\", \"linear equ", "algebra|proof"},
        {"{\"tags\": [\"algebra\", \"linear equ", "algebra"},
        {"[{\"tag\": \"algebra\", \"explanation\": \"sums, and\"}, {\"tag\": \"pro", "algebra"},
        {"[{\"tag\": \"alge", ""},
        {"- algebra\n- proo", "algebra"},
        {"algebra", "algebra"},
        {"[\"algebra\", \"proof\"]", "algebra|proof"},
    };
    CHECK(examples, true, false);
}

static void refusals(void **state)
{
    (void)state;
    static const example examples[] = {
        {"I'm sorry, but I can't help with that.", ""},
        {"I\xe2\x80\x99m sorry, I can\xe2\x80\x99t.", ""},
        {"Sorry, no.", ""},
        {"I cannot assist with this request, as it is harmful, illegal", ""},
        {"As an AI language model, I have no opinion", ""},
        {"  i am unable to tag this", ""},
        {"<think>hm</think>I cannot do this", ""},
        {"\xe6\x8a\xb1\xe6\xad\x89\xef\xbc\x8c\xe6\x88\x91\xe6\x97\xa0\xe6\xb3\x95", ""},
    };
    CHECK(examples, false, true);
}

/* Limits, invalid UTF-8, and what would take long if it were gone over again and again. */
static void hostile_answers(void **state)
{
    (void)state;
    enum { LENGTH = 1 << 19 };
    static const char *const fillers[] = {",",       "[",   "{\"tags\":", "\n- ", "'\"",
                                          "a,",      " #",  "```",        ": ",   "\xe3\x80\x81",
                                          "<think>", "1. ", "word ",      "[{",   "and "};
    bool refused;
    assert_string_equal(read_joined("a, \xff, b", 7, false, &refused), "");
    assert_string_equal(read_joined("a\0b", 3, false, NULL), "a b");
    char *text = malloc(LENGTH + 16);
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++) {
        size_t length = 0, part = strlen(fillers[i]);
        for (; length + part <= LENGTH; length += part) {
            memcpy(text + length, fillers[i], part);
        }
        read_joined(text, length, false, &refused);
    }
    free(text);
    char many[20 * 200], *at = many;
    for (int i = 0; i < 200; i++) {
        at += sprintf(at, "tag %d,", i);
    }
    const char *tags = read_joined(many, strlen(many), false, &refused);
    assert_non_null(strstr(tags, "|tag 63"));
    assert_null(strstr(tags, "tag 64"));
}

static void memory_runs_out(void **state)
{
    (void)state;
    static const char answer[] = "```json\n{\"tags\": [\"algebra\", \"proof\"]}\n```";
    long live = tgr_mem_live(), failed = 0;
    for (tgr_status status = TGR_ERR_NOMEM; status != TGR_OK; failed++) {
        tgr_answer_reader reader = {0};
        tgr_tags tags = {0};
        tgr_mem_fail_after(failed);
        status = tgr_answer_read(&reader, answer, strlen(answer), false, &tags, NULL);
        tgr_mem_fail_after(-1);
        assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
        assert_true(status == TGR_ERR_NOMEM || tags.count == 2);
        tgr_answer_reader_free(&reader);
        tgr_buffer_free(&tags.bytes);
        assert_int_equal(tgr_mem_live(), live);
    }
    assert_true(failed > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_by_commas),
        cmocka_unit_test(lists_by_lines),
        cmocka_unit_test(json),
        cmocka_unit_test(answers_that_were_cut_off),
        cmocka_unit_test(refusals),
        cmocka_unit_test(hostile_answers),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
