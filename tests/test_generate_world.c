/* test_generate_world.c - the generator's worlds: names, tags, outcomes, matrices, refusals. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/generate/record.h"
#include "engine/base/memory.h"
#include "engine/base/strings.h"
#include "tests/cmocka_all.h"

static tgr_gen_world *make(const tgr_gen_options *options)
{
    tgr_gen_world *world = NULL;
    tgr_error error = {0};
    if (tgr_gen_world_new(options, &world, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    return world;
}

static tgr_gen_options shape(uint32_t tags, uint32_t topics, uint32_t min_tags, uint32_t max_tags)
{
    tgr_gen_options options;
    tgr_gen_options_init(&options);
    options.tags = tags;
    options.topics = topics;
    options.min_tags = min_tags;
    options.max_tags = max_tags;
    return options;
}

/* Shapes that strain the drawing: every tag in every query, one topic, topics of a single tag. */
static size_t shapes(tgr_gen_options *list)
{
    size_t count = 0;
    list[count++] = shape(1601, 40, 1, 9);
    list[count++] = shape(1, 1, 1, 1);
    list[count++] = shape(64, 1, 64, 64);
    list[count++] = shape(64, 64, 1, 64);
    list[count++] = shape(70, 7, 60, 64);
    list[count++] = shape(5000, 4096, 3, 3);
    list[count++] = shape(50000, 300, 2, 40);
    list[count++] = shape(9, 9, 9, 9);
    list[6].zipf = 4.0;
    list[7].zipf = 0.0;
    return count;
}

#define SHAPES 8

static void test_names_are_distinct(void **state)
{
    (void)state;
    const uint32_t topics[] = {1, 12, 40, 1000};
    for (size_t i = 0; i < 4; i++) {
        tgr_gen_options options = shape(200000, topics[i], 1, 9);
        tgr_gen_world *world = make(&options);
        tgr_strings *seen = tgr_strings_new();
        assert_non_null(seen);
        for (uint32_t t = 0; t < options.tags; t++) {
            tgr_gen_name name = tgr_gen_tag_name(world, t);
            assert_true(name.length > 0 && name.length <= world->longest_name);
            for (uint32_t c = 0; c < name.length; c++) {
                assert_true((unsigned char)name.text[c] >= 0x20 && name.text[c] != '"' &&
                            name.text[c] != '\\');
            }
            assert_int_equal(tgr_strings_add(seen, name.text, name.length), t);
        }
        tgr_strings_free(seen);
        tgr_gen_world_free(world);
    }
}

static void check_tags(const tgr_gen_world *world, const tgr_gen_tags *tags)
{
    assert_in_range(tags->count, world->options.min_tags, world->options.max_tags);
    assert_true(tags->topic < world->options.topics);
    for (uint32_t i = 0; i < tags->count; i++) {
        assert_true(tags->ids[i] < world->options.tags);
        assert_true(i == 0 || tags->ids[i - 1] < tags->ids[i]);
        assert_in_range(tags->counts[i], 1, 3);
    }
}

static void test_tags_are_ascending_and_in_range(void **state)
{
    (void)state;
    tgr_gen_options list[SHAPES];
    size_t count = shapes(list);
    for (size_t i = 0; i < count; i++) {
        tgr_gen_world *world = make(&list[i]);
        for (uint64_t index = 0; index < 300; index++) {
            tgr_gen_record record;
            tgr_gen_tags tags;
            uint64_t where = index < 290 ? index : UINT64_MAX - index;
            tgr_gen_draw_tags(world, where, &tags);
            tgr_gen_draw(world, where, &record);
            check_tags(world, &tags);
            assert_int_equal(record.index, where);
            assert_int_equal(record.tags.count, tags.count);
            assert_memory_equal(record.tags.ids, tags.ids, tags.count * sizeof *tags.ids);
            assert_memory_equal(record.tags.counts, tags.counts, tags.count);
        }
        tgr_gen_world_free(world);
    }
}

static void test_matrix_holds_the_tags(void **state)
{
    (void)state;
    tgr_gen_options list[SHAPES];
    size_t count = shapes(list);
    for (size_t i = 0; i < count; i++) {
        enum { BEGIN = 1000, MIDDLE = 1037, END = 1100 };
        tgr_gen_world *world = make(&list[i]);
        int64_t indptr[END - BEGIN + 1];
        int64_t entries = tgr_gen_csr_indptr(world, BEGIN, END, indptr);
        uint32_t *indices = malloc((size_t)entries * sizeof *indices);
        uint8_t *values = malloc((size_t)entries);
        assert_true(indices != NULL && values != NULL);
        tgr_gen_csr_fill(world, MIDDLE, END, indptr + (MIDDLE - BEGIN), indices, values);
        tgr_gen_csr_fill(world, BEGIN, MIDDLE, indptr, indices, values);
        int64_t at = 0;
        for (uint64_t row = BEGIN; row < END; row++) {
            tgr_gen_record record;
            tgr_gen_draw(world, row, &record);
            assert_int_equal(indptr[row - BEGIN], at);
            for (uint32_t t = 0; t < record.tags.count; t++, at++) {
                assert_int_equal(indices[at], record.tags.ids[t]);
                assert_int_equal(values[at], record.tags.counts[t]);
            }
        }
        assert_int_equal(at, entries);
        free(values);
        free(indices);
        tgr_gen_world_free(world);
    }
}

