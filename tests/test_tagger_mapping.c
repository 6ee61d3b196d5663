/* test_tagger_mapping.c - mappings as text: written, read back, edited wrongly; later tags aligned.
 */
#include "tests/cmocka_all.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/tagger/align.h"
#include "engine/tagger/rules.h"
#include "engine/tagger/vectors.h"

#define SEED 57721u

static uint32_t state = SEED;

static uint32_t below(uint32_t limit)
{
    state = state * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)(state >> 8) * limit >> 24);
}

static tgr_mapping *parse(const char *text)
{
    tgr_error error = {0};
    tgr_mapping *mapping;
    if (tgr_mapping_parse(text, strlen(text), &mapping, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    return mapping;
}

static void expect_refused(const char *text, size_t length, const char *sentence)
{
    tgr_error error = {0};
    tgr_mapping *mapping;
    long live = tgr_mem_live();
    assert_int_equal(tgr_mapping_parse(text, length, &mapping, &error), TGR_ERR_INPUT);
    assert_null(mapping);
    assert_string_equal(error.message, sentence);
    assert_int_equal(tgr_mem_live(), live);
}

/* ---- text ----------------------------------------------------------------------------------- */

static void a_table_is_read(void **unused)
{
    (void)unused;
    tgr_mapping *mapping = parse("# a comment\n"
                                 "law\tlaw\t12\n"
                                 "Laws\tlaw\t3\twhat else\r\n"
                                 "\n"
                                 "noise\t\n"
                                 "\\#tag\t\\#tag\t0.5\n"
                                 "a\\tb\\\\\ta\\tb\\\\");
    assert_int_equal(tgr_mapping_count(mapping), 5);
    const uint32_t expected[] = {0, 0, TGR_DROPPED, 3, 4};
    assert_memory_equal(mapping->canonical, expected, sizeof expected);
    assert_string_equal(tgr_strings_get(mapping->tags, 3, NULL), "#tag");
    assert_string_equal(tgr_strings_get(mapping->tags, 4, NULL), "a\tb\\");
    tgr_mapping_counts counts = tgr_mapping_tally(mapping);
    assert_int_equal(counts.canonical, 3);
    assert_int_equal(counts.dropped, 1);
    tgr_mapping_free(mapping);
    tgr_mapping_free(parse(""));
}

static void wrong_tables_are_refused(void **unused)
{
    (void)unused;
    static const char *const wrong[][2] = {
        {"law\n",
         "line 1: there is no tab behind the tag; a line is a tag, a tab, and the tag that "
         "it becomes, or nothing where it is dropped"},
        {"a\ta\n\tb\n", "line 2: a line begins with a tag, and here is none"},
        {"a\ta\nb\tb\n# c\na\tb\n", "line 4: 'a' has a line already, line 1; keep one of them"},
        {"a\ta\nb\tlaw\n",
         "line 2: 'b' becomes 'law', which has no line of its own; name a tag that has one, or add "
         "a line on which it stands for itself"},
        {"a\tb\nb\ta\n",
         "line 1: 'a' becomes 'b', which becomes 'a'; one of them has to stand for itself"},
        {"c\tc\na\tb\nb\tc\n",
         "line 2: 'a' becomes 'b', which becomes 'c'; name the last one for both"},
        {"a\tb\nb\tc\nc\ta\n",
         "line 1: 'a' becomes 'b', which becomes 'c'; name the last one for both"},
        {"a\tb\nb\t\n",
         "line 1: 'a' becomes 'b', which is dropped; drop both, or let one stand for "
         "itself"},
        {"a\\x\ta\n", "line 1: a backslash stands before t, n, r, # or another backslash"},
        {"a\ta\\", "line 1: a backslash stands before t, n, r, # or another backslash"},
        {"a\xff\ta\n", "line 1: what stands here is not UTF-8 text"},
        {"a\ta\xed\xa0\x80\n", "line 1: what stands here is not UTF-8 text"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        expect_refused(wrong[i][0], strlen(wrong[i][0]), wrong[i][1]);
    }
    expect_refused("a\0b\ta\n", 6, "line 1: what stands here is not UTF-8 text");
}

static tgr_mapping *random_mapping(size_t tags)
{
    static const char *const pieces[] = {"law", "#", "\\", "\t", "\n",       "\r",
                                         "t",   "n", " ",  "s",  "\xc3\xa9", "-"};
    tgr_mapping *mapping = tgr_mapping_new();
    for (size_t i = 0; i < tags; i++) {
        char tag[100] = "";
        for (size_t left = 1 + below(6); left > 0; left--) {
            strcat(tag, pieces[below(12)]);
        }
        tgr_mapping_add(mapping, tag, strlen(tag));
    }
    for (uint32_t i = 0; i < tgr_mapping_count(mapping); i++) {
        uint32_t other = below(i + 1);
        mapping->canonical[i] = below(6) == 0                        ? TGR_DROPPED
                                : mapping->canonical[other] == other ? other
                                                                     : i;
    }
    return mapping;
}

static void what_is_written_is_read_back(void **unused)
{
    (void)unused;
    for (int round = 0; round < 200; round++) {
        tgr_mapping *mapping = random_mapping(below(60));
        uint32_t count = tgr_mapping_count(mapping);
        double seen[60];
        for (size_t i = 0; i < 60; i++) {
            seen[i] = (double)below(1000) / 4;
        }
        tgr_buffer text = {0}, again = {0};
        tgr_mapping_write(mapping, round % 2 == 0 ? seen : NULL, &text);
        tgr_mapping *back = parse(text.bytes);
        assert_int_equal(tgr_mapping_count(back), count);
        for (uint32_t i = 0; i < count; i++) {
            assert_string_equal(tgr_strings_get(back->tags, i, NULL),
                                tgr_strings_get(mapping->tags, i, NULL));
            assert_int_equal(back->canonical[i], mapping->canonical[i]);
        }
        tgr_mapping_write(back, round % 2 == 0 ? seen : NULL, &again);
        assert_string_equal(text.bytes, again.bytes);
        tgr_buffer_free(&text);
        tgr_buffer_free(&again);
        tgr_mapping_free(mapping);
        tgr_mapping_free(back);
    }
}

static void short_memory_is_an_error(void **unused)
{
    (void)unused;
    const char *text = "law\tlaw\t5\nlaws\tlaw\t2\nrare\t\t1\n";
    long live = tgr_mem_live();
    bool done = false;
    for (long n = 0; !done; n++) {
        tgr_mapping *mapping;
        tgr_aligner *aligner = NULL;
        tgr_alignment how;
        uint32_t becomes;
        tgr_mem_fail_after(n);
        tgr_status status = tgr_mapping_parse(text, strlen(text), &mapping, NULL);
        if (status == TGR_OK) {
            status = tgr_aligner_new(mapping, 0.5, &aligner, NULL);
        }
        if (status == TGR_OK && !tgr_align(aligner, "lawz", 4, &how, &becomes)) {
            status = TGR_ERR_NOMEM;
        }
        tgr_mem_fail_after(-1);
        done = status == TGR_OK;
        assert_true(done || status == TGR_ERR_NOMEM);
        tgr_aligner_free(aligner);
        tgr_mapping_free(mapping);
        assert_int_equal(tgr_mem_live(), live);
        assert_true(n < 200);
    }
}

/* ---- alignment ------------------------------------------------------------------------------ */

static void expect_aligned(tgr_aligner *aligner, const tgr_mapping *mapping, const char *tag,
                           tgr_alignment expected, const char *name)
{
    for (int time = 0; time < 2; time++) { /* the second answer comes from what was kept */
        tgr_alignment how;
        uint32_t becomes;
        assert_true(tgr_align(aligner, tag, strlen(tag), &how, &becomes));
        assert_int_equal(how, expected);
        if (becomes == TGR_DROPPED || how == TGR_ALIGNED_NOT) {
            assert_null(name);
        } else {
            assert_string_equal(tgr_strings_get(mapping->tags, becomes, NULL), name);
        }
    }
}

static void later_tags_join(void **unused)
{
    (void)unused;
    tgr_mapping *mapping = parse("normalisation\tnormalisation\n"
                                 "normalise\tnormalisation\n"
                                 "contract law\tcontract law\n"
                                 "legal agreement\tcontract law\n"
                                 "lorem\t\n");
    tgr_aligner *aligner;
    assert_int_equal(tgr_aligner_new(mapping, 0.6, &aligner, NULL), TGR_OK);
    expect_aligned(aligner, mapping, "normalise", TGR_ALIGNED_EXACTLY, "normalisation");
    expect_aligned(aligner, mapping, "lorem", TGR_ALIGNED_EXACTLY, NULL);
    expect_aligned(aligner, mapping, "Lorems", TGR_ALIGNED_BY_RULE, NULL);
    expect_aligned(aligner, mapping, "Legal Agreements", TGR_ALIGNED_BY_RULE, "contract law");
    expect_aligned(aligner, mapping, "normalization", TGR_ALIGNED_NEAREST, "normalisation");
    expect_aligned(aligner, mapping, "photosynthesis", TGR_ALIGNED_NOT, NULL);
    tgr_aligner_free(aligner);
    assert_int_equal(tgr_aligner_new(mapping, 2, &aligner, NULL), TGR_OK);
    expect_aligned(aligner, mapping, "Legal Agreements", TGR_ALIGNED_BY_RULE, "contract law");
    expect_aligned(aligner, mapping, "normalization", TGR_ALIGNED_NOT, NULL);
    tgr_aligner_free(aligner);
    tgr_mapping_free(mapping);
}

static void random_word(char *word)
{
    size_t length = 1 + below(7);
    for (size_t i = 0; i < length; i++) {
        word[i] = "abcd "[below(5)];
    }
    word[0] = 'x';
    word[length] = '\0';
}

/* The cosine of two spellings from whole vectors. */
static double cosine(const char *a, const char *b)
{
    tgr_rules rules = {0};
    tgr_spelling one, other;
    int64_t product = 0;
    tgr_rules_apply(&rules, a, strlen(a));
    tgr_spelling_count(rules.form.bytes, rules.form.length, &one);
    tgr_rules_apply(&rules, b, strlen(b));
    tgr_spelling_count(rules.form.bytes, rules.form.length, &other);
    tgr_rules_free(&rules);
    for (size_t i = 0; i < TGR_SPELLING_COMPONENTS; i++) {
        product += (int64_t)one.counts[i] * other.counts[i];
    }
    return (double)product / (sqrt((double)one.squares) * sqrt((double)other.squares));
}

static void expect_nearest(tgr_aligner *aligner, const tgr_mapping *mapping, const char *word,
                           double least, size_t *kinds)
{
    tgr_alignment how;
    uint32_t becomes, best = TGR_STRING_NONE;
    double most = 0;
    for (uint32_t i = 0; i < tgr_mapping_count(mapping); i++) {
        double here = cosine(word, tgr_strings_get(mapping->tags, i, NULL));
        if (mapping->canonical[i] == i && here >= least && here > most) {
            most = here;
            best = i;
        }
    }
    assert_true(tgr_align(aligner, word, strlen(word), &how, &becomes));
    kinds[how]++;
    if (how >= TGR_ALIGNED_NEAREST) {
        assert_int_equal(becomes, best);
        assert_int_equal(how, best == TGR_STRING_NONE ? TGR_ALIGNED_NOT : TGR_ALIGNED_NEAREST);
    }
}

static void the_nearest_is_that_of_all_comparisons(void **unused)
{
    (void)unused;
    size_t kinds[TGR_ALIGNMENTS] = {0};
    char word[16];
    for (int round = 0; round < 20; round++) {
        tgr_mapping *mapping = tgr_mapping_new();
        tgr_aligner *aligner;
        double least = 0.3 + 0.1 * below(5);
        for (int i = 0; i < 60; i++) {
            random_word(word);
            uint32_t number = tgr_mapping_add(mapping, word, strlen(word));
            uint32_t other = below(number + 1);
            mapping->canonical[number] = mapping->canonical[other] == other && below(3) == 0
                                             ? other
                                             : mapping->canonical[number];
        }
        for (uint32_t i = 0; i < tgr_mapping_count(mapping); i++) { /* chains end */
            uint32_t becomes = mapping->canonical[i];
            mapping->canonical[i] = mapping->canonical[becomes] == becomes ? becomes : i;
        }
        assert_int_equal(tgr_aligner_new(mapping, least, &aligner, NULL), TGR_OK);
        for (int i = 0; i < 100; i++) {
            random_word(word);
            expect_nearest(aligner, mapping, word, least, kinds);
        }
        tgr_aligner_free(aligner);
        tgr_mapping_free(mapping);
    }
    for (size_t i = 0; i < TGR_ALIGNMENTS; i++) {
        assert_true(kinds[i] > 10); /* the test is about something */
    }
}

/* ---- threads -------------------------------------------------------------------------------- */

typedef struct asker {
    tgr_aligner *aligner;
    uint32_t seed;
    uint64_t sum; /* of all answers, in the order of the words */
} asker;

static void *ask(void *user)
{
    asker *job = user;
    for (uint32_t i = 0; i < 3000; i++) {
        uint32_t mixed = (i + job->seed * 1000) % 3000;
        char word[16];
        tgr_alignment how;
        uint32_t becomes;
        snprintf(word, sizeof word, "word%u", mixed * 7 % 500);
        if (tgr_align(job->aligner, word, strlen(word), &how, &becomes)) {
            job->sum += (uint64_t)(mixed + 1) * (becomes + 1ull + 17 * how);
        }
    }
    return NULL;
}

static void threads_get_the_same_answers(void **unused)
{
    (void)unused;
    tgr_mapping *mapping = parse("word1\tword1\nword22\tword22\nword333\tword333\nwords\t\n");
    tgr_aligner *aligner;
    assert_int_equal(tgr_aligner_new(mapping, 0.5, &aligner, NULL), TGR_OK);
    pthread_t threads[3];
    asker jobs[3];
    for (uint32_t i = 0; i < 3; i++) {
        jobs[i] = (asker){aligner, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &jobs[i]), 0);
    }
    for (uint32_t i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_true(jobs[i].sum == jobs[0].sum);
    }
    tgr_aligner_free(aligner);
    tgr_mapping_free(mapping);
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_read),
        cmocka_unit_test(wrong_tables_are_refused),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(short_memory_is_an_error),
        cmocka_unit_test(later_tags_join),
        cmocka_unit_test(the_nearest_is_that_of_all_comparisons),
        cmocka_unit_test(threads_get_the_same_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
