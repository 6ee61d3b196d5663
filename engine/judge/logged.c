/* logged.c - the logged model of each query beside those that thresholds choose. */
#include "engine/judge/logged.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/judge/weighted.h"
#include "engine/simulate/tally.h"
#include "engine/simulate/unite.h"

#define MOST_POINTS ((size_t)10000) /* estimates are for */

/* What one thread sums. */
typedef struct logged_sums {
    tgr_decided *done;                        /* by the router's models */
    uint64_t rows, others, recorded, chances; /* recorded: by weight */
    tgr_weighted
        *weighted; /* at the first model, then what changes at each threshold, and beyond */
    uint64_t too_large, too_heavy; /* queries */
} logged_sums;

struct tgr_logging {
    tgr_second_walk *walk;
    size_t models, threads;
    tgr_quality quality;
    bool by_scores, any_chance;
    double *means; /* models: in place of scores */
    tgr_asked asked;
    logged_sums *sums;   /* threads */
    int32_t **names;     /* files: logged names to the router's models, -1 none */
    const int32_t *here; /* of the file at hand */
    size_t file_models;
};

/* ---- opening --------------------------------------------------------------------------------- */

static tgr_status name_models(tgr_logging *logging, tgr_error *error)
{
    const tgr_pass *pass = &logging->walk->pass;
    bool found = false;
    logging->names = tgr_mem_zalloc(pass->file_count, sizeof *logging->names);
    for (size_t file = 0; logging->names != NULL && file < pass->file_count; file++) {
        const tgr_strings *names = pass->files[file]->logged_models;
        uint32_t count = names == NULL ? 0 : tgr_strings_count(names);
        logging->names[file] = tgr_mem_alloc(count, sizeof **logging->names);
        if (logging->names[file] == NULL) {
            return tgr_fail_memory(error, "the logged models");
        }
        for (uint32_t i = 0; i < count; i++) {
            logging->names[file][i] =
                tgr_router_find_model(logging->walk->router, tgr_strings_get(names, i, NULL));
        }
        found |= names != NULL;
        logging->any_chance |= pass->files[file]->has_propensity;
    }
    if (logging->names == NULL) {
        return tgr_fail_memory(error, "the logged models");
    }
    return found ? TGR_OK
                 : tgr_fail(error, TGR_ERR_ARGUMENT,
                            "%s does not say which models were used: it has no column "
                            "'logged_model' in /obs",
                            pass->files[0]->path);
}

static tgr_status open_points(tgr_logging *logging, const tgr_simulation *simulation,
                              tgr_error *error)
{
    size_t points = simulation->points;
    if (!logging->any_chance) {
        points = 0;
    }
    if (points > MOST_POINTS) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "estimates from the log are for at most %zu thresholds, not %zu",
                        MOST_POINTS, points);
    }
    double *thresholds = tgr_mem_alloc(points, sizeof *thresholds);
    if (thresholds == NULL) {
        return tgr_fail_memory(error, "the thresholds");
    }
    for (size_t i = 0; i < points; i++) {
        thresholds[i] = simulation->curve[i].threshold;
    }
    tgr_status status =
        tgr_asked_open(&logging->asked, simulation->policy, thresholds, points, error);
    tgr_mem_free(thresholds);
    return status;
}

static tgr_status open_sums(tgr_logging *logging, const tgr_simulation *simulation,
                            tgr_error *error)
{
    logging->sums = tgr_mem_zalloc(logging->threads, sizeof *logging->sums);
    logging->means = tgr_mem_zalloc(logging->models, sizeof *logging->means);
    bool opened = logging->sums != NULL && logging->means != NULL;
    for (size_t i = 0; opened && i < logging->threads; i++) {
        logging->sums[i].done = tgr_decided_new(1, logging->models);
        logging->sums[i].weighted =
            tgr_mem_zalloc(logging->asked.count + 2, sizeof *logging->sums[i].weighted);
        opened = logging->sums[i].done != NULL && logging->sums[i].weighted != NULL;
    }
    for (size_t model = 0; opened && model < logging->models; model++) {
        const tgr_baseline *alone = &simulation->alone[model];
        double mean =
            logging->quality == TGR_QUALITY_SCORE ? alone->mean_score : alone->accept_rate;
        logging->means[model] = isnan(mean) ? 0 : mean;
    }
    return opened ? TGR_OK : tgr_fail_memory(error, "what was really done");
}

