/* test_tagger_rules.c - forms of tags, keys of plurals, n-grams of spellings. */
#include "tests/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "engine/base/memory.h"
#include "engine/tagger/rules.h"
#include "engine/tagger/vectors.h"

#define SEED 161803u

static uint32_t state = SEED;

static uint32_t below(uint32_t limit)
{
    state = state * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)(state >> 8) * limit >> 24);
}

static void expect_form(const char *tag, size_t length, const char *form)
{
    tgr_rules rules = {0};
    assert_true(tgr_rules_apply(&rules, tag, length));
    if (rules.form.length != strlen(form) || memcmp(rules.form.bytes, form, strlen(form)) != 0) {
        fail_msg("'%s' became '%.*s', not '%s'", tag, (int)rules.form.length, rules.form.bytes,
                 form);
    }
    tgr_rules_free(&rules);
}

static void forms_are_as_written_by_hand(void **unused)
{
    (void)unused;
    static const char *const examples[][2] = {
        {"Machine Learning", "machine learning"},
        {"machine-learning", "machine learning"},
        {" machine_learning ", "machine learning"},
        {"machine\t/\tlearning.", "machine learning"},
        {"(machine) \"learning\"!", "machine learning"},
        {"#machinelearning", "machinelearning"},
        {"machine\xc2\xa0\xe2\x80\x93 learning", "machine learning"}, /* no-break space, en dash */
        {"\xef\xbc\xad\xef\xbd\x81\xef\xbd\x83hine", "machine"},      /* fullwidth Mac */
        {"\xe2\x80\x9cmachine\xe2\x80\x9d", "machine"},               /* quotation marks */
        {"stra\xc3\x9f"
         "e",
         "strass"}, /* ss, and no e: as its plural would be */
        {"CAF\xc3\x89", "caf\xc3\xa9"},
        {"cafe\xcc\x81", "caf\xc3\xa9"},                     /* a combining accent */
        {"\xe6\xa9\x9f\xe6\xa2\xb0\xe5\xad\xa6\xe7\xbf\x92", /* machine learning */
         "\xe6\xa9\x9f\xe6\xa2\xb0\xe5\xad\xa6\xe7\xbf\x92"},
        {"C++", "c++"},
        {"c#", "c#"},
        {".NET", ".net"},
        {"Newton's law", "newton law"},
        {"Newton\xe2\x80\x99s laws", "newton law"},
        {"rock 'n' roll", "rock n roll"},
        {"don't", "dont"},
        {"contracts", "contract"},
        {"stories", "story"},
        {"story", "story"},
        {"ethics", "ethics"},
        {"virus", "virus"},
        {"class", "class"},
        {"classes", "class"},
        {"glass boxes", "glass box"},
        {"gas", "gas"},
        {"news", "news"},
        {"https", "https"},
        {"###", "#"},
        {"...", "..."},
        {"'", "'"},
        {"!?", "!?"},
        {"\xff\xfe Bad", "\xff\xfe Bad"}, /* not UTF-8: not folded */
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const char *tag = examples[i][0];
        expect_form(tag, strlen(tag), examples[i][1]);
    }
    expect_form("", 0, "");
}

static void singular_and_plural_share_a_form(void **unused)
{
    (void)unused;
    static const char *const pairs[][2] = {
        {"case", "cases"},      {"database", "databases"},
        {"box", "boxes"},       {"cache", "caches"},
        {"branch", "branches"}, {"movie", "movies"},
        {"story", "stories"},   {"class", "classes"},
        {"bus", "buses"},       {"tie", "ties"},
        {"size", "sizes"},      {"dish", "dishes"},
        {"horse", "horses"},    {"idea", "ideas"},
        {"day", "days"},        {"criminal law", "criminal laws"},
        {"house", "houses"},    {"quiz", "quizes"},
    };
    tgr_rules one = {0}, other = {0};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_true(tgr_rules_apply(&one, pairs[i][0], strlen(pairs[i][0])));
        assert_true(tgr_rules_apply(&other, pairs[i][1], strlen(pairs[i][1])));
        assert_string_equal(one.form.bytes, other.form.bytes);
    }
    static const char *const apart[][2] = {
        {"new", "news"}, {"http", "https"}, {"clas", "class"},     {"physic", "physics"},
        {"c", "c++"},    {"c", "c#"},       {"window", "windows"}, {"laws", "lawless"}};
    for (size_t i = 0; i < sizeof apart / sizeof apart[0]; i++) {
        assert_true(tgr_rules_apply(&one, apart[i][0], strlen(apart[i][0])));
        assert_true(tgr_rules_apply(&other, apart[i][1], strlen(apart[i][1])));
        assert_string_not_equal(one.form.bytes, other.form.bytes);
    }
    tgr_rules_free(&one);
    tgr_rules_free(&other);
}