/* Frequencies fall from one range of ranks to the next as the law says, within a factor of two. */
static void test_frequencies_follow_zipf(void **state)
{
    (void)state;
    enum { QUERIES = 100000 };
    tgr_gen_options options = shape(1600, 40, 1, 9);
    tgr_gen_world *world = make(&options);
    double *times = calloc(options.tags, sizeof *times), total = 0.0, weights = 0.0;
    assert_non_null(times);
    for (uint64_t index = 0; index < QUERIES; index++) {
        tgr_gen_tags tags;
        tgr_gen_draw_tags(world, index, &tags);
        total += tags.count;
        for (uint32_t t = 0; t < tags.count; t++) {
            times[tags.ids[t]]++;
        }
    }
    assert_true(total / QUERIES > 4.95 && total / QUERIES < 5.05);
    for (uint32_t t = 0; t < options.tags; t++) {
        assert_true(times[t] > 0.0);
        weights += 1.0 / (t + 1.0);
    }
    double before = 1e300;
    for (uint32_t begin = 0, width = 1; begin < options.tags; begin += width, width *= 2) {
        double seen = 0.0, expected = 0.0;
        uint32_t end = begin + width < options.tags ? begin + width : options.tags;
        for (uint32_t t = begin; t < end; t++) {
            seen += times[t];
            expected += total / weights / (t + 1.0);
        }
        printf("%u %g\n", begin, seen / expected);
        assert_true(begin < 7 || (seen > expected / 2 && seen < expected * 2));
        assert_true(seen / (end - begin) < before);
        before = seen / (end - begin);
    }
    free(times);
    tgr_gen_world_free(world);
}

/* Two tags of one topic meet more often than chance has it. */
static void test_topics_make_tags_meet(void **state)
{
    (void)state;
    enum { QUERIES = 50000, PAIRS = 32 };
    tgr_gen_options options = shape(1600, 40, 1, 9);
    tgr_gen_world *world = make(&options);
    uint64_t together[PAIRS] = {0}, first[PAIRS] = {0}, second[PAIRS] = {0}, met = 0;
    double chance = 0.0;
    for (uint64_t index = 0; index < QUERIES; index++) {
        tgr_gen_tags tags;
        tgr_gen_draw_tags(world, index, &tags);
        for (uint32_t p = 0; p < PAIRS; p++) {
            const tgr_gen_topic *topic = &world->topics[p];
            uint32_t a = world->topic_tag_cells[topic->first].own;
            uint32_t b = world->topic_tag_cells[topic->first + 1].own;
            bool has_a = false, has_b = false;
            for (uint32_t t = 0; t < tags.count; t++) {
                has_a |= tags.ids[t] == a;
                has_b |= tags.ids[t] == b;
            }
            together[p] += has_a && has_b;
            first[p] += has_a;
            second[p] += has_b;
        }
    }
    for (uint32_t p = 0; p < PAIRS; p++) {
        met += together[p];
        chance += (double)first[p] * (double)second[p] / QUERIES;
    }
    assert_true((double)met > 5.0 * chance);
    tgr_gen_world_free(world);
}

static int outcome_of(int own, int reference)
{
    if (own > reference) {
        return 2;
    }
    return own == reference && own > 0 ? 1 : 0;
}

static void check_answers(const tgr_gen_world *world, const tgr_gen_record *record)
{
    uint64_t able = record->needs_vision ? world->vision_mask : UINT64_MAX;
    able &= record->needs_function_calling ? world->function_mask : UINT64_MAX;
    able &= record->allow != 0 ? record->allow : UINT64_MAX;
    assert_int_equal(record->judged & ~(able & ~record->deny), 0);
    for (uint32_t k = 0; k < world->options.models; k++) {
        const tgr_gen_model *model = &world->models[k];
        assert_in_range(record->halves[k], 0, 2);
        assert_int_equal(
            record->outcomes[k],
            (record->judged & 1) == 0 ? -1 : outcome_of(record->halves[k], record->halves[0]));
        assert_int_equal(record->costs[k], model->input_price * record->prompt_tokens +
                                               model->output_price * record->completion_tokens[k]);
        assert_true(record->prompt_tokens < model->max_input_tokens);
        assert_true(record->completion_tokens[k] > 0);
    }
}

