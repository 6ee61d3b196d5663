/* test_report.c - pages, tables and plots of simulations made up for the purpose. */
#include "tests/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tagroute/report.h>

#include "engine/base/memory.h"
#include "engine/report/axis.h"
#include "engine/report/front.h"
#include "engine/report/look.h"
#include "engine/report/words.h"

static uint64_t random_state = 20251126;

static double draw(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (double)(random_state >> 11) * 0x1p-53;
}

/* ---- made-up simulations ----------------------------------------------------------------------
 */

typedef struct made {
    tgr_simulation simulation, low, high;
    tgr_intervals intervals;
    tgr_point *points[3];
    double *shares;
    tgr_baseline *alone;
    char **names;
    double edges[3];
    double counts[2];
} made;

static tgr_baseline baseline(const char *model)
{
    return (tgr_baseline){1 + 9 * draw(), draw(), draw(), 1, model};
}

static void make_point(tgr_point *point, size_t i, size_t points, size_t models, double *share)
{
    double left = 1;
    for (size_t model = 0; model < models; model++) {
        share[model] = model + 1 == models ? left : left * draw();
        left -= share[model];
    }
    double part = points > 1 ? (double)i / (double)(points - 1) : 0;
    *point =
        (tgr_point){part - 0.5, 1 + 8 * part, 0.5 + 0.3 * draw(), 0.4 + 0.3 * draw(), 1, share};
}

static made *make(size_t points, size_t models, bool ranges, const char *hostile)
{
    made *m = calloc(1, sizeof *m);
    m->shares = calloc(points * models + 1, sizeof *m->shares);
    m->alone = calloc(models, sizeof *m->alone);
    m->names = calloc(models, sizeof *m->names);
    for (size_t model = 0; model < models; model++) {
        m->names[model] = malloc(100);
        snprintf(m->names[model], 100, "%s%zu", hostile != NULL ? hostile : "model-", model);
        m->alone[model] = baseline(m->names[model]);
    }
    for (int end = 0; end < 3; end++) {
        m->points[end] = calloc(points + 1, sizeof *m->points[end]);
        for (size_t i = 0; i < points; i++) {
            make_point(&m->points[end][i], i, points, models, m->shares + i * models);
        }
    }
    for (int i = 0; i < 3; i++) {
        m->edges[i] = i - 1;
    }
    m->counts[0] = 12;
    m->counts[1] = 34567;
    m->simulation = (tgr_simulation){
        .queries = 1234567,
        .weight = 1234567,
        .models = models,
        .model_names = (const char *const *)m->names,
        .policy = TGR_POLICY_MARGIN,
        .quality = TGR_QUALITY_SCORE,
        .points = points,
        .curve = m->points[0],
        .best = points > 0 ? points / 2 : points,
        .metrics = {.1, .2, .3, .4, .5, .6, .7, .8, .9, NAN},
        .alone = m->alone,
        .best_single = baseline(m->names[0]),
        .oracle = baseline(NULL),
        .random = baseline(NULL),
        .cost_matched_random = baseline(NULL),
        .margins = {2, m->edges, m->counts, 5, 0},
    };
    m->low = m->high = m->simulation;
    m->low.curve = m->points[1];
    m->high.curve = m->points[2];
    m->intervals = (tgr_intervals){200, 1, &m->low, &m->high};
    m->simulation.intervals = ranges ? &m->intervals : NULL;
    return m;
}

static void unmake(made *m)
{
    for (size_t model = 0; model < m->simulation.models; model++) {
        free(m->names[model]);
    }
    for (int end = 0; end < 3; end++) {
        free(m->points[end]);
    }
    free(m->names);
    free(m->alone);
    free(m->shares);
    free(m);
}

static char *html_of(const tgr_simulation *simulation, size_t *length)
{
    char *text = NULL;
    tgr_error error;
    assert_int_equal(tgr_simulation_html(simulation, &text, length, &error), TGR_OK);
    assert_int_equal(strlen(text), *length);
    return text;
}

/* ---- numbers ----------------------------------------------------------------------------------
 */

static void test_words(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *word;
    } moneys[] = {{0, "$0"},
                  {0.000234, "$0.000234"},
                  {0.0099999, "$0.01000"},
                  {1, "$1.00"},
                  {1872.961, "$1,872.96"},
                  {999.999, "$1,000.00"},
                  {1e6, "$1,000,000.00"},
                  {-2.5, "-$2.50"},
                  {NAN, "-"}};
    char word[TGR_WORD_SIZE];
    for (size_t i = 0; i < sizeof moneys / sizeof *moneys; i++) {
        assert_string_equal(tgr_word_money(word, moneys[i].value), moneys[i].word);
    }
    assert_string_equal(tgr_word_count(word, 0), "0");
    assert_string_equal(tgr_word_count(word, 1234567), "1,234,567");
    assert_string_equal(tgr_word_share(word, 0.99999), ">99.9 %");
    assert_string_equal(tgr_word_share(word, 1), "100.0 %");
    assert_string_equal(tgr_word_share(word, 1e-9), "<0.1 %");
    assert_string_equal(tgr_word_threshold(word, TGR_POLICY_MARGIN, (double)0.1f), "0.1");
    assert_string_equal(tgr_word_threshold(word, TGR_POLICY_UTILITY, (double)0.1f),
                        "0.10000000149011612");
    assert_string_equal(tgr_word_name(word, "maker/name", 8), "name");
    assert_string_equal(tgr_word_name(word, "maker/", 8), "maker/");
    assert_string_equal(tgr_word_name(word, "0123456789", 8), "0123456\xe2\x80\xa6");
}

