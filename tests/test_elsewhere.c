/* test_elsewhere.c - scores and decisions from files: those of the router itself give what the
 * router gives, others what plain sums do; and files that are wrong. */
#include <stdarg.h>

#include <tagroute/details.h>
#include <tagroute/elsewhere.h>

#include "engine/store/npy.h"
#include "tests/test_simulate_plain.h"
#include "tests/test_simulate_run.h"

static char other[300]; /* a file from elsewhere */

/* ---- writing --------------------------------------------------------------------------------- */

static void put_npy(const char *header, const void *bytes, size_t length)
{
    unsigned char front[10] = "\x93NUMPY\x01";
    size_t text = strlen(header);
    front[8] = (unsigned char)(text & 255);
    front[9] = (unsigned char)(text >> 8);
    FILE *file = fopen(other, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(front, 1, sizeof front, file), sizeof front);
    assert_int_equal(fwrite(header, 1, text, file), text);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void put_text(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    FILE *file = fopen(other, "wb");
    assert_non_null(file);
    vfprintf(file, format, arguments);
    va_end(arguments);
    assert_int_equal(fclose(file), 0);
}

/* float32 as they come, or float64 by columns with the bytes the other way round. */
static void put_scores(const float *scores, size_t rows, size_t columns, bool plain)
{
    char header[100];
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': (%zu, %zu), }\n",
             plain ? "<f4" : ">f8", plain ? "False" : "True", rows, columns);
    if (plain) {
        put_npy(header, scores, rows * columns * sizeof *scores);
        return;
    }
    unsigned char *bytes = some(rows * columns, 8);
    for (size_t i = 0; i < rows * columns; i++) {
        double value = scores[i];
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        size_t at = i % columns * rows + i / columns;
        for (size_t byte = 0; byte < 8; byte++) {
            bytes[8 * at + byte] = (unsigned char)(bits >> (56 - 8 * byte));
        }
    }
    put_npy(header, bytes, rows * columns * 8);
    free(bytes);
}

/* ---- running --------------------------------------------------------------------------------- */

static tgr_status judge(const world *w, const setting *set, bool decisions,
                        tgr_simulation **simulation, tgr_error *error, long fail)
{
    const char *inputs[] = {paths[0], paths[1]};
    const tgr_elsewhere elsewhere = {"other", other, decisions};
    tgr_simulate_options options;
    tgr_simulate_options_init(&options);
    options.inputs = inputs;
    options.input_count = set->two_files ? 2 : 1;
    options.policy = set->policy;
    options.quality = set->quality;
    options.bootstrap = set->bootstrap;
    options.by = set->by;
    options.by_count = set->by_count;
    options.predictions = set->predictions;
    const tgr_run run = {.size = sizeof run, .threads = set->threads, .memory = set->memory};
    tgr_router *router = world_router(w);
    tgr_mem_fail_after(fail);
    tgr_status status =
        tgr_simulate_elsewhere(router, &elsewhere, &options, simulation, &run, error);
    tgr_mem_fail_after(-1);
    tgr_router_free(router);
    return status;
}

static tgr_simulation *judged(const world *w, const setting *set, bool decisions)
{
    tgr_simulation *simulation;
    tgr_error error;
    if (judge(w, set, decisions, &simulation, &error, -1) != TGR_OK) {
        fail_msg("seed %u: %s", world_seed, error.message);
    }
    return simulation;
}