void tgr_logging_close(tgr_logging *logging)
{
    if (logging == NULL) {
        return;
    }
    for (size_t i = 0; logging->sums != NULL && i < logging->threads; i++) {
        tgr_mem_free(logging->sums[i].done);
        tgr_mem_free(logging->sums[i].weighted);
    }
    for (size_t file = 0; logging->names != NULL && file < logging->walk->pass.file_count; file++) {
        tgr_mem_free(logging->names[file]);
    }
    tgr_asked_close(&logging->asked);
    tgr_mem_free(logging->names);
    tgr_mem_free(logging->sums);
    tgr_mem_free(logging->means);
    tgr_mem_free(logging);
}

/* ---- a row ----------------------------------------------------------------------------------- */

static tgr_status enter(void *user, const tgr_decide *decide, const tgr_query_file *file,
                        size_t number, tgr_error *error)
{
    tgr_logging *logging = user;
    (void)decide;
    (void)error;
    logging->here = logging->names[number];
    logging->file_models = tgr_strings_count(file->models);
    return TGR_OK;
}

/* What it cost: as logged, else as recorded for the model, else what is expected. */
static tgr_answer logged_answer(const tgr_seen *seen, int model, unsigned bits)
{
    tgr_answer answer = seen->answers->answer[model];
    const double *costs = seen->batch->logged_cost;
    if (costs != NULL && !isnan(costs[seen->row]) && costs[seen->row] <= TGR_EXACT_LIMIT) {
        tgr_answer_set(&answer, costs[seen->row], answer.score_value, answer.outcome);
        tgr_answer_weigh(&answer, seen->weight, bits);
    }
    answer.score_rank = answer.outcome_rank = 0;
    return answer;
}

static void add_done(logged_sums *own, const tgr_seen *seen, int model, unsigned bits)
{
    const double *costs = seen->batch->logged_cost;
    tgr_answer answer = logged_answer(seen, model, bits);
    bool recorded = (costs != NULL && !isnan(costs[seen->row])) ||
                    !isnan(seen->answers->judgements[model].cost);
    tgr_tally_add(&own->done->tally, &answer, seen->weight);
    own->done->chosen[model] += seen->weight;
    own->recorded += recorded * seen->weight;
    own->rows++;
}

static double chance_of(const tgr_logging *logging, const tgr_seen *seen, int model)
{
    const tgr_batch *batch = seen->batch;
    int32_t column = seen->decide->serve->file_model[model];
    if (batch->propensity != NULL && !isnan(batch->propensity[seen->row])) {
        return batch->propensity[seen->row];
    }
    if (batch->propensities != NULL && column >= 0) {
        return batch->propensities[seen->row * logging->file_models + (size_t)column];
    }
    return NAN;
}

/* One query that has a chance, on its way over the thresholds. */
typedef struct weighing {
    const tgr_logging *logging;
    const tgr_seen *seen;
    tgr_weighted *weighted;
    int logged;
    double weight, measured; /* of the logged model */
    bool too_large;
} weighing;

static tgr_weighted_term term_of(weighing *own, int place)
{
    const tgr_logging *logging = own->logging;
    int model = own->seen->decide->serve->order[place];
    double predicted =
        logging->by_scores ? (double)own->seen->scores[place] : logging->means[model];
    bool logged = model == own->logged;
    own->too_large |= !(fabs(predicted) <= TGR_WEIGHTED_LIMIT);
    return (tgr_weighted_term){.weight = logged ? own->weight : 0,
                               .units = own->seen->weight,
                               .bits = logging->walk->weighing.bits,
                               .measured = logged ? own->measured : 0,
                               .predicted = own->too_large ? 0 : predicted};
}

