/* command_fit.c - a router from recorded outcomes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tagroute/fit.h>
#include <tagroute/info.h>

#include "engine/cli/commands.h"
#include "engine/cli/fail.h"
#include "engine/cli/numbers.h"
#include "engine/cli/prices.h"
#include "engine/cli/session.h"

static const tgr_cli_option fit_options[] = {
    {"output", 'o', "ROUTER", "the router to write; replaced only when complete"},
    {"reference", 0, "MODEL", "the model that others are judged against (default: the dearest)"},
    {"models", 0, "A,B,...", "these models, in this order (default: all, by name)"},
    {"split", 0, "NAME",
     "learn from this split (default: train where there are splits, else every query; "
     "--split= every query)"},
    {"scorer", 0, "SCORER", "paper: TagRouter's counting of wins, ties and losses (default)"},
    {"min-count", 0, "N", "drop tags that occur less often (default: 5)"},
    {"count", 0, "COUNT", "raw, binary or log: how often a tag stands on a query (default: raw)"},
    {"rewards", 0, "WIN,TIE,LOSS", "what outcomes are worth (default: 1,0.15,-1)"},
    {0},
};

static const tgr_cli_group fit_group = {"Options", fit_options};
static const tgr_cli_group *const groups[] = {&fit_group, &tgr_cli_price_group,
                                              &tgr_cli_reading_group, &tgr_cli_common_group, NULL};

static const tgr_cli_example examples[] = {
    {"learn from the split \"train\", or from everything where there are no splits",
     "tagroute fit queries.h5 -o router.msgpack"},
    {"name the reference, and price the models",
     "tagroute fit queries.h5 -o router.msgpack --reference gpt-4 --prices litellm.json"},
    {0},
};

/* What was read, and what it owns. */
typedef struct fitting {
    tgr_fit_options options;
    tgr_cli_prices prices;
    const char *output;
    char *model_list; /* the text of --models, cut at its commas */
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
    return status;
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
    tgr_status status = tgr_cli_need(arguments, "output", &work->output, error);
    if (status == TGR_OK && models != NULL) {
        status = read_models(work, models, error);
    }
    if (status == TGR_OK) {
        status = read_numbers(work, arguments, error);
    }
    return status == TGR_OK ? tgr_cli_prices_read(&work->prices, arguments, error) : status;
}

static void print_summary(const tgr_cli_session *session, const fitting *work,
                          const tgr_fit_report *report)
{
    char training[TGR_CLI_NUMBER_SIZE], queries[TGR_CLI_NUMBER_SIZE], time[TGR_CLI_NUMBER_SIZE];
    char tags[TGR_CLI_NUMBER_SIZE], seen[TGR_CLI_NUMBER_SIZE], judged[TGR_CLI_NUMBER_SIZE];
    char derived[TGR_CLI_NUMBER_SIZE], assumed[TGR_CLI_NUMBER_SIZE];
    tgr_cli_say(session, "%s: learnt from %s of %s queries in %s\n", work->output,
                tgr_cli_count(training, report->training), tgr_cli_count(queries, report->queries),
                tgr_cli_duration(time, tgr_cli_session_seconds(session)));
    tgr_cli_say(session, "  %s tags kept of %s seen\n", tgr_cli_count(tags, report->tags),
                tgr_cli_count(seen, report->tags_seen));
    tgr_cli_say(session,
                "  %s outcomes, of them %s derived from scores, %s ties of the reference assumed\n",
                tgr_cli_count(judged, report->judged), tgr_cli_count(derived, report->derived),
                tgr_cli_count(assumed, report->assumed_ties));
}

/* The router as written, read back: models, thresholds and all. */
static tgr_status print_router(const tgr_cli_session *session, const fitting *work,
                               tgr_error *error)
{
    char *text = NULL;
    tgr_status status = tgr_info(work->output, &text, NULL, NULL, error);
    if (status == TGR_OK) {
        tgr_cli_say(session, "\n%s\n", text);
        tgr_cli_say(session, "next: tagroute simulate %s -r %s\n", work->options.inputs[0],
                    work->output);
    }
    tgr_free(text);
    return status;
}

static tgr_status fit_and_save(const fitting *work, tgr_cli_session *session, tgr_error *error)
{
    tgr_router *router = NULL;
    tgr_fit_report report = {0};
    tgr_status status = tgr_fit(&work->options, work->prices.any ? &work->prices.options : NULL,
                                &router, &report, &session->run, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK) {
        status = tgr_router_save(router, work->output, error);
        tgr_router_free(router);
    }
    if (status == TGR_OK && !session->quiet) {
        print_summary(session, work, &report);
        status = print_router(session, work, error);
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
        status = fit_and_save(&work, &session, error);
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
