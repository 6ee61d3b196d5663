/* test_normalise.c - from tags to a mapping: a worked example, and the steps done plainly. */
#include "tests/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/normalise/normalise.h"
#include "engine/tagger/rules.h"

#define SEED 141421u

static uint32_t state = SEED;

static uint32_t below(uint32_t limit)
{
    state = state * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)(state >> 8) * limit >> 24);
}

typedef struct log_tags {
    tgr_strings *tags;
    double seen[1000];
} log_tags;

static void see(log_tags *log, const char *tag, double times)
{
    uint32_t number = tgr_strings_add(log->tags, tag, strlen(tag));
    log->seen[number] += times;
}

static tgr_normalised normalise(const log_tags *log, const tgr_normalise_plan *plan, int threads)
{
    tgr_normalised result;
    tgr_error error = {0};
    tgr_run run = {.size = sizeof run, .threads = threads};
    tgr_seen_tags tags = {log->tags, log->seen};
    if (tgr_normalise_tags(&tags, plan, &result, &run, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    return result;
}

static void expect_text(const tgr_normalised *result, const char *expected)
{
    tgr_buffer text = {0};
    tgr_mapping_write(result->mapping, result->seen, &text);
    assert_string_equal(strchr(text.bytes, '\n') + 1, expected); /* without the first line */
    tgr_buffer_free(&text);
}

static void a_small_log(void **unused)
{
    (void)unused;
    log_tags log = {.tags = tgr_strings_new()};
    see(&log, "Contract-Laws", 1);
    see(&log, "normalization", 4);
    see(&log, "contract law", 5);
    see(&log, "contract laws", 2);
    see(&log, "normalisation", 6);
    see(&log, "rare", 1);
    see(&log, "Rares", 1);
    see(&log, "tort", 9);
    tgr_normalise_plan plan = {3, {0.5, 2, 1 << 20}, NULL, NULL, 2};
    tgr_normalised result = normalise(&log, &plan, 2);
    expect_text(&result, "normalisation\tnormalisation\t6\n"
                         "normalization\tnormalisation\t4\n"
                         "tort\ttort\t9\n"
                         "contract law\tcontract law\t5\n"
                         "contract laws\tcontract law\t2\n"
                         "Contract-Laws\tcontract law\t1\n"
                         "Rares\t\t1\n"
                         "rare\t\t1\n");
    assert_int_equal(result.rare, 2);
    assert_int_equal(result.by_rule, 2);
    assert_int_equal(result.clusters.clusters, 1);
    tgr_normalised_free(&result);
    tgr_strings_free(log.tags);
}

/* What was given stays, even where it is odd; the rest joins it or is clustered. */
static void a_given_mapping_stays(void **unused)
{
    (void)unused;
    const char *text = "tort\ttort\nlaw\ttort\nspam\t\nnormalisation\tnormalisation\n";
    tgr_mapping *given;
    log_tags log = {.tags = tgr_strings_new()};
    assert_int_equal(tgr_mapping_parse(text, strlen(text), &given, NULL), TGR_OK);
    see(&log, "laws", 7);
    see(&log, "SPAM", 5);
    see(&log, "normalization", 2);
    see(&log, "tort", 1);
    see(&log, "photosynthesis", 9);
    see(&log, "photo synthesis", 8);
    see(&log, "rare", 1);
    tgr_normalise_plan plan = {5, {0.4, 2, 1 << 20}, NULL, given, 0.6};
    tgr_normalised result = normalise(&log, &plan, 1);
    expect_text(&result, "photosynthesis\tphotosynthesis\t9\n"
                         "photo synthesis\tphotosynthesis\t8\n"
                         "tort\ttort\t1\n"
                         "laws\ttort\t7\n"
                         "law\ttort\t0\n"
                         "normalisation\tnormalisation\t0\n"
                         "normalization\tnormalisation\t2\n"
                         "SPAM\t\t5\n"
                         "rare\t\t1\n"
                         "spam\t\t0\n");
    assert_int_equal(result.joined, 3);
    assert_int_equal(result.rare, 1);
    tgr_normalised_free(&result);
    tgr_mapping_free(given);
    tgr_strings_free(log.tags);
}

/* ---- the plain way: unions over all pairs ---------------------------------------------------- */

#define MOST 300

typedef struct plain {
    size_t count;
    char forms[MOST][40];
    float vectors[MOST][TGR_SPELLING_COMPONENTS];
    double totals[MOST];  /* of each tag's form */
    size_t cluster[MOST]; /* the lowest tag that is in it */
} plain;

/* With min_samples 2 every form with a neighbour is a core: clusters are what is connected. */
static void connect(plain *of, double eps, double min_count)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t a = 0; a < of->count; a++) {
            for (size_t b = 0; b < of->count; b++) {
                float dot = 0;
                for (size_t k = 0; k < TGR_SPELLING_COMPONENTS; k++) {
                    dot = fmaf(of->vectors[a][k], of->vectors[b][k], dot);
                }
                bool both = of->totals[a] >= min_count && of->totals[b] >= min_count;
                bool joined =
                    strcmp(of->forms[a], of->forms[b]) == 0 || (both && 1 - dot <= (float)eps);
                if (joined && of->cluster[b] < of->cluster[a]) {
                    of->cluster[a] = of->cluster[b];
                    changed = true;
                }
            }
        }
    }
}