static void change(void *user, size_t threshold, int from, int to)
{
    weighing *own = user;
    tgr_weighted_term before = term_of(own, from), after = term_of(own, to);
    tgr_weighted_subtract(&own->weighted[1 + threshold], &before);
    tgr_weighted_add(&own->weighted[1 + threshold], &after);
}

static void weigh(const tgr_logging *logging, logged_sums *sums, const tgr_seen *seen, int model,
                  double chance)
{
    const tgr_answer *answer = &seen->answers->answer[model];
    double measured = logging->quality == TGR_QUALITY_SCORE ? (double)answer->score_value
                      : answer->judged                      ? (double)answer->accepted
                                                            : NAN;
    weighing own = {
        .logging = logging,
        .seen = seen,
        .weighted = sums->weighted,
        .logged = model,
        .weight = isnan(measured) ? 0 : 1 / chance,
        .measured = isnan(measured) ? 0 : measured,
        .too_large = fabs(measured) > TGR_WEIGHTED_LIMIT,
    };
    double unit = tgr_weighing_unit(&logging->walk->weighing);
    bool too_heavy = (double)seen->weight * unit * own.weight > TGR_WEIGHTED_MOST;
    if (seen->path->first != TGR_UNDECIDED && !own.too_large && !too_heavy) {
        tgr_weighted_term first = term_of(&own, seen->path->first);
        tgr_weighted_add(&own.weighted[0], &first);
        const tgr_second_walk *walk = logging->walk;
        bool utility = walk->moving && walk->options->policy == TGR_POLICY_UTILITY;
        tgr_asked_each(&logging->asked, seen->path, utility, change, &own);
    }
    sums->chances++;
    sums->too_large += own.too_large;
    sums->too_heavy += too_heavy;
}

static bool see_row(void *user, const tgr_seen *seen)
{
    tgr_logging *logging = user;
    logged_sums *own = &logging->sums[seen->thread];
    const int32_t *codes = seen->batch->logged_model;
    int32_t code = codes == NULL ? -1 : codes[seen->row];
    int model = code < 0 ? -1 : logging->here[code];
    if (model < 0) {
        own->others++;
        return true;
    }
    add_done(own, seen, model, logging->walk->weighing.bits);
    double chance = chance_of(logging, seen, model);
    if (chance >= 0x1p-20 && logging->asked.count > 0) {
        weigh(logging, own, seen, model, chance);
    }
    return true;
}

tgr_status tgr_logging_open(tgr_second_walk *walk, const tgr_simulation *simulation,
                            tgr_logging **logging, tgr_visitor *visitor, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_logging *made = tgr_mem_zalloc(1, sizeof *made);
    *logging = made;
    if (made == NULL) {
        return tgr_fail_memory(error, "what was really done");
    }
    made->walk = walk;
    made->models = walk->router->model_count;
    made->threads = (size_t)walk->threads;
    made->quality = simulation->quality;
    made->by_scores = walk->source == NULL && made->quality == TGR_QUALITY_SCORE &&
                      strcmp(walk->router->scorer, "paper") != 0;
    *visitor = (tgr_visitor){.enter = enter, .row = see_row, .user = made};
    TGR_TRY(name_models(made, error));
    TGR_TRY(open_points(made, simulation, error));
    TGR_TRY(open_sums(made, simulation, error));
done:
    return status;
}

/* ---- what it comes to ------------------------------------------------------------------------ */

/* Of all threads, in the first one's sums. */
static void merge_threads(tgr_logging *logging)
{
    logged_sums *into = &logging->sums[0];
    for (size_t i = 1; i < logging->threads; i++) {
        const logged_sums *from = &logging->sums[i];
        tgr_decided_merge(into->done, from->done, logging->models);
        into->rows += from->rows;
        into->others += from->others;
        into->recorded += from->recorded;
        into->chances += from->chances;
        into->too_large += from->too_large;
        into->too_heavy += from->too_heavy;
        for (size_t j = 0; j < logging->asked.count + 2; j++) {
            tgr_weighted_merge(&into->weighted[j], &from->weighted[j]);
        }
    }
}

