/* router_diff.c - two routers compared. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <tagroute/upkeep.h>

#include "engine/cli/deciding.h"
#include "engine/cli/fail.h"
#include "engine/cli/messages.h"
#include "engine/cli/numbers.h"
#include "engine/cli/router_verbs.h"
#include "engine/cli/table.h"
#include "engine/cli/write_file.h"

#define MOST_MOVES 20
#define NAME_SIZE  200

static const tgr_cli_option diff_options[] = {
    {"most", 0, "N", "list the N tags that changed most (default: 20)"},
    {"json", 0, NULL, "print one JSON object"},
    {0},
};
static const tgr_cli_group diff_group = {"Options", diff_options};
static const tgr_cli_group *const groups[] = {&diff_group, &tgr_cli_deciding_group,
                                              &tgr_cli_reading_group, &tgr_cli_common_group, NULL};
static const tgr_cli_example examples[] = {
    {"which tags changed most?", "tagroute router diff old.msgpack new.msgpack"},
    {"and which share of a log would go elsewhere, at what cost?",
     "tagroute router diff old.msgpack new.msgpack queries.h5 --theta -0.01"},
    {0},
};

static void show_models(const tgr_diff *diff, FILE *file)
{
    static const char *const heads[] = {"",      "",       "bias change", "largest change",
                                        "price", "before", "after"};
    char text[TGR_CLI_NUMBER_SIZE];
    tgr_cli_table table;
    tgr_cli_table_start(&table, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        tgr_cli_table_add(&table, heads[i]);
    }
    for (size_t i = 0; i < diff->model_count; i++) {
        const tgr_diff_model *model = &diff->models[i];
        bool both = model->first >= 0 && model->second >= 0;
        tgr_cli_table_add(&table, model->name);
        tgr_cli_table_add(&table, both ? "" : model->first >= 0 ? "gone" : "new");
        snprintf(text, sizeof text, "%+.6g", model->bias_change);
        tgr_cli_table_add(&table, both ? text : "-");
        snprintf(text, sizeof text, "%.6g", model->largest_change);
        tgr_cli_table_add(&table, both ? text : "-");
        tgr_cli_table_add(&table, model->priced ? "differs" : "");
        bool decided = diff->queries > 0;
        double all = (double)diff->queries;
        tgr_cli_table_add(&table, decided ? tgr_cli_share(text, (double)model->chosen / all) : "");
        tgr_cli_table_add(&table,
                          decided ? tgr_cli_share(text, (double)model->chosen_after / all) : "");
    }
    tgr_cli_table_print(&table, file);
}

static void show_tags(const tgr_diff *diff, FILE *file)
{
    char text[TGR_CLI_NUMBER_SIZE], more[TGR_CLI_NUMBER_SIZE], last[TGR_CLI_NUMBER_SIZE];
    static const char *const heads[] = {"", "", "count", "change", "most of"};
    fprintf(file, "\n%s tags in both, %s gone, %s new;", tgr_cli_count(text, diff->common_tags),
            tgr_cli_count(more, diff->first_tags), tgr_cli_count(last, diff->second_tags));
    fprintf(file, " %s changed%s\n", tgr_cli_count(text, diff->changed_tags),
            diff->tag_count > 0 ? ", by change times count:" : "");
    if (diff->tag_count == 0) {
        return;
    }
    tgr_cli_table table;
    tgr_cli_table_start(&table, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        tgr_cli_table_add(&table, heads[i]);
    }
    for (size_t i = 0; i < diff->tag_count; i++) {
        const tgr_diff_tag *tag = &diff->tags[i];
        tgr_cli_table_add(&table, tag->tag);
        tgr_cli_table_add(&table, !tag->in_second ? "gone" : !tag->in_first ? "new" : "");
        snprintf(text, sizeof text, "%.6g", tag->count);
        tgr_cli_table_add(&table, text);
        snprintf(text, sizeof text, "%.6g", tag->change);
        tgr_cli_table_add(&table, text);
        tgr_cli_table_add(&table, tag->model);
    }
    tgr_cli_table_print(&table, file);
}

static void show_decisions(const tgr_diff *diff, FILE *file)
{
    char text[TGR_CLI_NUMBER_SIZE], more[TGR_CLI_NUMBER_SIZE], share[TGR_CLI_NUMBER_SIZE];
    char from[NAME_SIZE], to[NAME_SIZE];
    fprintf(file, "\n%s of %s queries (%s) would go elsewhere; expected cost ",
            tgr_cli_count(text, diff->changed), tgr_cli_count(more, diff->queries),
            tgr_cli_share(share, (double)diff->changed / (double)diff->queries));
    fprintf(file, "%s, before %s\n", tgr_cli_money(text, diff->cost_after),
            tgr_cli_money(more, diff->cost));
    for (size_t i = 0; i < diff->move_count && i < MOST_MOVES; i++) {
        const tgr_diff_move *move = &diff->moves[i];
        fprintf(file, "  %s from %s to %s: %s\n", tgr_cli_count(text, move->queries),
                move->from == NULL ? "none" : tgr_cli_printable(move->from, from, sizeof from),
                move->to == NULL ? "none" : tgr_cli_printable(move->to, to, sizeof to),
                tgr_cli_money(more, move->cost));
    }
    if (diff->move_count > MOST_MOVES) {
        fprintf(file, "  (the first %d of %zu ways; --json has all)\n", MOST_MOVES,
                diff->move_count);
    }
}

static void show(const tgr_diff *diff, FILE *file)
{
    char first[NAME_SIZE], second[NAME_SIZE];
    if (!diff->same_scorer || !diff->same_tagger) {
        fprintf(file, "the routers have different %s%s%s: their scores are of different scales\n",
                diff->same_scorer ? "" : "scorers",
                !diff->same_scorer && !diff->same_tagger ? " and " : "",
                diff->same_tagger ? "" : "taggers");
    }
    fprintf(file, "reference %s", tgr_cli_printable(diff->second_reference, second, sizeof second));
    fprintf(file, "%s%s\n\n", diff->same_reference ? "" : ", before ",
            diff->same_reference ? ""
                                 : tgr_cli_printable(diff->first_reference, first, sizeof first));
    show_models(diff, file);
    show_tags(diff, file);
    if (diff->queries > 0) {
        show_decisions(diff, file);
    }
}

static tgr_status read_options(const tgr_cli_arguments *arguments, tgr_cli_deciding *deciding,
                               tgr_diff_options *options, tgr_error *error)
{
    static const char *const decides[] = {"policy", "theta", "lambda", "tau", "fallback", "split"};
    const char *most = tgr_cli_text(arguments, "most");
    long number = 20;
    tgr_diff_options_init(options);
    options->inputs = arguments->operands + 2;
    options->input_count = arguments->operand_count - 2;
    for (size_t i = 0; options->input_count == 0 && i < sizeof decides / sizeof *decides; i++) {
        if (tgr_cli_has(arguments, decides[i])) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                "--%s is for queries; name a query file behind the routers",
                                decides[i]);
        }
    }
    tgr_status status = tgr_cli_deciding_read(deciding, arguments, error);
    if (status == TGR_OK && most != NULL) {
        status = tgr_cli_parse_integer("most", most, 1, 1000000, &number, error);
    }
    if (status == TGR_OK && deciding->threshold_count > 1) {
        status = tgr_cli_fail(error, TGR_ERR_ARGUMENT, "router diff takes one threshold");
    }
    if (status == TGR_OK && deciding->threshold_count == 0 &&
        deciding->policy != TGR_POLICY_MARGIN) {
        status = tgr_cli_fail(error, TGR_ERR_ARGUMENT, "policy %s needs --%s",
                              tgr_policy_name(deciding->policy),
                              tgr_cli_threshold_option(deciding->policy));
    }
    options->most = (size_t)number;
    options->policy = deciding->policy;
    options->threshold = deciding->threshold_count > 0 ? deciding->thresholds[0] : 0;
    options->split = deciding->split;
    options->fallback = deciding->fallback;
    return status;
}

static tgr_status compare(const tgr_cli_arguments *arguments, const tgr_diff_options *options,
                          tgr_error *error)
{
    tgr_cli_session session;
    tgr_router *first = NULL, *second = NULL;
    tgr_diff *diff = NULL;
    char *text = NULL;
    tgr_status status = tgr_cli_session_start(&session, arguments, error);
    if (status != TGR_OK) {
        return status;
    }
    status = tgr_router_load(arguments->operands[0], &first, error);
    status = status == TGR_OK ? tgr_router_load(arguments->operands[1], &second, error) : status;
    if (status == TGR_OK) {
        status = tgr_router_diff(first, second, options, &diff, &session.run, error);
    }
    tgr_cli_session_end(&session);
    if (status == TGR_OK && !tgr_cli_has(arguments, "json")) {
        show(diff, stdout);
    } else if (status == TGR_OK) {
        status = tgr_diff_json(diff, &text, error);
        status = status == TGR_OK ? tgr_cli_write_file("-", text, strlen(text), error) : status;
    }
    tgr_free(text);
    tgr_diff_free(diff);
    tgr_router_free(first);
    tgr_router_free(second);
    return status;
}

static tgr_status diff_main(const tgr_cli_arguments *arguments, tgr_error *error)
{
    tgr_cli_deciding deciding = {0};
    tgr_diff_options options;
    tgr_status status = read_options(arguments, &deciding, &options, error);
    if (status == TGR_OK) {
        status = compare(arguments, &options, error);
    }
    tgr_cli_deciding_free(&deciding);
    return status;
}

const tgr_cli_command tgr_cli_router_diff = {
    .name = "router diff",
    .summary = "what two routers differ in, and what that changes",
    .synopsis = "ROUTER ROUTER [FILE.h5...] [options]",
    .description =
        "Compares models, prices and weights, and lists the tags that changed most: by how far a "
        "model's weight moved beyond the mean of all models, as what moves all alike decides "
        "nothing, times how often the tag occurs. With query files, every query is decided by both "
        "routers at the same threshold.",
    .examples = examples,
    .groups = groups,
    .operands_min = 2,
    .operands_max = (size_t)-1,
    .operand = "two routers, and query files if wanted",
    .main = diff_main,
};
