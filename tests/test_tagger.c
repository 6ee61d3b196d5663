/* test_tagger.c - words of texts by worked examples, phrases by looking up each; learning and
 * tagging while memory runs out. */
#include "tests/test_ingest_help.h"

#include <ctype.h>

#include <tagroute/tagger.h>

#include "engine/base/memory.h"
#include "engine/base/wide.h"
#include "engine/tagger/finder.h"
#include "engine/tagger/tokens.h"

static tgr_unicode *unicode;

static int open_unicode(void **state)
{
    (void)state;
    unicode = tgr_unicode_new();
    return unicode == NULL ? -1 : make_folder(state);
}

static int close_unicode(void **state)
{
    tgr_unicode_free(unicode);
    return remove_folder(state);
}

/* The words of a text, each before a bar; a pair of characters after a plus, one too long a hash.
 */
static const char *words_of(const char *text, size_t length)
{
    static char all[8192];
    static tgr_tokens tokens;
    size_t at = 0;
    all[0] = '\0';
    tgr_tokens_begin(&tokens, unicode, text, length);
    while (tgr_tokens_fill(&tokens)) {
        for (size_t i = 0; i < tokens.count; i++) {
            const tgr_token *token = &tokens.tokens[i];
            at += (size_t)snprintf(all + at, sizeof all - at, "%s%.*s|",
                                   token->kind == TGR_TOKEN_PAIR   ? "+"
                                   : token->kind == TGR_TOKEN_LONG ? "#"
                                                                   : "",
                                   (int)token->length, token->bytes);
            assert_true(at < sizeof all);
        }
    }
    return all;
}

#define EXPECT_WORDS(text, words) assert_string_equal(words_of(text, sizeof(text) - 1), words)

static void words_by_example(void **state)
{
    (void)state;
    EXPECT_WORDS("", "");
    EXPECT_WORDS(" .,!", "");
    EXPECT_WORDS("Sort a LIST, in C99!", "sort|a|list|in|c99|");
    EXPECT_WORDS("don't the patient's o'clock 'quoted' s'", "don't|the|patient|o'clock|quoted|s|");
    EXPECT_WORDS("it\xe2\x80\x99s rock\xe2\x80\x99n\xe2\x80\x99roll", "it|rock'n'roll|");
    EXPECT_WORDS("STRASSE Stra\xc3\x9f"
                 "e \xc3\x89T\xc3\x89 e\xcc\x81t\xc3\xa9",
                 "strasse|strasse|\xc3\xa9t\xc3\xa9|\xc3\xa9t\xc3\xa9|");
    EXPECT_WORDS("co\xc2\xad-op zero\xe2\x80\x8bwidth a\xe2\x80\xae"
                 "b",
                 "co|op|zerowidth|ab|");
    EXPECT_WORDS("\xe6\x95\xb0\xe5\xad\xa6\xe9\xa2\x98 GPT\xe6\xa8\xa1",
                 "+\xe6\x95\xb0\xe5\xad\xa6|+\xe5\xad\xa6\xe9\xa2\x98|gpt|+\xe6\xa8\xa1|");
    EXPECT_WORDS("\xef\xbd\xb6\xef\xbe\x9e\xe3\x81\x8b\xe3\x82\x99",
                 "+\xe3\x82\xac\xe3\x81\x8c|"); /* half-width ga, ka and sound mark */
    EXPECT_WORDS("ok \xff\xfe\xc3( \xf8\x88\x80\x80\x80 \xed\xa0\x80 end", "ok|end|");
    EXPECT_WORDS("a\0b", "a|b|");
}

static void long_words(void **state)
{
    (void)state;
    char text[3 * 66 + 8], expected[80];
    memset(text, 'x', 64);
    snprintf(expected, sizeof expected, "%.64s|", text);
    assert_string_equal(words_of(text, 64), expected);
    memset(text, 'x', 65);
    text[65] = ' ';
    text[66] = 'y';
    assert_string_equal(words_of(text, 67), "#|y|");
    for (int i = 0; i < 66; i++) {
        memcpy(text + 3 * i, "\xe4\xb8\x80", 3);
    }
    assert_int_equal(strlen(words_of(text, 3 * (size_t)66)), 65 * (1 + 6 + 1));
}

/* However a text is cut, every character but the last few gives what it gave before: nothing is
 * read beyond the end. */