/* Ticks are multiples of 1, 2, 2.5 or 5 times a power of ten, within the axis, and read
 * differently.
 */
static void test_axes(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        double size = pow(10, 12 * draw() - 6), low = size * (draw() - 0.5);
        double high = low + size * draw();
        tgr_unit unit = (tgr_unit)(round % 3);
        tgr_axis axis = tgr_axis_make(low, high, 2 + (size_t)(8 * draw()), unit, round % 2 == 0);
        assert_true(axis.from <= low && axis.to >= high);
        double digits = axis.step / pow(10, floor(log10(axis.step) + 1e-9)), value,
               before = -INFINITY;
        assert_true(fabs(digits - 1) < 1e-6 || fabs(digits - 2) < 1e-6 ||
                    fabs(digits - 2.5) < 1e-6 || fabs(digits - 5) < 1e-6);
        char label[48], last[48] = "";
        size_t ticks = 0;
        for (; tgr_axis_tick(&axis, ticks, &value); ticks++) {
            assert_true(value > before && tgr_axis_part(&axis, value) > -1e-6 &&
                        tgr_axis_part(&axis, value) < 1 + 1e-6);
            tgr_axis_label(&axis, value, label);
            if (strcmp(label, last) == 0) {
                fail_msg("round %d: two ticks read %s", round, label);
            }
            strcpy(last, label);
            before = value;
        }
        assert_in_range(ticks, 1, 24);
    }
    char label[48];
    tgr_axis money = tgr_axis_make(0, 2000000, 4, TGR_UNIT_MONEY, false);
    assert_string_equal(tgr_axis_label(&money, 1500000, label), "$1.5M");
    money = tgr_axis_make(0, 0.002, 4, TGR_UNIT_MONEY, false);
    assert_string_equal(tgr_axis_label(&money, 0.0015, label), "$0.0015");
}

/* ---- the front --------------------------------------------------------------------------------
 */

static bool is_beaten(const tgr_simulation *s, double cost, double quality)
{
    for (size_t i = 0; i < s->points + s->models; i++) {
        bool point = i < s->points;
        double c = point ? s->curve[i].cost : s->alone[i - s->points].cost;
        double q = point ? s->curve[i].mean_score : s->alone[i - s->points].mean_score;
        if (c <= cost && q >= quality && (c < cost || q > quality)) {
            return true;
        }
    }
    return false;
}

static void test_front(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        made *m = make(1 + (size_t)(60 * draw()), 1 + (size_t)(9 * draw()), false, NULL);
        const tgr_simulation *s = &m->simulation;
        for (size_t i = 0; i < s->points; i++) { /* ties */
            m->points[0][i].cost = floor(m->points[0][i].cost);
            m->points[0][i].mean_score = floor(20 * m->points[0][i].mean_score) / 20;
        }
        tgr_look look;
        tgr_front front;
        tgr_error error;
        assert_int_equal(tgr_look_open(&look, s, &error), TGR_OK);
        assert_int_equal(tgr_front_find(&front, &look, &error), TGR_OK);
        for (size_t i = 0; i < s->points; i++) {
            double cost = s->curve[i].cost, quality = s->curve[i].mean_score;
            assert_int_equal(tgr_front_has(&front, cost, quality), !is_beaten(s, cost, quality));
        }
        tgr_front_free(&front);
        tgr_look_close(&look);
        unmake(m);
    }
}

/* ---- pages ------------------------------------------------------------------------------------
 */

