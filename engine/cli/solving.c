/* solving.c - goals read and told, policies saved. */
#include "engine/cli/solving.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/deciding.h"
#include "engine/cli/fail.h"
#include "engine/cli/messages.h"
#include "engine/cli/numbers.h"

static const tgr_cli_option goal_options[] = {
    {"budget", 0, "USD", "all queries together cost at most this"},
    {"max-cost-per-query", 0, "USD", "they cost at most this on average"},
    {"target-quality", 0, "Q",
     "at least this mean score or accept rate, as cheaply as possible; 0.95*MODEL: of what MODEL "
     "alone has. Measured on the judged queries, by their weights"},
    {"target-share", 0, "MODEL=P", "MODEL gets this share of the queries (30% or 0.3)"},
    {0},
};

const tgr_cli_group tgr_cli_goal_group = {"Goals, which find the threshold", goal_options};

static const tgr_goal_kind kinds[] = {TGR_GOAL_BUDGET, TGR_GOAL_COST_PER_QUERY, TGR_GOAL_QUALITY,
                                      TGR_GOAL_SHARE};

/* ---- reading --------------------------------------------------------------------------------- */

static tgr_status read_money(const char *option, const char *text, tgr_goal *goal, tgr_error *error)
{
    tgr_status status = tgr_cli_parse_double(option, text, &goal->value, error);
    if (status == TGR_OK && !(goal->value >= 0 && isfinite(goal->value))) {
        status = tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--%s is a number of USD, not '%.60s'",
                              option, text);
    }
    return status;
}

static tgr_status copy_text(const char *text, size_t length, char **copy, tgr_error *error)
{
    *copy = tgr_cli_alloc(length + 1, 1, error);
    if (*copy == NULL) {
        return TGR_ERR_NOMEM;
    }
    memcpy(*copy, text, length);
    return TGR_OK;
}

/* "0.8" or "0.95*MODEL". */
static tgr_status read_quality(const char *option, const char *text, tgr_cli_solving *solving,
                               tgr_error *error)
{
    const char *star = strchr(text, '*');
    char *number;
    size_t length = star == NULL ? strlen(text) : (size_t)(star - text);
    tgr_status status = copy_text(text, length, &number, error);
    if (status != TGR_OK) {
        return status;
    }
    status = tgr_cli_parse_double(option, number, &solving->goal.value, error);
    free(number);
    if (status == TGR_OK && star != NULL) {
        status = copy_text(star + 1, strlen(star + 1), &solving->model, error);
        solving->goal.model = solving->model;
    }
    return status;
}

/* "MODEL=30%"; the names of models may hold '='. */
static tgr_status read_share(const char *option, const char *text, tgr_cli_solving *solving,
                             tgr_error *error)
{
    const char *equals = strrchr(text, '=');
    if (equals == NULL || equals == text) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--%s is MODEL=P, such as gpt-4=30%%, not '%.60s'", option, text);
    }
    tgr_status status = tgr_cli_parse_share(option, equals + 1, &solving->goal.value, error);
    if (status == TGR_OK) {
        status = copy_text(text, (size_t)(equals - text), &solving->model, error);
        solving->goal.model = solving->model;
    }
    return status;
}

static tgr_status read_goal(tgr_goal_kind kind, const char *option, const char *text,
                            tgr_cli_solving *solving, tgr_error *error)
{
    solving->goal.kind = kind;
    switch (kind) {
    case TGR_GOAL_QUALITY:
        return read_quality(option, text, solving, error);
    case TGR_GOAL_SHARE:
        return read_share(option, text, solving, error);
    default:
        return read_money(option, text, &solving->goal, error);
    }
}

tgr_status tgr_cli_solving_read(tgr_cli_solving *solving, const tgr_cli_arguments *arguments,
                                tgr_error *error)
{
    const char *given = NULL;
    *solving = (tgr_cli_solving){0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *option = goal_options[i].name;
        const char *text = tgr_cli_text(arguments, option);
        if (text == NULL) {
            continue;
        }
        if (given != NULL) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                "--%s and --%s are two goals; one threshold meets one", given,
                                option);
        }
        given = option;
        tgr_status status = read_goal(kinds[i], option, text, solving, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    return TGR_OK;
}

void tgr_cli_solving_free(tgr_cli_solving *solving)
{
    free(solving->model);
    *solving = (tgr_cli_solving){0};
}