static void no_byte_beyond_the_end(void **state)
{
    (void)state;
    static const char text[] =
        "na\xc3\xafve \xe6\x95\xb0\xe5\xad\xa6 caf\x65\xcc\x81's \xf0\x9d\x90\x80 it\xe2\x80\x99s";
    for (size_t length = 0; length < sizeof text; length++) {
        char *exact = malloc(length > 0 ? length : 1); /* so that a sanitizer sees what is beyond */
        assert_non_null(exact);
        memcpy(exact, text, length);
        words_of(exact, length);
        free(exact);
    }
}

/* Letters, digits and apostrophes as a reader of one byte after the other sees them: what words_of
 * gives. */
static void plain_words(const char *text, size_t length, char *all)
{
    for (size_t i = 0; i < length;) {
        size_t begin = i;
        while (i < length && (isalnum((unsigned char)text[i]) ||
                              (i > begin && text[i] == '\'' && i + 1 < length &&
                               isalnum((unsigned char)text[i + 1])))) {
            i++;
        }
        size_t word = i - begin;
        if (word > 64) {
            *all++ = '#';
            word = 0;
        } else if (word > 2 && text[i - 2] == '\'' && tolower((unsigned char)text[i - 1]) == 's') {
            word -= 2;
        }
        for (size_t k = 0; k < word; k++) {
            *all++ = (char)tolower((unsigned char)text[begin + k]);
        }
        if (i > begin) {
            *all++ = '|';
        } else {
            i++;
        }
    }
    *all = '\0';
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Words of any length between gaps, of which an apostrophe is one in eight; how long it is. */
static size_t make_soup(uint64_t *random, char *text)
{
    static const char letters[] = "abcXYZ019zZAa5qs", gaps[] = "  \n,.-\"(){}[]@`/:~_\x7f\x01";
    size_t length = 0, most = next_random(random) % 500;
    while (length < most) {
        size_t word =
            next_random(random) % 64 == 0 ? 60 + next_random(random) % 8 : next_random(random) % 18;
        for (size_t i = 0; i < word; i++) {
            text[length++] = letters[next_random(random) % (sizeof letters - 1)];
        }
        text[length++] =
            next_random(random) % 8 == 0 ? '\'' : gaps[next_random(random) % (sizeof gaps - 1)];
    }
    return length;
}

/* Blocks of text are read at once, words across their bounds again, and others byte by byte: all of
 * it gives what one byte after the other does. */
static void ascii_soup(void **state)
{
    (void)state;
    uint64_t random = 20261126;
    for (int round = 0; round < 6000; round++) {
        char text[640], expected[1300];
        tgr_wide_limit((tgr_wide)(round % 3));
        size_t length = make_soup(&random, text);
        plain_words(text, length, expected);
        const char *words = words_of(text, length);
        if (strcmp(words, expected) != 0) {
            print_message("seed 20261126, round %d: %.*s\n", round, (int)length, text);
        }
        assert_string_equal(words, expected);
    }
    tgr_wide_limit(TGR_WIDE_AVX512);
}

/* ---- phrases ------------------------------------------------------------------------------------
 */

#define PLAIN_WORDS 60 /* of which phrases are made, and as many that are in none */

/* Words of 1 to 40 bytes, some of which differ in their last byte alone. */
static void name_words(char names[2 * PLAIN_WORDS][48], uint64_t *random)
{
    for (int i = 0; i < 2 * PLAIN_WORDS; i++) {
        size_t length = i % 7 == 0 ? 14 + next_random(random) % 26 : 2 + next_random(random) % 9;
        memset(names[i], 'a' + i % 3, length);
        names[i][length - 2] = (char)('a' + i / 11);
        names[i][length - 1] = (char)('a' + i % 11);
        names[i][length] = '\0';
    }
}

/* A phrase of up to `longest` words by their numbers, as text. */
static void spell_phrase(char names[2 * PLAIN_WORDS][48], const int *words, unsigned count,
                         char *text)
{
    text[0] = '\0';
    for (unsigned i = 0; i < count; i++) {
        strcat(text, i > 0 ? " " : "");
        strcat(text, names[words[i]]);
    }
}

/* How often each phrase stands in a row of words, in the order of first ends, the longer first. */
static void count_plainly(const tgr_strings *phrases, char names[2 * PLAIN_WORDS][48],
                          const int *words, size_t count, unsigned longest, char *all)
{
    uint32_t *counts = calloc(tgr_strings_count(phrases), sizeof *counts);
    uint32_t *order = calloc(tgr_strings_count(phrases), sizeof *order);
    size_t met = 0;
    char phrase[256];
    assert_true(counts != NULL && order != NULL);
    for (size_t end = 1; end <= count; end++) {
        for (unsigned length = longest; length > 0; length--) {
            if (length > end) {
                continue;
            }
            spell_phrase(names, words + end - length, length, phrase);
            uint32_t number = tgr_strings_find(phrases, phrase, strlen(phrase));
            if (number != TGR_STRING_NONE && counts[number]++ == 0) {
                order[met++] = number;
            }
        }
    }
    all[0] = '\0';
    for (size_t i = 0; i < met; i++) {
        all += sprintf(all, "%u:%u ", order[i], counts[order[i]]);
    }
    free(counts);
    free(order);
}

static void random_phrases(tgr_strings *phrases, char names[2 * PLAIN_WORDS][48], unsigned longest,
                           uint64_t *random)
{
    for (int i = 0; i < 150; i++) {
        int words[TGR_NGRAMS_MAX];
        char phrase[256];
        unsigned count = 1 + (unsigned)next_random(random) % longest;
        for (unsigned k = 0; k < count; k++) {
            words[k] = (int)(next_random(random) % PLAIN_WORDS);
        }
        spell_phrase(names, words, count, phrase);
        assert_int_not_equal(tgr_strings_add(phrases, phrase, strlen(phrase)), TGR_STRING_NONE);
    }
}

/* A text of these words, and what the finder says of it. */
static void find_them(tgr_finder *finder, char names[2 * PLAIN_WORDS][48], const int *words,
                      size_t count, char *all)
{
    static char text[64 * 600];
    char *to = text;
    for (size_t i = 0; i < count; i++) {
        to += sprintf(to, "%s%s", names[words[i]], i % 5 == 0 ? ", " : " ");
    }
    assert_true(tgr_finder_read(finder, text, (size_t)(to - text)));
    all[0] = '\0';
    for (size_t i = 0; i < finder->found_count; i++) {
        all += sprintf(all, "%u:%u ", finder->found[i].tag, finder->found[i].count);
    }
}

/* With all widths of instructions, the finder finds what looking up every phrase does. */
static void phrases_found(void **state)
{
    (void)state;
    static char names[2 * PLAIN_WORDS][48], found[1 << 14], expected[1 << 14];
    uint64_t random = 20261127;
    name_words(names, &random);
    for (int round = 0; round < 180; round++) {
        unsigned longest = 1 + (unsigned)round % TGR_NGRAMS_MAX;
        tgr_wide_limit((tgr_wide)(round / 3 % 3));
        tgr_vocabulary vocabulary = {.phrases = tgr_strings_new()};
        tgr_phrases phrases = {0};
        tgr_finder finder = {0};
        tgr_error error;
        random_phrases(vocabulary.phrases, names, longest, &random);
        tgr_tagger_settings_init(&vocabulary.settings);
        assert_int_equal(tgr_phrases_open(&phrases, &vocabulary, &error), TGR_OK);
        assert_int_equal(tgr_finder_open(&finder, &phrases, unicode, &vocabulary.settings, &error),
                         TGR_OK);
        for (int texts = 0; texts < 10; texts++) {
            int words[600];
            size_t count = next_random(&random) % (texts == 0 ? 600 : 40);
            for (size_t i = 0; i < count; i++) {
                words[i] = (int)(next_random(&random) % (2 * PLAIN_WORDS));
            }
            find_them(&finder, names, words, count, found);
            count_plainly(vocabulary.phrases, names, words, count, longest, expected);
            if (strcmp(found, expected) != 0) {
                print_message("seed 20261127, round %d\n", round);
            }
            assert_string_equal(found, expected);
        }
        tgr_finder_close(&finder);
        tgr_phrases_close(&phrases);
        tgr_strings_free(vocabulary.phrases);
    }
    tgr_wide_limit(TGR_WIDE_AVX512);
}

/* A megabyte of each is read to its end, in as many steps as its words need. */
static void texts_meant_to_harm(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } units[] = {
        {"\xff", 1},     {"\xc3", 1},      {"\xf0\x9f\x98", 3}, {"\xed\xa0\x80", 3},  {"a\xff", 2},
        {"\xcc\x81", 2}, {"e\xcc\x81", 3}, {"\xe2\x80\xae", 3}, {"a\xe2\x80\xae", 4}, {"x", 1},
        {"a'", 2},       {"'", 1},         {"\0", 1},           {"a\0", 2},           {" ", 1},
        {"-", 1}};
    static tgr_tokens tokens;
    enum { LENGTH = 1 << 20 };
    char *text = malloc(LENGTH);
    assert_non_null(text);
    for (size_t unit = 0; unit < sizeof units / sizeof *units; unit++) {
        size_t words = 0, fills = 0;
        for (size_t i = 0; i < LENGTH; i++) {
            text[i] = units[unit].bytes[i % units[unit].size];
        }
        tgr_tokens_begin(&tokens, unicode, text, LENGTH);
        while (tgr_tokens_fill(&tokens)) {
            words += tokens.count;
            fills++;
        }
        assert_ptr_equal(tokens.at, text + LENGTH);
        assert_true(words <= LENGTH / 2);
        assert_true(fills <= 1 + words / (TGR_TOKENS / 2));
    }
    free(text);
}