static void test_escapes(void **state)
{
    (void)state;
    made *m = make(5, 3, true, "</title><script>alert('x')</script>\"&\x01\xff\xe2\x80\xae");
    m->simulation.origin = (tgr_origin){.router = "<b>", .split = "a\"b<i>", .files = 0};
    size_t length;
    char *text = html_of(&m->simulation, &length);
    assert_null(strstr(text, "<script>alert"));
    assert_null(strstr(text, "alert('x')"));
    assert_null(strstr(text, "<b></dd>"));
    assert_null(strstr(text, "<i>"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    assert_null(strchr(text, '\x01'));
    assert_null(strchr(text, '\xff'));
    assert_non_null(strstr(text, "&lt;/title&gt;&lt;script&gt;"));
    tgr_free(text);
    tgr_error error;
    m->names[0][0] = '=';
    assert_int_equal(tgr_simulation_csv(&m->simulation, &text, &length, &error), TGR_OK);
    assert_non_null(strstr(text, "alone,\"'=/title"));
    tgr_free(text);
    unmake(m);
}

/* The page stays small, whatever there is to show. */
static void test_sizes(void **state)
{
    (void)state;
    static const size_t shapes[][2] = {{0, 1},     {1, 1},     {2, 2},    {21, 9},
                                       {10000, 5}, {3000, 50}, {101, 400}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (int ranges = 0; ranges < 2; ranges++) {
            made *m = make(shapes[i][0], shapes[i][1], ranges == 1, NULL);
            size_t length;
            char *text = html_of(&m->simulation, &length);
            if (length >= 1000000) {
                fail_msg("%zu points of %zu models: %zu bytes", shapes[i][0], shapes[i][1], length);
            }
            assert_null(strstr(text, "nan"));
            assert_null(strstr(text, "=\"inf"));
            tgr_free(text);
            unmake(m);
        }
    }
}

/* Nothing known at all, and infinities. */
static void test_unknown(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        made *m = make(7, 3, kind == 2, NULL);
        double value = kind == 3 ? INFINITY : NAN;
        for (size_t i = 0; i < 7; i++) {
            m->points[0][i].cost = value;
            m->points[0][i].mean_score = kind == 1 ? 0.5 : value;
            m->points[1][i].mean_score = value;
        }
        m->alone[1].cost = m->simulation.oracle.mean_score = value;
        m->simulation.quality = kind == 2 ? TGR_QUALITY_ACCEPT : TGR_QUALITY_SCORE;
        m->simulation.margins.bins = 0;
        m->simulation.best_single.model = NULL;
        size_t length;
        tgr_free(html_of(&m->simulation, &length));
        char *text;
        tgr_error error;
        tgr_plot_options options;
        tgr_plot_options_init(&options);
        assert_int_equal(tgr_simulation_plot(&m->simulation, &options, &text, NULL, &error),
                         TGR_OK);
        assert_int_equal(text[0] == '\0', kind == 0);
        tgr_free(text);
        unmake(m);
    }
}

static tgr_status write_kind(int kind, const tgr_simulation *simulation, char **text)
{
    tgr_error error;
    tgr_plot_options options;
    tgr_plot_options_init(&options);
    return kind == 0   ? tgr_simulation_html(simulation, text, NULL, &error)
           : kind == 1 ? tgr_simulation_csv(simulation, text, NULL, &error)
                       : tgr_simulation_plot(simulation, &options, text, NULL, &error);
}

static void test_memory(void **state)
{
    (void)state;
    made *m = make(30, 4, true, NULL);
    for (int kind = 0; kind < 3; kind++) {
        long fail = 0;
        for (;; fail++) {
            char *text = NULL;
            tgr_mem_fail_after(fail);
            tgr_status status = write_kind(kind, &m->simulation, &text);
            tgr_mem_fail_after(-1);
            if (status == TGR_OK) {
                tgr_free(text);
                break;
            }
            assert_int_equal(status, TGR_ERR_NOMEM);
            assert_int_equal(tgr_mem_live(), 0);
        }
        assert_true(fail > 3);
    }
    assert_int_equal(tgr_mem_live(), 0);
    unmake(m);
}

/* ---- plots ------------------------------------------------------------------------------------
 */

/* A straight line from corner to corner, drawn by hand. */
static void test_plot(void **state)
{
    (void)state;
    const char *const names[] = {"cheap", "maker/dear"};
    const double shares[] = {1, 0, 0, 1};
    const tgr_point points[] = {{-1, 0, NAN, 0, 1, shares}, {1, 10, NAN, 1, 1, shares + 2}};
    const tgr_baseline alone[] = {{0, NAN, 0, 1, "cheap"}, {10, NAN, 1, 1, "maker/dear"}};
    const tgr_baseline none = {NAN, NAN, NAN, NAN, NULL};
    const tgr_simulation simulation = {.queries = 10,
                                       .weight = 10,
                                       .models = 2,
                                       .model_names = names,
                                       .reference = 1,
                                       .quality = TGR_QUALITY_SCORE,
                                       .points = 2,
                                       .curve = points,
                                       .best = 2,
                                       .alone = alone,
                                       .best_single = none,
                                       .oracle = none,
                                       .random = none,
                                       .cost_matched_random = none};
    tgr_plot_options options;
    tgr_plot_options_init(&options);
    options.columns = 40;
    options.rows = 6;
    options.ascii = true;
    char *text;
    tgr_error error;
    assert_int_equal(tgr_simulation_plot(&simulation, &options, &text, NULL, &error), TGR_OK);
    assert_string_equal(text, "  mean score\n"
                              "  1.0 +                             ...B\n"
                              "      |                       ...'''\n"
                              "  0.5 +                ...:'''\n"
                              "      |          ...:'''\n"
                              "      |    ...'''\n"
                              "  0.0 +A'''\n"
                              "      ++---------------+---------------+\n"
                              "       $0             $5              $10  cost\n"
                              "    A cheap   B dear\n");
    tgr_free(text);
    options.columns = 39;
    assert_int_equal(tgr_simulation_plot(&simulation, &options, &text, NULL, &error),
                     TGR_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),  cmocka_unit_test(test_axes),
        cmocka_unit_test(test_front),  cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_sizes),  cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_memory), cmocka_unit_test(test_plot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