/* Whatever the bytes: a form, no larger than can be, in little time. */
static void any_bytes_have_a_form(void **unused)
{
    (void)unused;
    static const char *const pieces[] = {"a",
                                         "S",
                                         " ",
                                         "-",
                                         "'",
                                         "'s",
                                         "#",
                                         ".",
                                         "\xcc\x81",
                                         "\xef\xb7\xba", /* becomes 18 characters */
                                         "\xff",
                                         "\xe2\x80\x99",
                                         "\xe2\x80\x8b",
                                         "\xc3\x9f",
                                         "\xf0\x9f\x98\x80",
                                         "ies",
                                         "\x01",
                                         "\xe4\xb8\x80"};
    tgr_rules rules = {0}, again = {0};
    char tag[2 * TGR_RULES_BYTES];
    for (int round = 0; round < 20000; round++) {
        size_t length = 0, most = round % 100 == 0 ? TGR_RULES_BYTES + 20 : below(40);
        uint32_t only = round % 7 == 0 ? below(18) : 18;
        while (length < most) {
            const char *piece = pieces[only < 18 ? only : below(18)];
            memcpy(tag + length, piece, strlen(piece));
            length += strlen(piece);
        }
        assert_true(tgr_rules_apply(&rules, tag, length));
        assert_true(rules.form.length <= 13 * length + 1 &&
                    (rules.form.length > 0) == (length > 0));
        assert_true(tgr_rules_apply(&again, tag, length)); /* nothing is left over */
        assert_int_equal(rules.form.length, again.form.length);
    }
    tgr_rules_free(&rules);
    tgr_rules_free(&again);
}

/* ---- spellings ------------------------------------------------------------------------------ */

/* The same from a list of all n-grams, of text known to be of one-byte or three-byte characters. */
static void count_plainly(const char *text, size_t width, int64_t *counts)
{
    char all[200] = "\x02";
    size_t starts[64], characters = 0;
    starts[characters++] = 0;
    for (size_t at = 0; at < strlen(text); at += width) {
        starts[characters++] = 1 + at;
    }
    starts[characters++] = 1 + strlen(text);
    starts[characters] = 2 + strlen(text);
    strcpy(all + 1, text);
    strcat(all, "\x03");
    for (size_t n = 2; n <= 4; n++) {
        for (size_t i = 0; i + n <= characters; i++) {
            XXH64_hash_t hash = XXH3_64bits(all + starts[i], starts[i + n] - starts[i]);
            counts[hash % TGR_SPELLING_COMPONENTS] += hash >> 63 ? -1 : 1;
        }
    }
}

static void spellings_are_counts_of_ngrams(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        size_t width;
    } examples[] = {{"", 1},
                    {"a", 1},
                    {"contract law", 1},
                    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1},
                    {"\xe6\xa9\x9f\xe6\xa2\xb0\xe5\xad\xa6\xe7\xbf\x92", 3}};
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        int64_t expected[TGR_SPELLING_COMPONENTS] = {0}, squares = 0;
        tgr_spelling spelling;
        count_plainly(examples[i].text, examples[i].width, expected);
        tgr_spelling_count(examples[i].text, strlen(examples[i].text), &spelling);
        for (size_t k = 0; k < TGR_SPELLING_COMPONENTS; k++) {
            assert_int_equal(spelling.counts[k], expected[k]);
            squares += expected[k] * expected[k];
        }
        assert_int_equal(spelling.squares, squares);
    }
}

static void vectors_have_length_one(void **unused)
{
    (void)unused;
    float vector[TGR_SPELLING_COMPONENTS];
    char text[1500];
    for (int round = 0; round < 300; round++) {
        size_t length = 1 + below(round % 10 == 0 ? sizeof text - 1 : 30);
        for (size_t i = 0; i < length; i++) {
            text[i] = (char)below(256);
        }
        double squares = 0;
        tgr_vector_of_text(text, length, vector);
        for (size_t k = 0; k < TGR_SPELLING_COMPONENTS; k++) {
            squares += (double)vector[k] * (double)vector[k];
        }
        assert_true(squares == 0 || fabs(squares - 1) < 1e-6);
    }
    float bad[3] = {1, INFINITY, 0}, worse[2] = {NAN, 1}, none[2] = {0, 0}, far[2] = {3e38f, 3e38f};
    assert_false(tgr_vector_scale(bad, 3));
    assert_false(tgr_vector_scale(worse, 2));
    assert_true(tgr_vector_scale(none, 2) && none[0] == 0);
    assert_true(tgr_vector_scale(far, 2) && far[0] == (float)sqrt(0.5));
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_as_written_by_hand),
        cmocka_unit_test(singular_and_plural_share_a_form),
        cmocka_unit_test(any_bytes_have_a_form),
        cmocka_unit_test(spellings_are_counts_of_ngrams),
        cmocka_unit_test(vectors_have_length_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
