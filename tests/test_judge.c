/* test_judge.c - the details of simulations: each value of a column against a simulation of its
 * queries alone, predictions against ranks and deciles taken plainly, category means against a
 * router that has them as its tags. */
#include <tagroute/details.h>

#include "tests/test_simulate_plain.h"
#include "tests/test_simulate_run.h"

static const char *const columns[] = {"category", "source"};

static void take_json(const tgr_simulation *simulation, char **text)
{
    tgr_error error;
    tgr_simulation bare = *simulation; /* slices have no margins, and no origin, of their own */
    bare.margins = (tgr_histogram){0};
    bare.origin = (tgr_origin){0};
    assert_int_equal(tgr_simulation_json(&bare, text, NULL, &error), TGR_OK);
}

static world *draw_world(unsigned round, size_t queries)
{
    random_state = world_seed = 9100 + round;
    const world_kind kind = {.scores = round % 4 != 1,
                             .outcomes = draw(2) == 0 || round % 4 == 1,
                             .costs = draw(3) != 0,
                             .sparse = draw(2) == 0,
                             .lists = draw(2) == 0,
                             .ties = draw(3) == 0,
                             .prices = draw(2) == 0};
    static const size_t models[] = {2, 3, 5};
    world *w = world_new(queries, models[round % 3], draw(models[round % 3]));
    world_fill(w, &kind);
    write_files(w, round % 2 == 1);
    return w;
}

/* Files of its own, so that those of the whole world stay. */
static world *only_category(const world *w, int32_t category)
{
    size_t count = 0;
    for (size_t i = 0; i < w->queries; i++) {
        count += w->category[i] == category;
    }
    world *part = world_new(count, w->models, w->reference);
    memcpy(part->weights, w->weights, sizeof w->weights);
    memcpy(part->bias, w->bias, sizeof w->bias);
    memcpy(part->lists, w->lists, sizeof w->lists);
    memcpy(part->price_in, w->price_in, sizeof w->price_in);
    memcpy(part->price_out, w->price_out, sizeof w->price_out);
    memcpy(part->tokens, w->tokens, sizeof w->tokens);
    memcpy(part->mean_cost, w->mean_cost, sizeof w->mean_cost);
    count = 0;
    for (size_t i = 0; i < w->queries; i++) {
        if (w->category[i] != category) {
            continue;
        }
        memcpy(part->x + count * TAGS, w->x + i * TAGS, TAGS);
        for (size_t model = 0; model < w->models; model++) {
            part->score[count * w->models + model] = w->score[i * w->models + model];
            part->cost[count * w->models + model] = w->cost[i * w->models + model];
            part->outcome[count * w->models + model] = w->outcome[i * w->models + model];
        }
        part->prompt_tokens[count] = w->prompt_tokens[i];
        part->allow[count] = w->allow[i];
        part->deny[count++] = w->deny[i];
    }
    return part;
}

static void count_tags(const world *w, double *known_tags, uint64_t *no_known_tag)
{
    double all = 0, known = 0;
    *no_known_tag = 0;
    for (size_t query = 0; query < w->queries; query++) {
        double before = known;
        for (size_t tag = 0; tag < TAGS; tag++) {
            all += w->x[query * TAGS + tag] > 0;
            known += w->x[query * TAGS + tag] > 0 && tag + 1 < TAGS;
        }
        *no_known_tag += known == before;
    }
    *known_tags = all > 0 ? known / all : NAN;
}

/* The same bytes as a simulation that has seen these queries alone. */
static void check_slice(const world *w, const setting *set, const tgr_slice *slice,
                        double threshold, tgr_quality quality)
{
    int32_t category = slice->value == NULL ? -1 : slice->value[1] - '0';
    world *part = only_category(w, category);
    setting own = {.policy = set->policy,
                   .thresholds = &threshold,
                   .threshold_count = 1,
                   .quality = quality,
                   .fallback = set->fallback,
                   .threads = 1};
    double known_tags;
    uint64_t no_known_tag;
    write_files(part, false);
    tgr_simulation *expected = simulate(part, &own);
    char *a, *b;
    take_json(slice->simulation, &a);
    take_json(expected, &b);
    if (set->policy == TGR_POLICY_UTILITY && threshold == 0) {
        /* asked for lambda 0 alone, it needs no costs and has no other thresholds */
        assert_memory_equal(a, b, (size_t)(strstr(a, "\"metrics\"") - a));
    } else {
        assert_string_equal(a, b);
    }
    count_tags(part, &known_tags, &no_known_tag);
    assert_same(slice->known_tags, known_tags, "known tags");
    assert_int_equal(slice->no_known_tag, no_known_tag);
    tgr_free(a);
    tgr_free(b);
    tgr_simulation_free(expected);
    world_free(part);
}