/* ---- telling --------------------------------------------------------------------------------- */

void tgr_cli_goal_text(const tgr_goal *goal, char *text, size_t size)
{
    char name[96];
    tgr_cli_printable(goal->model == NULL ? "" : goal->model, name, sizeof name);
    switch (goal->kind) {
    case TGR_GOAL_BUDGET:
        snprintf(text, size, "--budget %.10g", goal->value);
        break;
    case TGR_GOAL_COST_PER_QUERY:
        snprintf(text, size, "--max-cost-per-query %.10g", goal->value);
        break;
    case TGR_GOAL_QUALITY:
        snprintf(text, size, "--target-quality %.10g%s%s", goal->value,
                 goal->model == NULL ? "" : "*", name);
        break;
    case TGR_GOAL_SHARE:
        snprintf(text, size, "--target-share %s=%.10g%%", name, 100 * goal->value);
        break;
    case TGR_GOAL_NONE:
        text[0] = '\0';
        break;
    }
}

static void show_reached(const tgr_solution *solution, FILE *file)
{
    char a[TGR_CLI_NUMBER_SIZE], b[TGR_CLI_NUMBER_SIZE];
    switch (solution->goal.kind) {
    case TGR_GOAL_QUALITY:
        fprintf(file, "%s %.6f of %.6f asked for, measured on %s judged decisions",
                solution->quality == TGR_QUALITY_ACCEPT ? "accept rate" : "mean score",
                solution->reached, solution->target, tgr_cli_count(a, solution->measured));
        break;
    case TGR_GOAL_SHARE:
        fprintf(file, "a share of %.4f %%, asked for %.4f %%", 100 * solution->reached,
                100 * solution->target);
        break;
    default:
        fprintf(file, "costs %s of %s", tgr_cli_money(a, solution->reached),
                tgr_cli_money(b, solution->target));
        if (solution->reached < solution->target) {
            fprintf(file, " (%.6g USD below)", solution->target - solution->reached);
        }
        break;
    }
}

void tgr_cli_show_solution(const tgr_solution *solution, FILE *file)
{
    char goal[160], number[TGR_CLI_NUMBER_SIZE], other[TGR_CLI_NUMBER_SIZE];
    char count[TGR_CLI_NUMBER_SIZE];
    tgr_cli_goal_text(&solution->goal, goal, sizeof goal);
    fprintf(file, "%s: --%s %s ", goal, tgr_cli_threshold_option(solution->policy),
            tgr_cli_threshold(number, solution->policy, solution->threshold));
    show_reached(solution, file);
    fputc('\n', file);
    if (solution->cut) {
        fprintf(file,
                "  queries that tie there are let pass in order: up to query %s of the run --%s %s "
                "holds\n",
                tgr_cli_count(count, solution->cut_rows),
                tgr_cli_threshold_option(solution->policy),
                tgr_cli_threshold(other, solution->policy, solution->cut_threshold));
    }
    if (!isnan(solution->best_score)) {
        fprintf(file,
                "  predicted mean score %.7f; no choice of models at the expected cost of %s has "
                "more than %.7f (gap %.2g)\n",
                solution->predicted_score, tgr_cli_money(number, solution->expected_cost),
                solution->best_score, solution->best_score - solution->predicted_score);
    }
}

/* ---- saving ---------------------------------------------------------------------------------- */

tgr_status tgr_cli_save_policy(const tgr_simulation *simulation, const tgr_cli_arguments *arguments,
                               tgr_error *error)
{
    const char *path = tgr_cli_text(arguments, "save-policy");
    tgr_saved_policy saved = {.policy = simulation->policy};
    if (path == NULL) {
        return TGR_OK;
    }
    if (simulation->solution != NULL) {
        saved.threshold = simulation->solution->threshold;
    } else if (simulation->best < simulation->points) {
        saved.threshold = simulation->curve[simulation->best].threshold;
    } else {
        return tgr_cli_fail(error, TGR_ERR_INPUT,
                            "no threshold is better than another, as nothing is judged, so there "
                            "is no policy to save; give a goal (--budget) or one threshold (--%s)",
                            tgr_cli_threshold_option(simulation->policy));
    }
    const char *digest = simulation->origin.router;
    snprintf(saved.router_digest, sizeof saved.router_digest, "%s", digest == NULL ? "" : digest);
    return tgr_policy_save(&saved, path, error);
}