static plain *make_plain(const log_tags *log, double eps, double min_count)
{
    plain *made = calloc(1, sizeof *made);
    tgr_rules rules = {0};
    made->count = tgr_strings_count(log->tags);
    for (size_t i = 0; i < made->count; i++) {
        const char *tag = tgr_strings_get(log->tags, (uint32_t)i, NULL);
        assert_true(tgr_rules_apply(&rules, tag, strlen(tag)));
        strcpy(made->forms[i], rules.form.bytes);
        tgr_vector_of_text(made->forms[i], strlen(made->forms[i]), made->vectors[i]);
        made->cluster[i] = i;
    }
    for (size_t i = 0; i < made->count; i++) {
        for (size_t j = 0; j < made->count; j++) {
            made->totals[i] += strcmp(made->forms[i], made->forms[j]) == 0 ? log->seen[j] : 0;
        }
    }
    tgr_rules_free(&rules);
    connect(made, eps, min_count);
    return made;
}

/* The most frequent tag of a tag's cluster, the first in byte order of equals. */
static const char *name_of(const plain *of, const log_tags *log, size_t tag)
{
    const char *best = NULL;
    double seen = 0;
    for (size_t i = 0; i < of->count; i++) {
        const char *name = tgr_strings_get(log->tags, (uint32_t)i, NULL);
        if (of->cluster[i] == of->cluster[tag] &&
            (best == NULL || log->seen[i] > seen ||
             (log->seen[i] == seen && strcmp(name, best) < 0))) {
            best = name;
            seen = log->seen[i];
        }
    }
    return best;
}

static void random_tag(char *tag)
{
    static const char *const words[] = {"contract",  "kontract", "contracts", "law",
                                        "Law",       "torts",    "tort",      "normal",
                                        "normalise", "c++",      "physics"};
    static const char *const joints[] = {" ", "-", "_", ""};
    strcpy(tag, words[below(11)]);
    for (size_t more = below(3); more > 0; more--) {
        strcat(tag, joints[below(4)]);
        strcat(tag, words[below(11)]);
    }
}

static void check_against(const tgr_normalised *result, const plain *of, const log_tags *log,
                          double min_count)
{
    assert_int_equal(tgr_mapping_count(result->mapping), of->count);
    for (size_t i = 0; i < of->count; i++) {
        const char *tag = tgr_strings_get(log->tags, (uint32_t)i, NULL);
        uint32_t number = tgr_strings_find(result->mapping->tags, tag, strlen(tag));
        assert_true(number != TGR_STRING_NONE && result->seen[number] == log->seen[i]);
        uint32_t becomes = result->mapping->canonical[number];
        if (of->totals[i] < min_count) {
            assert_true(becomes == TGR_DROPPED);
        } else {
            assert_true(becomes != TGR_DROPPED);
            assert_string_equal(tgr_strings_get(result->mapping->tags, becomes, NULL),
                                name_of(of, log, i));
        }
    }
    assert_int_equal(tgr_mapping_check(result->mapping, NULL), TGR_OK);
}