static world *draw_world(unsigned seed, size_t models, bool two)
{
    random_state = world_seed = seed;
    const world_kind kind = {.scores = true,
                             .outcomes = draw(2) == 0,
                             .costs = true,
                             .sparse = draw(2) == 0,
                             .lists = draw(2) == 0,
                             .ties = draw(2) == 0,
                             .prices = draw(2) == 0};
    world *w = world_new(500, models, draw(models));
    world_fill(w, &kind);
    write_files(w, two);
    return w;
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* ---- scores ---------------------------------------------------------------------------------- */

static void router_scores(const world *w, float *scores)
{
    plain_view view;
    float places[MODELS];
    view_world(w, &view);
    for (size_t query = 0; query < w->queries; query++) {
        score_query(w, &view, query, places);
        for (size_t model = 0; model < w->models; model++) {
            scores[query * w->models + model] = places[view.place_of[model]];
        }
    }
}

static void check_same(const tgr_simulation *got, const tgr_simulation *expected)
{
    const double *a = (const double *)&got->metrics, *b = (const double *)&expected->metrics;
    assert_string_equal(got->elsewhere, "other");
    assert_false(got->given);
    assert_int_equal(got->points, expected->points);
    assert_int_equal(got->best, expected->best);
    assert_int_equal(got->undecided, expected->undecided);
    for (size_t i = 0; i < got->points; i++) {
        const tgr_point *x = &got->curve[i], *y = &expected->curve[i];
        assert_true(x->threshold == y->threshold && same(x->cost, y->cost));
        assert_true(same(x->accept_rate, y->accept_rate) && same(x->mean_score, y->mean_score));
        assert_true(same(x->coverage, y->coverage));
        for (size_t model = 0; model < got->models; model++) {
            assert_true(x->share[model] == y->share[model]);
        }
    }
    for (size_t i = 0; i < sizeof got->metrics / sizeof *a; i++) {
        assert_true(same(a[i], b[i]));
    }
    assert_true(same(got->oracle.cost, expected->oracle.cost));
    assert_true(
        same(got->cost_matched_random.mean_score, expected->cost_matched_random.mean_score));
}

static void test_scores(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 12; round++) {
        bool two = round % 2 == 1;
        world *w = draw_world(100 + round, 2 + draw(5), two);
        float *scores = some(w->queries * w->models, sizeof *scores);
        router_scores(w, scores);
        put_scores(scores, w->queries, w->models, round % 3 > 0);
        setting set = {.policy = (tgr_policy)(round % 3),
                       .quality = TGR_QUALITY_SCORE,
                       .fallback = -1,
                       .two_files = two,
                       .threads = 1 + (int)draw(3),
                       .memory = round % 4 == 0 ? 1 << 16 : 0};
        tgr_simulation *expected = simulate(w, &set), *got = judged(w, &set, false);
        check_same(got, expected);
        tgr_simulation_free(expected);
        tgr_simulation_free(got);
        free(scores);
        world_free(w);
    }
}

/* ---- decisions ------------------------------------------------------------------------------- */

enum { AS_LINES, AS_MAPS, AS_COLUMN, AS_TABLE, AS_NUMBERS, AS_NAMES, SHAPES };

static void put_rows(const int *chosen, size_t count, int shape)
{
    FILE *file = fopen(other, "wb");
    assert_non_null(file);
    if (shape == AS_TABLE) {
        fputs("why,model,id\r\n", file);
    }
    for (size_t i = 0; i < count; i++) {
        char name[16] = "";
        if (chosen[i] >= 0) {
            snprintf(name, sizeof name, "m%d", chosen[i]);
        }
        if (shape == AS_LINES) {
            fprintf(file, "%d\n", chosen[i]);
        } else if (shape == AS_MAPS && i % 3 == 0) {
            fprintf(file, "{\"id\":\"q%zu\",\"x\":[{\"model\":9}],\"model\":%d}\n", i, chosen[i]);
        } else if (shape == AS_MAPS && chosen[i] < 0) {
            fprintf(file, "{\"id\":\"q%zu\",\"model\":null}\n", i);
        } else if (shape == AS_MAPS) {
            fprintf(file, "{\"models\":[\"m%d\"],\"id\":\"q%zu\"}\n", chosen[i], i);
        } else if (shape == AS_TABLE) {
            fprintf(file, "\"a, \"\"b\"\"\",%s,q%zu%s\n", name, i, i % 2 == 0 ? "\r" : "");
        } else {
            fprintf(file, "%s%s%s\n", i % 2 == 0 ? "\"" : "", name, i % 2 == 0 ? "\"" : "");
        }
    }
    assert_int_equal(fclose(file), 0);
}

