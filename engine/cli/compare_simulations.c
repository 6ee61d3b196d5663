/* compare_simulations.c - both simulated with the same draws, and their figures side by side. */
#include "engine/cli/compare_simulations.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/fail.h"
#include "engine/cli/messages.h"
#include "engine/cli/numbers.h"
#include "engine/cli/program.h"
#include "engine/cli/table.h"
#include "engine/cli/write_file.h"

#define REPLICATES 200

static bool wants_details(const tgr_simulate_options *options)
{
    return options->by_count > 0 || options->predictions || options->category_mean ||
           options->baseline != NULL || options->logged || options->judged_count > 0 ||
           options->shards > 0;
}

tgr_status tgr_cli_compare_check(tgr_cli_sides *sides, const tgr_cli_arguments *arguments,
                                 tgr_error *error)
{
    static const char *const goals[] = {"save-policy", "budget", "max-cost-per-query",
                                        "target-quality", "target-share"};
    if (wants_details(&sides->each[0].options)) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "two are compared by their figures alone; simulate each by itself for "
                            "details");
    }
    for (size_t i = 0; i < sizeof goals / sizeof *goals; i++) {
        if (tgr_cli_has(arguments, goals[i])) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                "--%s is of one simulation; simulate each by itself", goals[i]);
        }
    }
    if (tgr_cli_has(arguments, "html") || tgr_cli_has(arguments, "csv")) {
        return tgr_cli_fail(
            error, TGR_ERR_ARGUMENT,
            "a comparison of two is a table or --json; --html and --csv are of one");
    }
    for (size_t i = 0; i < sides->count; i++) {
        tgr_simulate_options *options = &sides->each[i].options;
        options->bootstrap = options->bootstrap > 0 ? options->bootstrap : REPLICATES;
    }
    return TGR_OK;
}

/* All of them, and how each differs from the first. */
typedef struct compared {
    const tgr_cli_sides *sides;
    tgr_simulation *simulations[TGR_CLI_SIDES_MOST];
    tgr_comparison *comparisons[TGR_CLI_SIDES_MOST]; /* from 1 on */
} compared;

static tgr_status simulate_each(compared *all, const tgr_cli_prices *prices,
                                tgr_cli_session *session, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < all->sides->count; i++) {
        const tgr_cli_side *side = &all->sides->each[i];
        tgr_router *router = NULL;
        status = tgr_cli_side_router(all->sides, side, prices, &session->run, &router, error);
        if (status == TGR_OK) {
            status =
                tgr_cli_side_simulate(side, router, &all->simulations[i], &session->run, error);
        }
        tgr_router_free(router);
    }
    return status;
}

static void add_number(tgr_cli_table *table, const char *figure, double value, bool sign)
{
    char text[TGR_CLI_NUMBER_SIZE];
    bool money = strcmp(figure, "cost") == 0;
    if (isnan(value)) {
        tgr_cli_table_add(table, "-");
    } else if (money && !sign) {
        tgr_cli_table_add(table, tgr_cli_money(text, value));
    } else {
        snprintf(text, sizeof text, sign ? "%+.4f" : "%.4f", value);
        tgr_cli_table_add(table, text);
    }
}

static void add_figure(tgr_cli_table *table, const tgr_compared *one)
{
    char text[2 * TGR_CLI_NUMBER_SIZE];
    if (isnan(one->first) && isnan(one->second)) {
        return;
    }
    tgr_cli_table_add(table, one->figure);
    add_number(table, one->figure, one->first, false);
    add_number(table, one->figure, one->second, false);
    add_number(table, one->figure, one->difference, true);
    snprintf(text, sizeof text, "%+.4f to %+.4f", one->low, one->high);
    tgr_cli_table_add(table, isnan(one->low) ? "-" : text);
    add_number(table, "p", one->p, false);
}

static const char *const ordinals[TGR_CLI_SIDES_MOST] = {"first", "second", "third",   "fourth",
                                                         "fifth", "sixth",  "seventh", "eighth"};

