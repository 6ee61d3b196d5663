/* command_fit.c - a router from recorded outcomes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tagroute/fit.h>

#include "engine/cli/commands.h"
#include "engine/cli/compare_scorers.h"
#include "engine/cli/fail.h"
#include "engine/cli/fit_summary.h"
#include "engine/cli/numbers.h"
#include "engine/cli/prices.h"
#include "engine/cli/program.h"
#include "engine/cli/session.h"

static const tgr_cli_option fit_options[] = {
    {"output", 'o', "ROUTER", "the router to write; replaced only when complete"},
    {"reference", 0, "MODEL", "the model that others are judged against (default: the dearest)"},
    {"models", 0, "A,B,...", "these models, in this order (default: all, by name)"},
    {"split", 0, "NAME",
     "learn from this split (default: train where there are splits, else every query; "
     "--split= every query)"},
    {"scorer", 0, "paper|bayes|ridge|mixed",
     "paper: TagRouter's counting of wins, ties and losses (default); bayes: tags' mean scores, "
     "shrunk; ridge: least squares; mixed: ridge with the category as a nearly free effect"},
    {"kappa", 0, "N",
     "of bayes: as many queries as a tag needs to be half believed (default: "
     "chosen by cross-validation)"},
    {"alpha", 0, "N", "of ridge and mixed: the penalty on weights (default: likewise)"},
    {"folds", 0, "N",
     "folds of cross-validation, 2 to 64: what kappa or alpha is chosen by, and what --compare "
     "measures on (default: 5)"},
    {"shard", 0, "I/N",
     "learn from the I-th of N parts of the rows and write a partial fit; `tagroute merge` makes "
     "the router of all N"},
    {"min-count", 0, "N", "drop tags that occur less often (default: 5)"},
    {"count", 0, "raw|binary|log",
     "how often a tag stands on a query, as it is, as one, or log(1 + n) (default: raw for "
     "paper, binary for the others)"},
    {"rewards", 0, "WIN,TIE,LOSS", "what outcomes are worth (default: 1,0.15,-1)"},
    {0},
};

static const tgr_cli_group fit_group = {"Options", fit_options};
static const tgr_cli_group *const groups[] = {&fit_group,
                                              &tgr_cli_compare_group,
                                              &tgr_cli_price_group,
                                              &tgr_cli_reading_group,
                                              &tgr_cli_common_group,
                                              NULL};

static const tgr_cli_example examples[] = {
    {"learn from the split \"train\", or from everything where there are no splits",
     "tagroute fit queries.h5 -o router.msgpack"},
    {"name the reference, and price the models",
     "tagroute fit queries.h5 -o router.msgpack --reference gpt-4 --prices litellm.json"},
    {"see which scorer routes best what it has not seen",
     "tagroute fit queries.h5 --compare --reference gpt-4 --markdown scorers.md"},
    {"see which way to tag the same log is best",
     "tagroute fit words.h5 pairs.h5 stems.h5 --compare --each --reference gpt-4"},
    {"learn from the first of four parts of the rows",
     "tagroute fit queries.h5 -o part1.msgpack --shard 1/4 --reference gpt-4"},
    {0},
};

/* What was read, and what it owns. */
typedef struct fitting {
    tgr_fit_options options;
    tgr_cli_prices prices;
    const char *output;
    uint32_t shard, shards; /* 0: everything */
    char *model_list;       /* the text of --models, cut at its commas */
    const char **model_names;
} fitting;

static tgr_status read_models(fitting *work, const char *text, tgr_error *error)
{
    size_t count = 1;
    for (const char *c = text; *c != '\0'; c++) {
        count += *c == ',';
    }
    work->model_list = tgr_cli_alloc(strlen(text) + 1, 1, error);
    work->model_names = tgr_cli_alloc(count, sizeof *work->model_names, error);
    if (work->model_list == NULL || work->model_names == NULL) {
        return TGR_ERR_NOMEM;
    }
    char *name = strcpy(work->model_list, text);
    for (size_t i = 0; i < count; i++) {
        size_t length = strcspn(name, ",");
        if (length == 0) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--models has an empty name in '%.200s'",
                                text);
        }
        work->model_names[i] = name;
        name[length] = '\0';
        name += length + 1;
    }
    work->options.models = work->model_names;
    work->options.model_count = count;
    return TGR_OK;
}

static tgr_status read_count(const char *name, tgr_count *count, tgr_error *error)
{
    static const char *const names[] = {"raw", "binary", "log"};
    static const tgr_count values[] = {TGR_COUNT_RAW, TGR_COUNT_BINARY, TGR_COUNT_LOG};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            *count = values[i];
            return TGR_OK;
        }
    }
    return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--count is raw, binary or log, not '%.60s'",
                        name);
}

static tgr_status read_rewards(const char *text, double rewards[3], tgr_error *error)
{
    double *values;
    size_t count;
    tgr_status status = tgr_cli_parse_numbers("rewards", text, &values, &count, error);
    if (status == TGR_OK && count != 3) {
        status = tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                              "--rewards takes three numbers WIN,TIE,LOSS, not '%.60s'", text);
    }
    if (status == TGR_OK) {
        memcpy(rewards, values, 3 * sizeof *rewards);
    }
    free(values);
    return status;
}