static void put_array(const int *chosen, size_t count, bool names)
{
    char header[100];
    int16_t *numbers = some(count, sizeof *numbers);
    uint32_t *texts = some(count, 3 * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        char name[16] = "";
        numbers[i] = (int16_t)chosen[i];
        if (chosen[i] >= 0) {
            snprintf(name, sizeof name, "m%d", chosen[i]);
        }
        for (size_t at = 0; at < 3; at++) {
            texts[3 * i + at] = (unsigned char)name[at];
        }
    }
    snprintf(header, sizeof header, "{'shape': (%zu,), 'descr': '%s', 'fortran_order': False}",
             count, names ? "<U3" : "<i2");
    put_npy(header, names ? (void *)texts : numbers, count * (names ? 12 : 2));
    free(numbers);
    free(texts);
}

static void put_decisions(const int *chosen, size_t count, int shape)
{
    if (shape == AS_NUMBERS || shape == AS_NAMES) {
        put_array(chosen, count, shape == AS_NAMES);
    } else {
        put_rows(chosen, count, shape);
    }
}

static void check_decided(const world *w, const tgr_simulation *got, const int *chosen)
{
    const plain_point plain = plain_measure(w, chosen, true, 0); /* who may not serve has a rank */
    const tgr_point *point = &got->curve[0];
    size_t undecided = 0;
    for (size_t query = 0; query < w->queries; query++) {
        undecided += chosen[query] < 0;
    }
    assert_true(got->given && got->points == 1 && got->best == 0 && isnan(point->threshold));
    assert_int_equal(got->undecided, undecided);
    assert_same(point->cost, plain.cost, "cost");
    assert_same(point->accept_rate, plain.accept_rate, "accept rate");
    assert_same(point->mean_score, plain.mean_score, "mean score");
    assert_same(point->coverage, plain.coverage, "coverage");
    assert_same(got->metrics.rank, plain.rank, "rank");
    assert_true(isnan(got->metrics.auc) && isnan(got->metrics.aiq));
    for (size_t model = 0; model < w->models; model++) {
        assert_about(point->share[model], plain.share[model], 1e-12, "share");
    }
    const tgr_breakdown *by = got->details->breakdowns;
    for (size_t i = 0; got->details->breakdown_count > 0 && i < by->count; i++) {
        assert_true(isnan(by->slices[i].simulation->curve[0].threshold));
        assert_true(by->slices[i].simulation->given && isnan(by->slices[i].known_tags));
    }
}

static void test_decisions(void **state)
{
    (void)state;
    static const char *const by[] = {"category"};
    for (unsigned round = 0; round < 2 * SHAPES; round++) {
        int shape = (int)(round % SHAPES);
        world *w = draw_world(200 + round, 2 + draw(5), round % 2 == 1);
        int *chosen = some(w->queries, sizeof *chosen);
        for (size_t query = 0; query < w->queries; query++) {
            bool none = shape != AS_COLUMN && draw(9) == 0; /* an empty line is no row */
            chosen[query] = none ? -1 : (int)draw(w->models);
        }
        put_decisions(chosen, w->queries, shape);
        setting set = {.quality = TGR_QUALITY_SCORE,
                       .two_files = round % 2 == 1,
                       .bootstrap = round % 3 == 0 ? 10 : 0,
                       .by = by,
                       .by_count = 1,
                       .threads = 1 + (int)draw(3),
                       .memory = round % 3 == 1 ? 1 << 16 : 0};
        tgr_simulation *got = judged(w, &set, true);
        check_decided(w, got, chosen);
        tgr_simulation_free(got);
        free(chosen);
        world_free(w);
    }
}

/* ---- what is wrong --------------------------------------------------------------------------- */

static void refused(const world *w, bool decisions, const char *why)
{
    const setting set = {.fallback = -1, .threads = 2};
    tgr_simulation *simulation;
    tgr_error error = {0};
    tgr_status status = judge(w, &set, decisions, &simulation, &error, -1);
    if (status != TGR_ERR_INPUT || strstr(error.message, why) == NULL) {
        fail_msg("status %d, '%s', where '%s' was expected", (int)status, error.message, why);
    }
    assert_null(simulation);
}