static void check_order(const tgr_breakdown *breakdown)
{
    for (size_t i = 1; i < breakdown->count; i++) {
        const tgr_slice *a = &breakdown->slices[i - 1], *b = &breakdown->slices[i];
        assert_non_null(a->value);
        assert_true(
            b->value == NULL || a->simulation->queries > b->simulation->queries ||
            (a->simulation->queries == b->simulation->queries && strcmp(a->value, b->value) < 0));
    }
}

static void test_by_column(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 12; round++) {
        world *w = draw_world(round, 200);
        setting set = {.policy = (tgr_policy)(round / 2 % 3),
                       .fallback = draw(3) == 0 ? 0 : -1,
                       .threads = 1 + (int)draw(3),
                       .two_files = round % 2 == 1,
                       .by = columns,
                       .by_count = 2};
        tgr_simulation *got = simulate(w, &set);
        const tgr_details *details = got->details;
        double threshold = got->curve[got->best].threshold;
        assert_int_equal(details->breakdown_count, 2);
        assert_string_equal(details->breakdowns[0].column, "category");
        assert_int_equal(details->breakdowns[0].count, CATEGORIES + 1);
        assert_int_equal(details->breakdowns[1].count, 1);
        assert_int_equal(details->breakdowns[1].slices[0].simulation->queries, w->queries);
        check_order(&details->breakdowns[0]);
        for (size_t i = 0; i < details->breakdowns[0].count; i++) {
            check_slice(w, &set, &details->breakdowns[0].slices[i], threshold, got->quality);
        }
        tgr_simulation_free(got);
        world_free(w);
    }
}

/* Moves beyond the memory: metrics are unknown, and all else is as it was. */
static void test_by_column_in_little_memory(void **state)
{
    (void)state;
    world *w = draw_world(2, 3000);
    double threshold = 0;
    setting set = {.thresholds = &threshold,
                   .threshold_count = 1,
                   .fallback = -1,
                   .threads = 3,
                   .by = columns,
                   .by_count = 1};
    tgr_simulation *all = simulate(w, &set);
    set.memory = 128 * 1024; /* a copy of the sums for one thread, and some moves */
    tgr_simulation *few = simulate(w, &set);
    assert_false(all->details->breakdowns[0].without_metrics);
    assert_true(few->details->breakdowns[0].without_metrics);
    for (size_t i = 0; i < all->details->breakdowns[0].count; i++) {
        const tgr_simulation *a = all->details->breakdowns[0].slices[i].simulation;
        const tgr_simulation *b = few->details->breakdowns[0].slices[i].simulation;
        assert_true(isnan(b->metrics.auc) && !isnan(a->metrics.auc));
        assert_true(a->metrics.rank == b->metrics.rank);
        assert_true(a->curve[0].cost == b->curve[0].cost);
        assert_true(a->curve[0].mean_score == b->curve[0].mean_score);
        assert_true(a->oracle.mean_score == b->oracle.mean_score);
    }
    tgr_simulation_free(all);
    tgr_simulation_free(few);
    world_free(w);
}

/* ---- predictions ----------------------------------------------------------------------------- */

typedef struct pair {
    float x, y;
} pair;