/* Who each is, and where it is at its best. */
static void show_side(const compared *all, size_t which, FILE *file)
{
    const tgr_cli_side *side = &all->sides->each[which];
    const tgr_simulation *simulation = all->simulations[which];
    char name[200], number[TGR_CLI_NUMBER_SIZE];
    const char *called = side->elsewhere.name == NULL ? side->router : side->elsewhere.name;
    fprintf(file, "%s: %s, ", ordinals[which], tgr_cli_printable(called, name, sizeof name));
    if (simulation->given) {
        fputs("decisions made elsewhere\n", file);
        return;
    }
    fprintf(file, "%spolicy %s", simulation->elsewhere == NULL ? "" : "scores made elsewhere, ",
            tgr_policy_name(simulation->policy));
    if (simulation->best < simulation->points) {
        fprintf(file, ", at its best at threshold %s",
                tgr_cli_threshold(number, simulation->policy,
                                  simulation->curve[simulation->best].threshold));
    }
    fputc('\n', file);
}

static void show_comparison(const tgr_comparison *comparison, const char *ordinal, FILE *file)
{
    char difference[40];
    const char *const heads[] = {"figure", "first", ordinal, difference, "95 %", "p"};
    tgr_cli_table table;
    snprintf(difference, sizeof difference, "%s - first", ordinal);
    tgr_cli_table_start(&table, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        tgr_cli_table_add(&table, heads[i]);
    }
    for (size_t i = 0; i < comparison->count; i++) {
        add_figure(&table, &comparison->figures[i]);
    }
    fputc('\n', file);
    tgr_cli_table_print(&table, file);
}

static void show(const compared *all, FILE *file)
{
    char count[TGR_CLI_NUMBER_SIZE];
    const tgr_simulation *first = all->simulations[0];
    fprintf(file, "%s queries, ", tgr_cli_count(count, first->queries));
    if (first->weighted) {
        fprintf(file, "which stand for %s, ", tgr_cli_weight(count, first->weight));
    }
    fprintf(file, "%zu paired replicates\n", all->comparisons[1]->replicates);
    for (size_t i = 0; i < all->sides->count; i++) {
        show_side(all, i, file);
    }
    for (size_t i = 1; i < all->sides->count; i++) {
        show_comparison(all->comparisons[i], ordinals[i], file);
    }
}

static tgr_status print_json(const compared *all, const char *json, tgr_error *error)
{
    char *text = NULL;
    size_t length = 0;
    tgr_status status = tgr_comparisons_json(
        (const tgr_simulation *const *)all->simulations, all->sides->count,
        (const tgr_comparison *const *)all->comparisons + 1, &text, &length, error);
    if (status == TGR_OK) {
        status = tgr_cli_write_file(json, text, length, error);
    }
    tgr_free(text);
    return status;
}

static tgr_status print(const compared *all, const char *json, tgr_error *error)
{
    char *text = NULL;
    size_t length = 0;
    tgr_status status = json == NULL ? TGR_OK : print_json(all, json, error);
    if (status != TGR_OK || (json != NULL && strcmp(json, "-") == 0)) {
        return status;
    }
    FILE *memory = open_memstream(&text, &length);
    if (memory == NULL) {
        return tgr_cli_fail(error, TGR_ERR_NOMEM, "not enough memory for the tables");
    }
    show(all, memory);
    status = fclose(memory) != 0
                 ? tgr_cli_fail(error, TGR_ERR_NOMEM, "not enough memory for the tables")
                 : tgr_cli_write_file("-", text, length, error);
    free(text);
    return status;
}

tgr_status tgr_cli_compare_simulations(const tgr_cli_sides *sides, const char *json,
                                       const tgr_cli_prices *prices, tgr_cli_session *session,
                                       tgr_error *error)
{
    compared all = {.sides = sides};
    tgr_status status = simulate_each(&all, prices, session, error);
    tgr_cli_session_end(session);
    for (size_t i = 1; status == TGR_OK && i < sides->count; i++) {
        status = tgr_simulations_compare(all.simulations[0], all.simulations[i],
                                         &all.comparisons[i], error);
    }
    if (status == TGR_OK && tgr_cli_speaks()) {
        status = print(&all, json, error);
    }
    for (size_t i = 0; i < TGR_CLI_SIDES_MOST; i++) {
        tgr_comparison_free(all.comparisons[i]);
        tgr_simulation_free(all.simulations[i]);
    }
    return status;
}