static void test_bad_scores(void **state)
{
    (void)state;
    world *w = draw_world(300, 3, false);
    float *scores = some(w->queries * 4, sizeof *scores);
    put_scores(scores, w->queries - 1, 3, true);
    refused(w, false, "has 499 rows, where the query files hold 500 queries");
    put_scores(scores, w->queries, 4, true);
    refused(w, false, "has 4 columns without names, where there are 3 models");
    scores[3 * 417 + 2] = NAN;
    put_scores(scores, w->queries, 3, true);
    refused(w, false, "row 417, column 2 (counted from 0) is no finite number");
    scores[3 * 417 + 2] = -INFINITY;
    put_scores(scores, w->queries, 3, false);
    refused(w, false, "row 417, column 2 (counted from 0) is no finite number");
    put_text("neither");
    refused(w, false, "not an HDF5 file");
    put_npy("{'descr': '<i4', 'fortran_order': False, 'shape': (500, 3)}", scores, 6000);
    refused(w, false, "queries x models, of floats");
    put_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1500,)}", scores, 6000);
    refused(w, false, "queries x models, of floats");
    free(scores);
    world_free(w);
}

static void test_bad_decisions(void **state)
{
    (void)state;
    world *w = draw_world(301, 3, false);
    int *chosen = some(w->queries + 1, sizeof *chosen);
    put_decisions(chosen, w->queries - 1, AS_LINES);
    refused(w, true, "has 499 rows, where the query files hold 500 queries");
    put_decisions(chosen, w->queries + 1, AS_LINES);
    refused(w, true, "more decisions than the query files hold queries, 500");
    chosen[77] = 3;
    put_decisions(chosen, w->queries, AS_LINES);
    refused(w, true, "line 78: there is no model 3; they count from 0 to 2");
    put_decisions(chosen, w->queries, AS_NUMBERS);
    refused(w, true, "row 77: there is no model 3");
    put_decisions(chosen, w->queries, AS_TABLE);
    refused(w, true, "line 79: the router has no model \"m3\"");
    put_decisions(chosen, w->queries, AS_NAMES);
    refused(w, true, "row 77: the router has no model \"m3\"");
    put_text("{\"models\":[0,1]}\n");
    refused(w, true, "line 1: it has decisions at several thresholds");
    put_text("{\"id\":\"q0\"}\n");
    refused(w, true, "line 1: it has no key 'model'");
    put_text("{\"model\":0}\n{\"model\":[0]}\n");
    refused(w, true, "line 2: a decision is a model's name or number");
    put_text("{\"model\":0\n");
    refused(w, true, "line 1: ");
    put_text("a,b\n1,2\n");
    refused(w, true, "none of its columns is called 'model'");
    put_text("id,model\nq0\n");
    refused(w, true, "line 2: it has fewer columns than the first one");
    put_text("model\n\"m0\n");
    refused(w, true, "line 2: its quotes do not match");
    put_text("model\nm\xff\n");
    refused(w, true, "line 2 is no text in UTF-8");
    put_text("model\n%*s\n", 1100000, "m0");
    refused(w, true, "line 2 is longer than");
    put_text("model\n%*s\n", 3000000, "m0");
    refused(w, true, "line 2 is longer than");
    put_text("");
    refused(w, true, "has 0 rows");
    free(chosen);
    world_free(w);
}

