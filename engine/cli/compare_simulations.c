/* compare_simulations.c - both simulated with the same draws, and their figures side by side. */
#include "engine/cli/compare_simulations.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/fail.h"
#include "engine/cli/messages.h"
#include "engine/cli/numbers.h"
#include "engine/cli/table.h"
#include "engine/cli/write_file.h"

#define REPLICATES 200

static bool wants_details(const tgr_simulate_options *options)
{
    return options->by_count > 0 || options->predictions || options->category_mean ||
           options->baseline != NULL || options->logged || options->judged_count > 0 ||
           options->shards > 0;
}

tgr_status tgr_cli_pair_read(tgr_cli_pair *pair, bool *two, const tgr_simulate_options *options,
                             const tgr_cli_arguments *arguments, tgr_error *error)
{
    const char *against = tgr_cli_text(arguments, "against-policy");
    size_t routers = tgr_cli_list(arguments, "router", pair->routers, 2);
    *two = routers > 1 || against != NULL;
    if (!*two) {
        return TGR_OK;
    }
    if (routers > 2) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--router is given at most twice");
    }
    if (wants_details(options)) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "two are compared by their figures alone; simulate each by itself for "
                            "details");
    }
    static const char *const goals[] = {"save-policy", "budget", "max-cost-per-query",
                                        "target-quality", "target-share"};
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
    pair->routers[1] = routers > 1 ? pair->routers[1] : pair->routers[0];
    pair->options[0] = *options;
    pair->options[0].bootstrap = options->bootstrap > 0 ? options->bootstrap : REPLICATES;
    pair->options[1] = pair->options[0];
    if (against == NULL) {
        return TGR_OK;
    }
    tgr_status status = tgr_policy_by_name(against, &pair->options[1].policy, error);
    if (status == TGR_OK && pair->options[1].policy != options->policy) {
        pair->options[1].thresholds = NULL; /* they are the other policy's */
        pair->options[1].threshold_count = 0;
    }
    return status;
}

static tgr_status simulate_each(const tgr_cli_pair *pair, const tgr_cli_prices *prices,
                                tgr_cli_session *session, tgr_simulation *both[2], tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < 2; i++) {
        tgr_router *router = NULL;
        status = tgr_cli_load_router(pair->routers[i], prices, &session->run, &router, error);
        if (status == TGR_OK) {
            status = tgr_simulate(router, &pair->options[i], &both[i], &session->run, error);
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

/* Where each is at its best. */
static void show_best(const tgr_cli_pair *pair, size_t which, const tgr_simulation *simulation,
                      FILE *file)
{
    char name[200], number[TGR_CLI_NUMBER_SIZE];
    fprintf(file, "%s: %s, policy %s", which == 0 ? "first" : "second",
            tgr_cli_printable(pair->routers[which], name, sizeof name),
            tgr_policy_name(simulation->policy));
    if (simulation->best < simulation->points) {
        fprintf(file, ", at its best at threshold %s",
                tgr_cli_threshold(number, simulation->policy,
                                  simulation->curve[simulation->best].threshold));
    }
    fputc('\n', file);
}

static void show(const tgr_cli_pair *pair, tgr_simulation *const both[2],
                 const tgr_comparison *comparison, FILE *file)
{
    static const char *const heads[] = {"figure", "first", "second", "second - first", "95 %", "p"};
    tgr_cli_table table;
    char count[TGR_CLI_NUMBER_SIZE];
    fprintf(file, "%s queries, %zu paired replicates\n", tgr_cli_count(count, both[0]->queries),
            comparison->replicates);
    show_best(pair, 0, both[0], file);
    show_best(pair, 1, both[1], file);
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

static tgr_status print(const tgr_cli_pair *pair, tgr_simulation *const both[2],
                        const tgr_comparison *comparison, tgr_error *error)
{
    char *text = NULL;
    size_t length = 0;
    tgr_status status = TGR_OK;
    if (pair->json != NULL) {
        status = tgr_comparison_json(both[0], both[1], comparison, &text, &length, error);
        if (status == TGR_OK) {
            status = tgr_cli_write_file(pair->json, text, length, error);
        }
        tgr_free(text);
        if (status != TGR_OK || strcmp(pair->json, "-") == 0) {
            return status;
        }
    }
    text = NULL;
    FILE *memory = open_memstream(&text, &length);
    if (memory == NULL) {
        return tgr_cli_fail(error, TGR_ERR_NOMEM, "not enough memory for the tables");
    }
    show(pair, both, comparison, memory);
    status = fclose(memory) != 0
                 ? tgr_cli_fail(error, TGR_ERR_NOMEM, "not enough memory for the tables")
                 : tgr_cli_write_file("-", text, length, error);
    free(text);
    return status;
}

tgr_status tgr_cli_compare_simulations(const tgr_cli_pair *pair, const tgr_cli_prices *prices,
                                       tgr_cli_session *session, tgr_error *error)
{
    tgr_simulation *both[2] = {NULL, NULL};
    tgr_comparison *comparison = NULL;
    tgr_status status = simulate_each(pair, prices, session, both, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK) {
        status = tgr_simulations_compare(both[0], both[1], &comparison, error);
    }
    if (status == TGR_OK) {
        status = print(pair, both, comparison, error);
    }
    tgr_comparison_free(comparison);
    tgr_simulation_free(both[0]);
    tgr_simulation_free(both[1]);
    return status;
}