static uint32_t order_of(float value)
{
    uint32_t bits;
    value += 0.0f;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

static float cut_to(float value, unsigned cut)
{
    uint32_t order = isnan(value) ? 0 : order_of(value) >> cut << cut;
    uint32_t bits = order >> 31 ? order & 0x7fffffffu : ~order;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int compare_pairs(const void *a, const void *b)
{
    const pair *p = a, *q = b;
    return p->x != q->x
               ? (p->x > q->x) - (p->x < q->x)
               : (int)(order_of(p->y) > order_of(q->y)) - (order_of(p->y) < order_of(q->y));
}

/* Bits to cut so that at most `most` distinct pairs are left. */
static unsigned cut_of(const pair *pairs, size_t count, size_t most)
{
    pair *copy = some(count, sizeof *copy);
    unsigned cut = 0;
    for (;; cut++) {
        size_t distinct = 0;
        for (size_t i = 0; i < count; i++) {
            copy[i] =
                (pair){cut_to(pairs[i].x, cut), isnan(pairs[i].y) ? NAN : cut_to(pairs[i].y, cut)};
        }
        qsort(copy, count, sizeof *copy, compare_pairs);
        for (size_t i = 0; i < count; i++) {
            distinct += i == 0 || compare_pairs(&copy[i - 1], &copy[i]) != 0;
        }
        if (distinct <= most) {
            free(copy);
            return cut;
        }
    }
}

static double mean_rank(const pair *pairs, size_t count, size_t at, bool by_x)
{
    double below = 0, equal = 0;
    for (size_t i = 0; i < count; i++) {
        float own = by_x ? pairs[at].x : pairs[at].y, other = by_x ? pairs[i].x : pairs[i].y;
        below += other < own;
        equal += other == own;
    }
    return below + (equal + 1) / 2;
}

static double plain_correlation(const pair *pairs, size_t count)
{
    double both = 0, of_x = 0, of_y = 0, middle = ((double)count + 1) / 2;
    for (size_t i = 0; i < count; i++) {
        double x = mean_rank(pairs, count, i, true) - middle;
        double y = mean_rank(pairs, count, i, false) - middle;
        both += x * y;
        of_x += x * x;
        of_y += y * y;
    }
    return of_x > 0 && of_y > 0 ? both / sqrt(of_x * of_y) : NAN;
}

static void check_deciles(const pair *pairs, size_t count, const tgr_prediction *got)
{
    double x[TGR_DECILES] = {0}, y[TGR_DECILES] = {0}, n[TGR_DECILES] = {0};
    for (size_t i = 0; i < count; i++) {
        size_t decile = (size_t)(10 * (mean_rank(pairs, count, i, true) - 0.5) / (double)count);
        decile = decile > 9 ? 9 : decile;
        x[decile] += pairs[i].x;
        y[decile] += pairs[i].y;
        n[decile]++;
        assert_true(pairs[i].x >= got->deciles[decile].from);
        assert_true(pairs[i].x <= got->deciles[decile].to);
    }
    for (size_t i = 0; i < TGR_DECILES; i++) {
        assert_int_equal(got->deciles[i].queries, n[i]);
        assert_about(got->deciles[i].predicted, n[i] > 0 ? x[i] / n[i] : NAN, 1e-9, "predicted");
        assert_about(got->deciles[i].measured, n[i] > 0 ? y[i] / n[i] : NAN, 1e-9, "measured");
    }
}

/* Pairs of the last one in `pairs` order; those without y are of the margin's histogram alone. */
static void check_prediction(pair *pairs, size_t count, size_t most, const tgr_prediction *got,
                             size_t *cut_bits)
{
    unsigned cut = cut_of(pairs, count, most);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(pairs[i].y)) {
            pairs[kept++] = (pair){cut_to(pairs[i].x, cut), cut_to(pairs[i].y, cut)};
        }
    }
    *cut_bits = cut > *cut_bits ? cut : *cut_bits;
    assert_int_equal(got->queries, kept);
    assert_about(got->rank_correlation, plain_correlation(pairs, kept), 1e-12, "rank correlation");
    check_deciles(pairs, kept, got);
}

static void check_predictions(const world *w, const tgr_simulation *simulation, size_t most)
{
    const tgr_predictions *got = simulation->details->predictions;
    bool by_score = simulation->quality == TGR_QUALITY_SCORE;
    plain_view view;
    view_world(w, &view);
    float *scores = some(w->queries * MODELS, sizeof *scores);
    pair *pairs = some(w->queries, sizeof *pairs);
    size_t cut_bits = 0;
    for (size_t query = 0; query < w->queries; query++) {
        score_query(w, &view, query, scores + query * MODELS);
    }
    for (size_t model = 0; model < w->models; model++) {
        size_t count = 0;
        for (size_t query = 0; query < w->queries; query++) {
            float y = (float)quality_on(w, query, model, by_score);
            if (!isnan(y)) {
                pairs[count++] = (pair){scores[query * MODELS + view.place_of[model]], y};
            }
        }
        check_prediction(pairs, count, most, &got->of[model], &cut_bits);
    }
    size_t count = 0;
    for (size_t query = 0; query < w->queries; query++) {
        const float *own = scores + query * MODELS;
        size_t best = w->models, base = view.place_of[w->reference];
        for (size_t place = 0; place < w->models; place++) {
            if (place != base && may_serve(w, query, view.order[place]) &&
                (best == w->models || own[place] > own[best])) {
                best = place;
            }
        }
        if (best < w->models && may_serve(w, query, w->reference)) {
            float gain = (float)quality_on(w, query, view.order[best], by_score) -
                         (float)quality_on(w, query, w->reference, by_score);
            pairs[count++] = (pair){own[best] - own[base], gain};
        }
    }
    check_prediction(pairs, count, most, &got->margin, &cut_bits);
    assert_int_equal(got->cut_bits, cut_bits);
    assert_false(got->same_scale); /* the router is of `paper` */
    free(scores);
    free(pairs);
}