static const char tagged_log[] =
    "{\"text\":\"Proving the law of large numbers\",\"tags\":[\"maths\"],\"split\":\"train\"}\n"
    "{\"text\":\"a law, and its proof\",\"tags\":[\"law\",\"maths\"],\"split\":\"train\"}\n"
    "{\"text\":\"\xe6\x95\xb0\xe5\xad\xa6\xe9\xa2\x98 na\xc3\xafve proof\",\"tags\":[\"maths\"]}\n"
    "{\"text\":\"no tags\"}\n";

static tgr_learn_options learning(const char *log, bool from_tags)
{
    static const char *inputs[1];
    static char output[512];
    tgr_learn_options options;
    snprintf(output, sizeof output, "%s", in_folder("vocab"));
    inputs[0] = log;
    tgr_learn_options_init(&options);
    options.inputs = inputs;
    options.input_count = 1;
    options.output = output;
    options.min_queries = 1;
    options.max_share = 1;
    options.stemming = "english";
    options.from_tags = from_tags;
    return options;
}

static void learning_without_memory(void **state)
{
    (void)state;
    const char *log = write_text("log.jsonl", tagged_log);
    const tgr_run run = {.size = sizeof run, .threads = 1};
    for (int from_tags = 0; from_tags < 2; from_tags++) {
        tgr_learn_options options = learning(log, from_tags != 0);
        tgr_error error = {TGR_OK, ""};
        long failed = 0;
        unlink(options.output);
        for (bool done = false; !done; failed++) {
            long live = tgr_mem_live();
            tgr_mem_fail_after(failed);
            tgr_status status = tgr_learn(&options, NULL, &run, &error);
            tgr_mem_fail_after(-1);
            done = status == TGR_OK;
            if (!done && status != TGR_ERR_NOMEM) {
                fail_msg("allocation %ld: %s: %s", failed, tgr_status_name(status), error.message);
            }
            assert_int_equal(tgr_mem_live(), live);
            assert_int_equal(files_in_folder("vocab"), done);
            assert_int_equal(files_in_folder("."), 0);
            assert_true(failed < 5000);
        }
        print_message("%ld allocations failed in turn\n", failed - 1);
        assert_true(failed > 50);
    }
}