static void test_answers_and_eligibility(void **state)
{
    (void)state;
    enum { QUERIES = 20000 };
    const uint32_t models[] = {1, 2, 5, 64};
    for (size_t i = 0; i < 4; i++) {
        tgr_gen_options options = shape(1601, 40, 1, 9);
        options.models = models[i];
        options.judged = 0.6;
        options.eligibility = 0.25;
        tgr_gen_world *world = make(&options);
        uint64_t limited = 0, train = 0, judged = 0;
        for (uint64_t index = 0; index < QUERIES; index++) {
            tgr_gen_record record;
            tgr_gen_draw(world, index, &record);
            check_answers(world, &record);
            bool some =
                record.needs_vision || record.needs_function_calling || record.allow || record.deny;
            limited += some;
            train += record.train;
            judged += some ? 0 : (uint64_t)__builtin_popcountll(record.judged);
        }
        assert_in_range(limited, QUERIES * 24 / 100, QUERIES * 26 / 100);
        assert_in_range(train, QUERIES * 69 / 100, QUERIES * 71 / 100);
        double share = (double)judged / (double)((QUERIES - limited) * models[i]);
        assert_true(share > 0.58 && share < 0.62);
        tgr_gen_world_free(world);
    }
}

/* Dearest best overall; someone cheaper at least as good on a good part of the queries. */
static void test_routing_pays(void **state)
{
    (void)state;
    enum { QUERIES = 20000 };
    for (uint64_t seed = 1; seed <= 5; seed++) {
        tgr_gen_options options = shape(1601, 40, 1, 9);
        options.seed = seed;
        tgr_gen_world *world = make(&options);
        double score[5] = {0}, cost[5] = {0}, oracle_score = 0.0, oracle_cost = 0.0;
        for (uint64_t index = 0; index < QUERIES; index++) {
            tgr_gen_record record;
            tgr_gen_draw(world, index, &record);
            uint32_t best = 0;
            for (uint32_t k = 0; k < 5; k++) {
                score[k] += record.halves[k];
                cost[k] += (double)record.costs[k];
                if (record.halves[k] > record.halves[best] ||
                    (record.halves[k] == record.halves[best] &&
                     record.costs[k] < record.costs[best])) {
                    best = k;
                }
            }
            oracle_score += record.halves[best];
            oracle_cost += (double)record.costs[best];
        }
        for (uint32_t k = 1; k < 5; k++) {
            assert_true(score[k] < score[0] && score[k] > 0.4 * score[0] && cost[k] < cost[k - 1]);
        }
        assert_true(cost[0] > 20.0 * cost[4] && cost[0] > 4.0 * oracle_cost &&
                    oracle_score > score[0]);
        tgr_gen_world_free(world);
    }
}

static void test_texts_fit(void **state)
{
    (void)state;
    tgr_gen_options list[SHAPES];
    size_t count = shapes(list);
    for (size_t i = 0; i < count; i++) {
        tgr_gen_world *world = make(&list[i]);
        for (uint64_t index = 0; index < 500; index++) {
            tgr_gen_record record;
            char text[TGR_GEN_TEXT_MAX];
            tgr_gen_draw(world, index, &record);
            size_t length = tgr_gen_text(world, &record, text);
            assert_in_range(length, 40, TGR_GEN_TEXT_MAX);
            for (size_t c = 0; c < length; c++) {
                assert_true((unsigned char)text[c] >= 0x20 && text[c] != '"' && text[c] != '\\');
            }
        }
        tgr_gen_world_free(world);
    }
}

static void test_bad_options_are_refused(void **state)
{
    (void)state;
    tgr_gen_options list[10];
    for (size_t i = 0; i < 10; i++) {
        tgr_gen_options_init(&list[i]);
    }
    list[0].tags = 8;
    list[1].tags = TGR_GEN_TAGS_MAX + 1;
    list[2].min_tags = 0;
    list[3].min_tags = 10;
    list[4].max_tags = 65;
    list[5].models = 0;
    list[6].models = 65;
    list[7].topics = 1602;
    list[8].judged = 1.5;
    list[9].zipf = -1.0;
    for (size_t i = 0; i < 10; i++) {
        tgr_gen_world *world = (tgr_gen_world *)&world;
        tgr_error error = {0};
        assert_int_equal(tgr_gen_world_new(&list[i], &world, &error), TGR_ERR_ARGUMENT);
        assert_null(world);
        assert_true(strlen(error.message) > 10);
    }
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    tgr_gen_options options = shape(200, 10, 1, 9);
    long before = tgr_mem_live();
    tgr_status status = TGR_ERR_NOMEM;
    long n = 0;
    for (; status != TGR_OK; n++) {
        tgr_gen_world *world = NULL;
        tgr_error error = {0};
        tgr_mem_fail_after(n);
        status = tgr_gen_world_new(&options, &world, &error);
        tgr_mem_fail_after(-1);
        assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
        assert_true((world != NULL) == (status == TGR_OK));
        tgr_gen_world_free(world);
        assert_int_equal(tgr_mem_live(), before);
    }
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_distinct),
        cmocka_unit_test(test_tags_are_ascending_and_in_range),
        cmocka_unit_test(test_matrix_holds_the_tags),
        cmocka_unit_test(test_frequencies_follow_zipf),
        cmocka_unit_test(test_topics_make_tags_meet),
        cmocka_unit_test(test_answers_and_eligibility),
        cmocka_unit_test(test_routing_pays),
        cmocka_unit_test(test_texts_fit),
        cmocka_unit_test(test_bad_options_are_refused),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