static void pass_weighted(tgr_crew_row *row, tgr_weighted *weighted)
{
    tgr_sum *const sums[] = {&weighted->w,           &weighted->wy,     &weighted->ww,
                             &weighted->wwy,         &weighted->wwyy,   &weighted->robust,
                             &weighted->square,      &weighted->stands, &weighted->twice,
                             &weighted->robust_twice};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        tgr_crew_row_sum(row, sums[i]);
    }
    tgr_crew_row_number(row, &weighted->matched);
    tgr_crew_row_number(row, &weighted->decided);
}

static void pass_sums(tgr_crew_row *row, void *user)
{
    const tgr_logging *logging = user;
    logged_sums *sums = &logging->sums[0];
    tgr_unite_decided(row, sums->done, logging->models);
    tgr_crew_row_number(row, &sums->others);
    tgr_crew_row_number(row, &sums->recorded);
    tgr_crew_row_number(row, &sums->chances);
    tgr_crew_row_number(row, &sums->rows);
    tgr_crew_row_number(row, &sums->too_large);
    tgr_crew_row_number(row, &sums->too_heavy);
    for (size_t i = 0; i < logging->asked.count + 2; i++) {
        pass_weighted(row, &sums->weighted[i]);
    }
}

static tgr_status put_estimates(tgr_logging *logging, tgr_result *result, tgr_logged *made,
                                tgr_error *error)
{
    size_t points = logging->asked.count;
    tgr_weighted at = logging->sums[0].weighted[0];
    tgr_estimate *estimates = tgr_arena_alloc(&result->arena, points, sizeof *estimates);
    if (estimates == NULL) {
        return tgr_fail_memory(error, "estimates from the log");
    }
    for (size_t i = 0; i < points; i++) {
        tgr_weighted_merge(&at, &logging->sums[0].weighted[1 + i]);
        size_t point = logging->asked.point[i];
        estimates[point].threshold = result->curve[point].threshold;
        tgr_weighted_estimate(&at, logging->walk->weighing.weighed, &estimates[point]);
    }
    made->estimates = estimates;
    made->estimate_count = points;
    return TGR_OK;
}

tgr_status tgr_logging_finish(tgr_logging *logging, tgr_result *result, tgr_error *error)
{
    merge_threads(logging);
    tgr_status status = tgr_crew_unite(logging->walk->run, pass_sums, logging, error);
    if (status != TGR_OK) {
        return status;
    }
    const logged_sums *sums = &logging->sums[0];
    tgr_logged *made = tgr_arena_alloc(&result->arena, 1, sizeof *made);
    double *share = tgr_arena_alloc(&result->arena, logging->models, sizeof *share);
    if (made == NULL || share == NULL) {
        return tgr_fail_memory(error, "what was really done");
    }
    tgr_population of = {sums->done->tally.decided, tgr_weighing_unit(&logging->walk->weighing)};
    for (size_t model = 0; model < logging->models; model++) {
        share[model] = tgr_share((double)sums->done->chosen[model], (double)of.size);
    }
    *made = (tgr_logged){
        .queries = sums->rows,
        .weight = (double)of.size * of.unit,
        .others = sums->others,
        .all = tgr_tally_baseline(&sums->done->tally, logging->quality, &of),
        .recorded = tgr_share((double)sums->recorded, (double)of.size),
        .share = share,
        .chances = sums->chances,
        .from_scores = logging->by_scores,
    };
    if (of.size == 0) {
        made->all.cost = NAN;
    }
    result->details.logged = made;
    if (sums->too_large > 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "a score beyond %.0f is too large for estimates from the log; scale "
                        "scores down",
                        TGR_WEIGHTED_LIMIT);
    }
    if (sums->too_heavy) {
        return tgr_fail(
            error, TGR_ERR_INPUT,
            "a query's weight over the chance of its model is beyond 2^28, too large for "
            "estimates from the log; scale weights down");
    }
    return sums->chances > 0 ? put_estimates(logging, result, made, error) : TGR_OK;
}