static void test_predictions(void **state)
{
    (void)state;
    size_t cuts = 0;
    for (unsigned round = 0; round < 8; round++) {
        world *w = draw_world(100 + round, 700);
        setting set = {.fallback = -1,
                       .threads = 1 + (int)draw(3),
                       .two_files = round % 2 == 1,
                       .memory = round < 4 ? 0 : 1024 * 1024 / 3,
                       .predictions = true};
        tgr_simulation *got = simulate(w, &set);
        size_t most = round < 4 ? SIZE_MAX : set.memory / 4 / (w->models + 1) / 48;
        check_predictions(w, got, most < 256 ? 256 : most);
        cuts += got->details->predictions->cut_bits > 0;
        tgr_simulation_free(got);
        world_free(w);
    }
    assert_true(cuts > 1);
}

/* ---- category means -------------------------------------------------------------------------- */

/* A world whose only tag is the category, and whose weights are the means. */
static world *means_as_tags(const world *w, bool by_score)
{
    world *as = world_new(w->queries, w->models, w->reference);
    double sums[CATEGORIES + 2][MODELS] = {0}, counts[CATEGORIES + 2][MODELS] = {0};
    memcpy(as->lists, w->lists, sizeof w->lists);
    memcpy(as->price_in, w->price_in, sizeof w->price_in);
    memcpy(as->price_out, w->price_out, sizeof w->price_out);
    memcpy(as->tokens, w->tokens, sizeof w->tokens);
    memcpy(as->mean_cost, w->mean_cost, sizeof w->mean_cost);
    memcpy(as->score, w->score, w->queries * w->models * sizeof *w->score);
    memcpy(as->cost, w->cost, w->queries * w->models * sizeof *w->cost);
    memcpy(as->outcome, w->outcome, w->queries * w->models);
    for (size_t query = 0; query < w->queries; query++) {
        size_t category = (size_t)(w->category[query] + 1);
        as->prompt_tokens[query] = w->prompt_tokens[query];
        as->allow[query] = w->allow[query];
        as->deny[query] = w->deny[query];
        as->x[query * TAGS + category] = 1;
        for (size_t model = 0; model < w->models; model++) {
            double value = quality_on(w, query, model, by_score);
            /* thirds are cut to 2^-64, which no mean as a float shows */
            sums[category][model] += isnan(value) ? 0 : value;
            counts[category][model] += !isnan(value);
        }
    }
    for (size_t model = 0; model < w->models; model++) {
        for (size_t category = 0; category <= CATEGORIES; category++) {
            as->weights[category][model] = (float)(sums[category][model] / counts[category][model]);
        }
    }
    return as;
}

static void test_category_means(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 6; round++) {
        world *w = draw_world(200 + round, 300);
        setting set = {.policy = (tgr_policy)(round % 3),
                       .fallback = -1,
                       .threads = 2,
                       .two_files = round % 2 == 1,
                       .category_mean = true};
        tgr_simulation *got = simulate(w, &set);
        const tgr_category_mean *mean = got->details->category_mean;
        world *as = means_as_tags(w, got->quality == TGR_QUALITY_SCORE);
        setting own = {.policy = set.policy,
                       .quality = got->quality,
                       .fallback = -1,
                       .threads = 1,
                       .grid = 101};
        write_files(as, false);
        tgr_simulation *expected = simulate(as, &own);
        char *a, *b;
        take_json(mean->simulation, &a);
        take_json(expected, &b);
        assert_string_equal(a, b);
        assert_null(mean->split);
        assert_int_equal(mean->training, w->queries);
        tgr_free(a);
        tgr_free(b);
        tgr_simulation_free(expected);
        tgr_simulation_free(got);
        world_free(as);
        world_free(w);
    }
}

/* ---- savings --------------------------------------------------------------------------------- */