/* Every header is read as it is meant, or refused. */
static void test_npy_headers(void **state)
{
    (void)state;
    static const struct {
        const char *header, *why; /* NULL: well, for 24 bytes of data */
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", NULL},
        {" { \"shape\" :(3 ,2,) ,'fortran_order':True,'descr':'<f4'} \n", NULL},
        {"{'descr': '<U2', 'fortran_order': False, 'shape': (3,)}", NULL},
        {"{'descr': '|S8', 'fortran_order': False, 'shape': (3,)}", NULL},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (24,)}", NULL},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }", "cut off"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", "follows the array"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 2), }", "follows the array"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387905, 4)}", "cut off"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 4)}",
         "its header"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }", "3 dimensions"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "0 dimensions"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", "its elements are '|O'"},
        {"{'descr': '|O8', 'fortran_order': False, 'shape': (3,), }", "its elements are '|O8'"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (3,), }", "its elements are '<c8'"},
        {"{'descr': '<f2', 'fortran_order': False, 'shape': (12,), }", "its elements are '<f2'"},
        {"{'descr': '<f16', 'fortran_order': False, 'shape': (3,), }", "its elements are '<f16'"},
        {"{'descr': '<i3', 'fortran_order': False, 'shape': (8,), }", "its elements are '<i3'"},
        {"{'descr': '<U99999', 'fortran_order': False, 'shape': (1,), }", "its elements"},
        {"{'descr': '', 'fortran_order': False, 'shape': (1,), }", "its elements are ''"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,)}", "its header"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3), }", "its header"},
        {"{'descr': '<f4', 'shape': (2, 3), }", "its header"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3), }", "its header"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } x", "its header"},
        {"{'descr': '<f4' 'fortran_order': False, 'shape': (2, 3), }", "its header"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)", "its header"},
        {"{'other': 1, 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", "its header"},
        {"", "its header"},
    };
    const char data[24] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tgr_npy npy;
        tgr_error error = {0};
        put_npy(cases[i].header, data, sizeof data);
        tgr_status status = tgr_npy_open(other, &npy, &error);
        bool expected = cases[i].why == NULL ? status == TGR_OK
                                             : status == TGR_ERR_INPUT &&
                                                   strstr(error.message, cases[i].why) != NULL;
        if (!expected) {
            fail_msg("%s: status %d, '%s'", cases[i].header, (int)status, error.message);
        }
        tgr_npy_close(&npy);
    }
}

/* A file cut anywhere is refused, never read beyond. */
static void test_cut_npy(void **state)
{
    (void)state;
    static const float values[6] = {1, 2, 3, 4, 5, 6};
    put_scores(values, 2, 3, true);
    FILE *file = fopen(other, "rb");
    char bytes[256];
    size_t whole = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t length = 0; length < whole; length++) {
        tgr_npy npy;
        tgr_error error;
        assert_int_equal(truncate(other, (off_t)(whole - 1 - length)), 0);
        assert_int_equal(tgr_npy_open(other, &npy, &error), TGR_ERR_INPUT);
    }
}

static void test_short_memory(void **state)
{
    (void)state;
    world *w = draw_world(302, 3, false);
    float *scores = some(w->queries * 3, sizeof *scores);
    int *chosen = some(w->queries, sizeof *chosen);
    static const int shapes[] = {-1, AS_MAPS, AS_TABLE, AS_NAMES};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        int shape = shapes[i];
        const setting set = {.fallback = -1, .threads = 1};
        tgr_status status = TGR_ERR_NOMEM;
        if (shape < 0) {
            put_scores(scores, w->queries, 3, true);
        } else {
            put_decisions(chosen, w->queries, shape);
        }
        for (long fail = 0; status != TGR_OK; fail += 1 + fail / 8) {
            tgr_simulation *simulation;
            tgr_error error;
            long live = tgr_mem_live();
            status = judge(w, &set, shape >= 0, &simulation, &error, fail);
            assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
            assert_true((simulation != NULL) == (status == TGR_OK));
            tgr_simulation_free(simulation);
            assert_int_equal(tgr_mem_live(), live);
        }
    }
    free(scores);
    free(chosen);
    world_free(w);
}

static int begin(void **state)
{
    int failed = make_folder(state);
    snprintf(other, sizeof other, "%s/other", folder);
    return failed;
}

static int end(void **state)
{
    unlink(other);
    return remove_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores),       cmocka_unit_test(test_decisions),
        cmocka_unit_test(test_bad_scores),   cmocka_unit_test(test_bad_decisions),
        cmocka_unit_test(test_npy_headers),  cmocka_unit_test(test_cut_npy),
        cmocka_unit_test(test_short_memory),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