static void mappings_are_those_of_the_plain_way(void **unused)
{
    (void)unused;
    size_t joined = 0;
    for (int round = 0; round < 12; round++) {
        log_tags log = {.tags = tgr_strings_new()};
        double eps = 0.1 + 0.1 * below(4), min_count = 1 + below(8);
        size_t tags = 1 + below(90);
        for (size_t i = 0; i < tags; i++) {
            char tag[40];
            random_tag(tag);
            see(&log, tag, 1 + below(6));
        }
        plain *expected = make_plain(&log, eps, min_count);
        tgr_normalise_plan plan = {
            min_count, {eps, 2, round % 2 == 0 ? 1 << 20 : 0}, NULL, NULL, 2};
        tgr_normalised one = normalise(&log, &plan, 1), other = normalise(&log, &plan, 4);
        check_against(&one, expected, &log, min_count);
        tgr_buffer text = {0}, again = {0};
        tgr_mapping_write(one.mapping, one.seen, &text);
        tgr_mapping_write(other.mapping, other.seen, &again);
        assert_string_equal(text.bytes, again.bytes); /* for any number of threads */
        joined += one.clusters.clusters;
        tgr_buffer_free(&text);
        tgr_buffer_free(&again);
        tgr_normalised_free(&one);
        tgr_normalised_free(&other);
        tgr_strings_free(log.tags);
        free(expected);
    }
    assert_true(joined > 12); /* the test is about something */
}

static void short_memory_is_an_error(void **unused)
{
    (void)unused;
    const char *text = "law\tlaw\nspam\t\n";
    tgr_mapping *given;
    log_tags log = {.tags = tgr_strings_new()};
    assert_int_equal(tgr_mapping_parse(text, strlen(text), &given, NULL), TGR_OK);
    see(&log, "laws", 7);
    see(&log, "tort", 5);
    see(&log, "Torts", 2);
    tgr_seen_tags tags = {log.tags, log.seen};
    tgr_run run = {.size = sizeof run, .threads = 1};
    tgr_normalise_plan plan = {2, {0.2, 2, 1 << 20}, NULL, given, 0.6};
    long live = tgr_mem_live();
    bool done = false;
    for (long n = 0; !done; n++) {
        tgr_normalised result;
        tgr_mem_fail_after(n);
        tgr_status status = tgr_normalise_tags(&tags, &plan, &result, &run, NULL);
        tgr_mem_fail_after(-1);
        assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
        done = status == TGR_OK;
        tgr_normalised_free(&result);
        assert_int_equal(tgr_mem_live(), live);
        assert_true(n < 500);
    }
    tgr_mapping_free(given);
    tgr_strings_free(log.tags);
}

static void no_tags_are_an_empty_mapping(void **unused)
{
    (void)unused;
    log_tags log = {.tags = tgr_strings_new()};
    tgr_normalise_plan plan = {5, {0.2, 2, 1 << 20}, NULL, NULL, 2};
    tgr_normalised result = normalise(&log, &plan, 3);
    assert_int_equal(tgr_mapping_count(result.mapping), 0);
    tgr_normalised_free(&result);
    see(&log, "rare", 4);
    result = normalise(&log, &plan, 3);
    expect_text(&result, "rare\t\t4\n");
    tgr_normalised_free(&result);
    tgr_strings_free(log.tags);
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_log),
        cmocka_unit_test(a_given_mapping_stays),
        cmocka_unit_test(mappings_are_those_of_the_plain_way),
        cmocka_unit_test(short_memory_is_an_error),
        cmocka_unit_test(no_tags_are_an_empty_mapping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
