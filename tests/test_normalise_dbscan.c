/* test_normalise_dbscan.c - clusters against a plain DBSCAN over the whole square of distances. */
#include "tests/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/normalise/dbscan.h"

#define SEED   20251126u
#define ROUNDS 60

static uint64_t state = SEED;

static uint64_t next_random(void)
{
    state += 0x9e3779b97f4a7c15u;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t below(uint32_t limit)
{
    return (uint32_t)(next_random() % limit);
}

static float number(void)
{
    return (float)((double)(next_random() >> 11) * 0x1p-52 - 1);
}

/* Points around a few centres, some on their own, some all zeros, some twice. */
static tgr_vectors scatter(size_t count, size_t components, float spread)
{
    tgr_vectors vectors;
    size_t centres = 1 + below(12);
    float *centre = calloc(centres * components, sizeof *centre);
    assert_int_equal(tgr_vectors_open(&vectors, count, components, NULL), TGR_OK);
    for (size_t i = 0; i < centres * components; i++) {
        centre[i] = number();
    }
    for (size_t i = 0; i < count; i++) {
        float *vector = vectors.values + i * components;
        const float *from = centre + below((uint32_t)centres) * components;
        uint32_t kind = below(20);
        for (size_t k = 0; k < components && kind > 0; k++) {
            vector[k] = (kind == 1 ? 0 : from[k]) + spread * number();
        }
        if (kind == 2 && i > 0) {
            memcpy(vector, vectors.values + below((uint32_t)i) * components,
                   components * sizeof *vector);
        }
        assert_true(tgr_vector_scale(vector, components));
    }
    free(centre);
    return vectors;
}

/* ---- the plain way -------------------------------------------------------------------------- */

static bool near(const tgr_vectors *vectors, size_t a, size_t b, double eps)
{
    const float *x = vectors->values + a * vectors->components;
    const float *y = vectors->values + b * vectors->components;
    float dot = 0;
    for (size_t k = 0; k < vectors->components; k++) {
        dot = fmaf(x[k], y[k], dot);
    }
    return a == b || 1 - dot <= (float)eps;
}

/* As in the books: from each core that has no cluster yet, all that can be reached. A border point
 * stays with the cluster that came first. */
static void plain(const tgr_vectors *vectors, double eps, uint32_t min_samples, uint32_t *labels)
{
    size_t n = vectors->count, clusters = 0, top;
    bool *square = calloc(n * n + 1, 1), *core = calloc(n + 1, 1);
    size_t *stack = calloc(n * n + 1, sizeof *stack);
    for (size_t i = 0; i < n; i++) {
        size_t degree = 0;
        for (size_t j = 0; j < n; j++) {
            degree += square[i * n + j] = near(vectors, i, j, eps);
        }
        core[i] = degree >= min_samples;
        labels[i] = TGR_NOISE;
    }
    for (size_t i = 0; i < n; i++) {
        if (!core[i] || labels[i] != TGR_NOISE) {
            continue;
        }
        labels[i] = (uint32_t)clusters;
        for (stack[0] = i, top = 1; top > 0;) {
            size_t at = stack[--top];
            for (size_t j = 0; j < n && core[at]; j++) {
                if (square[at * n + j] && labels[j] == TGR_NOISE) {
                    labels[j] = (uint32_t)clusters;
                    stack[top++] = j;
                }
            }
        }
        clusters++;
    }
    free(square);
    free(core);
    free(stack);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static uint32_t *clusters_of(const tgr_vectors *vectors, const tgr_dbscan_plan *plan, int threads,
                             tgr_dbscan_report *report)
{
    tgr_run run = {.size = sizeof run, .threads = threads};
    tgr_error error = {0};
    uint32_t *labels = calloc(vectors->count + 1, sizeof *labels);
    tgr_status status = tgr_dbscan(vectors, plan, labels, report, &run, &error);
    if (status != TGR_OK) {
        fail_msg("%s", error.message);
    }
    return labels;
}

static void check_report(const tgr_dbscan_report *report, const uint32_t *labels, size_t count)
{
    uint32_t clusters = 0;
    uint64_t noise = 0;
    for (size_t i = 0; i < count; i++) {
        noise += labels[i] == TGR_NOISE;
        clusters = labels[i] != TGR_NOISE && labels[i] >= clusters ? labels[i] + 1 : clusters;
    }
    assert_int_equal(report->clusters, clusters);
    assert_int_equal(report->noise, noise);
    assert_int_equal(report->cores + report->borders + report->noise, count);
}

static void clusters_are_those_of_the_plain_way(void **unused)
{
    (void)unused;
    size_t borders = 0, several = 0;
    for (int round = 0; round < ROUNDS; round++) {
        size_t count = round < 3 ? (size_t)round : 1 + below(300), components = 1 + below(70);
        float spread = (float)(0.05 + 0.1 * below(8));
        double eps = 0.01 + 0.03 * below(12);
        uint32_t min_samples = 1 + below(8);
        tgr_vectors vectors = scatter(count, components, spread);
        uint32_t *expected = calloc(count + 1, sizeof *expected);
        plain(&vectors, eps, min_samples, expected);
        for (int way = 0; way < 4; way++) { /* pairs kept, or found again; threads */
            tgr_dbscan_plan plan = {eps, min_samples, way < 2 ? (uint64_t)1 << 30 : 0};
            tgr_dbscan_report report;
            uint32_t *labels = clusters_of(&vectors, &plan, way % 2 == 0 ? 1 : 5, &report);
            if (memcmp(labels, expected, count * sizeof *labels) != 0) {
                fail_msg("round %d, way %d: other clusters", round, way);
            }
            check_report(&report, labels, count);
            assert_true(report.walks <= (way < 2 ? 1u : 3u));
            borders += report.borders;
            several += report.clusters > 1;
            free(labels);
        }
        free(expected);
        tgr_vectors_close(&vectors);
    }
    assert_true(borders > 100 && several > 20); /* the test is about something */
}

/* A point between two clusters goes to the first, though the second is nearer. */
static void a_border_point_goes_to_the_lowest_number(void **unused)
{
    (void)unused;
    const double right_angle = acos(0);
    /* In degrees, and 50 of them are near: the point, five of a cluster, five of another. */
    const double degrees[] = {44, 90, 100, 100, 100, 100, 0, -10, -10, -10, -10};
    const uint32_t expected[] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
    tgr_vectors vectors;
    tgr_dbscan_report report;
    assert_int_equal(tgr_vectors_open(&vectors, 11, 2, NULL), TGR_OK);
    for (size_t i = 0; i < 11; i++) {
        vectors.values[2 * i] = (float)cos(degrees[i] / 90 * right_angle);
        vectors.values[2 * i + 1] = (float)sin(degrees[i] / 90 * right_angle);
    }
    for (uint64_t memory = 0; memory < 2; memory++) {
        tgr_dbscan_plan plan = {1 - cos(50.0 / 90 * right_angle), 5, memory << 20};
        uint32_t *labels = clusters_of(&vectors, &plan, 2, &report);
        assert_memory_equal(labels, expected, sizeof expected);
        assert_int_equal(report.borders, 1);
        free(labels);
    }
    tgr_vectors_close(&vectors);
}

/* Memory that gives out is an error, or a reason to look again: never another result. */
static void short_memory_changes_nothing(void **unused)
{
    (void)unused;
    tgr_vectors vectors = scatter(200, 16, 0.2f);
    tgr_dbscan_plan plan = {0.1, 3, 1 << 20};
    tgr_run run = {.size = sizeof run, .threads = 1};
    tgr_dbscan_report report;
    uint32_t *expected = clusters_of(&vectors, &plan, 1, &report), labels[200];
    bool done = false;
    long live = tgr_mem_live();
    for (long n = 0; !done; n++) {
        tgr_error error = {0};
        tgr_mem_fail_after(n);
        tgr_status status = tgr_dbscan(&vectors, &plan, labels, &report, &run, &error);
        tgr_mem_fail_after(-1);
        assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
        assert_int_equal(tgr_mem_live(), live);
        if (status == TGR_OK) {
            assert_memory_equal(labels, expected, sizeof labels);
            done = report.walks == 1;
        }
        assert_true(n < 100);
    }
    free(expected);
    tgr_vectors_close(&vectors);
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_are_those_of_the_plain_way),
        cmocka_unit_test(a_border_point_goes_to_the_lowest_number),
        cmocka_unit_test(short_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