static void test_savings(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 6; round++) {
        world *w = draw_world(300 + round, 150);
        double threshold = 0, recorded = 0, chosen_recorded = 0, decided = 0;
        setting set = {.thresholds = &threshold,
                       .threshold_count = 1,
                       .fallback = -1,
                       .threads = 2,
                       .two_files = round % 2 == 1,
                       .baseline = "m1",
                       .scale = 36};
        tgr_simulation *got = simulate(w, &set);
        const tgr_savings *savings = got->details->savings;
        bool by_score = got->quality == TGR_QUALITY_SCORE;
        int *chosen = some(w->queries, sizeof *chosen);
        decide_all(w, TGR_RULE_MARGIN, 0, -1, chosen, NULL);
        plain_point routed = plain_measure(w, chosen, by_score, -1);
        plain_point alone = plain_alone(w, 1, by_score);
        for (size_t query = 0; query < w->queries; query++) {
            recorded += !isnan(w->cost[query * w->models + 1]);
            if (chosen[query] >= 0) {
                decided++;
                chosen_recorded += !isnan(w->cost[query * w->models + (size_t)chosen[query]]);
            }
        }
        assert_string_equal(savings->baseline, "m1");
        assert_same(savings->cost, 36 * alone.cost, "cost");
        assert_same(savings->routed_cost, 36 * routed.cost, "routed cost");
        assert_about(savings->saved, 36 * (alone.cost - routed.cost), 1e-9, "saved");
        assert_about(savings->saved_share, 1 - routed.cost / alone.cost, 1e-9, "share");
        assert_same(savings->quality, quality_at(&alone, by_score), "quality");
        assert_same(savings->routed_quality, quality_at(&routed, by_score), "routed quality");
        assert_same(savings->recorded, recorded / (double)w->queries, "recorded");
        assert_same(savings->routed_recorded, chosen_recorded / decided, "routed recorded");
        free(chosen);
        tgr_simulation_free(got);
        world_free(w);
    }
}

/* ---- any ------------------------------------------------------------------------------------- */

static setting everything(int threads)
{
    return (setting){.fallback = 0,
                     .threads = threads,
                     .two_files = true,
                     .by = columns,
                     .by_count = 2,
                     .predictions = true,
                     .category_mean = true,
                     .baseline = "m0"};
}

static void test_threads(void **state)
{
    (void)state;
    world *w = draw_world(401, 5000);
    char *first = NULL;
    for (int threads = 1; threads <= 4; threads++) {
        setting set = everything(threads);
        tgr_simulation *got = simulate(w, &set);
        char *text;
        take_json(got, &text);
        if (first != NULL) {
            assert_string_equal(text, first);
            tgr_free(text);
        } else {
            first = text;
        }
        tgr_simulation_free(got);
    }
    tgr_free(first);
    world_free(w);
}

static void fail_at_every_allocation(setting set)
{
    world *w = draw_world(403, 40);
    tgr_status status = TGR_ERR_NOMEM;
    for (long n = 0; status != TGR_OK; n += 1 + n / 6) {
        tgr_simulation *got;
        tgr_error error;
        long before = tgr_mem_live();
        status = run_with(w, &set, &got, &error, n);
        assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
        tgr_simulation_free(got);
        assert_int_equal(tgr_mem_live(), before);
    }
    world_free(w);
}

static void test_short_memory(void **state)
{
    (void)state;
    fail_at_every_allocation(everything(1));
    fail_at_every_allocation((setting){.fallback = 0, .threads = 1, .judged = true});
}

static void fails(const world *w, const setting *set, const char *sentence)
{
    tgr_simulation *got;
    tgr_error error;
    assert_int_equal(run_simulation(w, set, &got, &error), TGR_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, sentence));
    assert_null(got);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const unknown[] = {"colour"};
    world *w = draw_world(404, 20);
    setting set = {.fallback = -1, .by = unknown, .by_count = 1};
    fails(w, &set, "has no column 'colour' in /obs; it has allow, category");
    set = (setting){.fallback = -1, .baseline = "nobody"};
    fails(w, &set, "nobody");
    set = (setting){.fallback = -1, .baseline = "m0", .scale = -1};
    fails(w, &set, "scaled by a number above zero, not -1");
    set = (setting){.fallback = -1, .predictions = true, .judged = true};
    fails(w, &set, "simulate the sample by itself");
    set = (setting){.fallback = -1, .baseline = "logged"};
    fails(w, &set, "it has no column 'logged_model' in /obs");
    set = (setting){.fallback = -1, .predictions = true, .shards = 2, .partial = "p"};
    fails(w, &set, "need the whole log");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_column),    cmocka_unit_test(test_by_column_in_little_memory),
        cmocka_unit_test(test_predictions),  cmocka_unit_test(test_category_means),
        cmocka_unit_test(test_savings),      cmocka_unit_test(test_threads),
        cmocka_unit_test(test_short_memory), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