static void tagging_without_memory(void **state)
{
    (void)state;
    tgr_learn_options learn = learning(write_text("log.jsonl", tagged_log), true);
    assert_int_equal(tgr_learn(&learn, NULL, NULL, NULL), TGR_OK);
    tgr_ingest_options options = options_for(
        write_text("texts.jsonl", "{\"text\":\"their proofs\"}\n{\"text\":\"laws\"}\n"));
    options.vocabulary = in_folder("vocab");
    const tgr_run run = {.size = sizeof run, .threads = 1};
    tgr_error error = {TGR_OK, ""};
    long failed = 0;
    for (bool done = false; !done; failed++) {
        long live = tgr_mem_live();
        tgr_mem_fail_after(failed);
        tgr_status status = tgr_ingest(&options, NULL, &run, &error);
        tgr_mem_fail_after(-1);
        done = status == TGR_OK;
        if (!done && status != TGR_ERR_NOMEM) {
            fail_msg("allocation %ld: %s: %s", failed, tgr_status_name(status), error.message);
        }
        assert_int_equal(tgr_mem_live(), live);
        assert_int_equal(files_in_folder("out"), done);
        assert_true(failed < 5000);
    }
    print_message("%ld allocations failed in turn\n", failed - 1);
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    tgr_batch batch = read_all(file);
    assert_string_equal(row_text(file, &batch, 0), "maths=1");
    assert_string_equal(row_text(file, &batch, 1), "maths=1");
    close_all(file, &batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_by_example),
        cmocka_unit_test(long_words),
        cmocka_unit_test(ascii_soup),
        cmocka_unit_test(phrases_found),
        cmocka_unit_test(texts_meant_to_harm),
        cmocka_unit_test(no_byte_beyond_the_end),
        cmocka_unit_test(learning_without_memory),
        cmocka_unit_test(tagging_without_memory),
    };
    return cmocka_run_group_tests(tests, open_unicode, close_unicode);
}