static tgr_status read_learning(fitting *work, const tgr_cli_arguments *arguments, tgr_error *error)
{
    const char *kappa = tgr_cli_text(arguments, "kappa");
    const char *alpha = tgr_cli_text(arguments, "alpha");
    const char *folds = tgr_cli_text(arguments, "folds");
    long number = 0;
    const char *shard = tgr_cli_text(arguments, "shard");
    tgr_status status = TGR_OK;
    if (kappa != NULL) {
        status = tgr_cli_parse_double("kappa", kappa, &work->options.kappa, error);
    }
    if (status == TGR_OK && alpha != NULL) {
        status = tgr_cli_parse_double("alpha", alpha, &work->options.alpha, error);
    }
    if (status == TGR_OK && folds != NULL) {
        status = tgr_cli_parse_integer("folds", folds, 2, 64, &number, error);
        work->options.folds = (uint32_t)number;
    }
    if (status == TGR_OK && shard != NULL) {
        status = tgr_cli_parse_shard(shard, &work->shard, &work->shards, error);
    }
    return status;
}

static tgr_status read_numbers(fitting *work, const tgr_cli_arguments *arguments, tgr_error *error)
{
    const char *min_count = tgr_cli_text(arguments, "min-count");
    const char *count = tgr_cli_text(arguments, "count");
    const char *rewards = tgr_cli_text(arguments, "rewards");
    tgr_status status = TGR_OK;
    if (min_count != NULL) {
        status = tgr_cli_parse_double("min-count", min_count, &work->options.min_count, error);
    }
    if (status == TGR_OK && count != NULL) {
        status = read_count(count, &work->options.count, error);
    }
    if (status == TGR_OK && rewards != NULL) {
        status = read_rewards(rewards, work->options.rewards, error);
    }
    return status == TGR_OK ? read_learning(work, arguments, error) : status;
}

static tgr_status read_options(fitting *work, const tgr_cli_arguments *arguments, tgr_error *error)
{
    tgr_fit_options *options = &work->options;
    tgr_fit_options_init(options);
    options->inputs = arguments->operands;
    options->input_count = arguments->operand_count;
    options->reference = tgr_cli_text(arguments, "reference");
    options->split = tgr_cli_text(arguments, "split");
    const char *scorer = tgr_cli_text(arguments, "scorer");
    options->scorer = scorer != NULL ? scorer : options->scorer;
    const char *models = tgr_cli_text(arguments, "models");
    bool compares = tgr_cli_has(arguments, "compare");
    tgr_status status = compares ? TGR_OK : tgr_cli_need(arguments, "output", &work->output, error);
    if (compares && (tgr_cli_has(arguments, "output") || tgr_cli_has(arguments, "scorer") ||
                     tgr_cli_has(arguments, "shard"))) {
        status = tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                              "--compare fits every scorer and writes no router: leave out "
                              "--output, --scorer and --shard");
    }
    static const char *const tables[] = {"csv", "markdown", "latex", "each"};
    for (size_t i = 0; status == TGR_OK && !compares && i < 4; i++) {
        if (tgr_cli_has(arguments, tables[i])) {
            status = tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--%s belongs to --compare", tables[i]);
        }
    }
    if (status == TGR_OK && models != NULL) {
        status = read_models(work, models, error);
    }
    if (status == TGR_OK) {
        status = read_numbers(work, arguments, error);
    }
    return status == TGR_OK ? tgr_cli_prices_read(&work->prices, arguments, error) : status;
}

static tgr_status fit_and_save(const fitting *work, tgr_cli_session *session, tgr_error *error)
{
    tgr_router *router = NULL;
    tgr_fit_report report = {0};
    tgr_status status = tgr_fit(&work->options, work->prices.any ? &work->prices.options : NULL,
                                &router, &report, &session->run, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK && tgr_cli_speaks()) {
        status = tgr_router_save(router, work->output, error);
    }
    tgr_router_free(router);
    if (status == TGR_OK && !session->quiet) {
        tgr_cli_fit_summary(session, work->output, &report);
        status = tgr_cli_fit_router(session, work->output, work->options.inputs[0], error);
    }
    return status;
}

static tgr_status fit_shard(const fitting *work, tgr_cli_session *session, tgr_error *error)
{
    tgr_fit_report report = {0};
    tgr_status status =
        tgr_fit_shard(&work->options, work->prices.any ? &work->prices.options : NULL, work->shard,
                      work->shards, work->output, &report, &session->run, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK && !session->quiet) {
        tgr_cli_fit_summary(session, work->output, &report);
        tgr_cli_say(session, "next: the other shards, then tagroute merge of all %lu\n",
                    (unsigned long)work->shards);
    }
    return status;
}

static tgr_status fit(const tgr_cli_arguments *arguments, tgr_error *error)
{
    fitting work = {0};
    tgr_cli_session session;
    tgr_status status = read_options(&work, arguments, error);
    if (status == TGR_OK) {
        status = tgr_cli_session_start(&session, arguments, error);
    }
    if (status == TGR_OK) {
        const tgr_price_options *prices = work.prices.any ? &work.prices.options : NULL;
        status = tgr_cli_has(arguments, "compare")
                     ? tgr_cli_compare_scorers(&work.options, prices, arguments, &session, error)
                 : work.shards > 0 ? fit_shard(&work, &session, error)
                                   : fit_and_save(&work, &session, error);
    }
    tgr_cli_prices_free(&work.prices);
    free(work.model_list);
    free(work.model_names);
    return status;
}

const tgr_cli_command tgr_cli_fit = {
    .name = "fit",
    .summary = "a router from the outcomes that query files record",
    .synopsis = "FILE.h5... -o ROUTER [options]",
    .description =
        "Learns how good each model is at each tag, by counting the outcomes of past queries, and "
        "writes a router: one MessagePack file that also loads in three lines of Python. The "
        "result does not depend on threads, the order of queries or how they are split over files.",
    .examples = examples,
    .groups = groups,
    .operands_min = 1,
    .operands_max = (size_t)-1,
    .operand = "a query file, or several",
    .main = fit,
};
