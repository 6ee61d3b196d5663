/* command_explain.c - why a query goes where it goes, and which tags decide most. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <tagroute/explain.h>
#include <tagroute/solve.h>

#include "engine/cli/commands.h"
#include "engine/cli/deciding.h"
#include "engine/cli/fail.h"
#include "engine/cli/numbers.h"
#include "engine/cli/prices.h"
#include "engine/cli/session.h"
#include "engine/cli/show_explanation.h"
#include "engine/cli/write_file.h"

static const tgr_cli_option explain_options[] = {
    {"router", 'r', "ROUTER", "the router that `tagroute fit` wrote"},
    {"id", 0, "ID", "explain the query with this id, the first that has it"},
    {"row", 0, "N", "explain the query in row N of FILE.h5, counted from 0"},
    {"text", 0, "TEXT",
     "explain a text, tagged by the router's tagger, in place of a file's query"},
    {"category", 0, "NAME", "the text's category, for routers that take it as a tag"},
    {"prompt-tokens", 0, "N", "the text's prompt tokens, for its cost"},
    {"why-not", 0, "MODEL", "say what keeps MODEL from being chosen"},
    {"top", 0, "N", "list the N tags that move most, over all queries of the files"},
    {"by", 0, "queries|money", "of --top (default: queries)"},
    {"policy-file", 0, "FILE", "decide as a policy saved with --save-policy says"},
    {"json", 0, NULL, "print one JSON object"},
    {0},
};

static const tgr_cli_group explain_group = {"Options", explain_options};
static const tgr_cli_group *const groups[] = {&explain_group,        &tgr_cli_deciding_group,
                                              &tgr_cli_price_group,  &tgr_cli_reading_group,
                                              &tgr_cli_common_group, NULL};

static const tgr_cli_example examples[] = {
    {"why does this query go where it goes, and from which threshold on elsewhere?",
     "tagroute explain queries.h5 -r router.msgpack --theta -0.01 --id q17"},
    {"and why not to another model?",
     "tagroute explain queries.h5 -r router.msgpack --row 16 --why-not gpt-4"},
    {"what would become of a text?",
     "tagroute explain -r router.msgpack --text 'Prove that the square root of 2 is irrational.'"},
    {"the ten tags without which most money would be spent otherwise",
     "tagroute explain queries.h5 -r router.msgpack --top 10 --by money"},
    {0},
};

typedef struct explaining {
    const tgr_cli_arguments *arguments;
    tgr_cli_deciding deciding;
    tgr_cli_prices prices;
    const char *router_path, *policy_file;
    tgr_router *router;
    tgr_policy policy;
    double threshold;
    long top;
    tgr_explain_options one;
    bool by_money;
} explaining;

/* One query is named in one way, and what belongs to another way is a mistake. */
static tgr_status check_ways(const tgr_cli_arguments *arguments, tgr_error *error)
{
    static const char *const ways[] = {"id", "row", "text", "top"};
    static const struct {
        const char *option, *belongs;
    } parts[] = {{"category", "text"}, {"prompt-tokens", "text"}, {"by", "top"}, {"split", "top"}};
    const char *way = NULL;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (!tgr_cli_has(arguments, ways[i])) {
            continue;
        }
        if (way != NULL) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                "--%s and --%s ask for two things; give one of them", way, ways[i]);
        }
        way = ways[i];
    }
    if (way == NULL) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "explain needs --id, --row, --text or --top");
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (tgr_cli_has(arguments, parts[i].option) && strcmp(parts[i].belongs, way) != 0) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--%s is for --%s", parts[i].option,
                                parts[i].belongs);
        }
    }
    if (strcmp(way, "top") == 0 && tgr_cli_has(arguments, "why-not")) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--why-not is asked of one query, not of --top");
    }
    return TGR_OK;
}

static tgr_status check_files(const tgr_cli_arguments *arguments, tgr_error *error)
{
    size_t count = arguments->operand_count;
    if (tgr_cli_has(arguments, "text") && count > 0) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--text takes no query file; '%.200s' is one",
                            arguments->operands[0]);
    }
    if (!tgr_cli_has(arguments, "text") && count == 0) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "explain needs a query file");
    }
    if (!tgr_cli_has(arguments, "top") && count > 1) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "'%.200s' is one too many: a query is in one file",
                            arguments->operands[1]);
    }
    return TGR_OK;
}

static tgr_status read_threshold(explaining *work, tgr_error *error)
{
    static const char *const given[] = {"policy", "theta", "lambda", "tau"};
    work->policy = work->deciding.policy;
    for (size_t i = 0; work->policy_file != NULL && i < sizeof given / sizeof *given; i++) {
        if (tgr_cli_has(work->arguments, given[i])) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                "--policy-file has policy and threshold; leave --%s out", given[i]);
        }
    }
    if (work->deciding.threshold_count > 1) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "explain takes one threshold; it says by itself what others change");
    }
    if (work->deciding.threshold_count == 1) {
        work->threshold = work->deciding.thresholds[0];
    } else if (work->policy != TGR_POLICY_MARGIN && work->policy_file == NULL) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "policy %s needs --%s",
                            tgr_policy_name(work->policy), tgr_cli_threshold_option(work->policy));
    }
    return TGR_OK;
}

static tgr_status read_numbers(explaining *work, tgr_error *error)
{
    const tgr_cli_arguments *arguments = work->arguments;
    const char *top = tgr_cli_text(arguments, "top"), *row = tgr_cli_text(arguments, "row");
    const char *tokens = tgr_cli_text(arguments, "prompt-tokens");
    const char *by = tgr_cli_text(arguments, "by");
    tgr_status status = TGR_OK;
    long number = 0;
    if (top != NULL) {
        status = tgr_cli_parse_integer("top", top, 1, 1000000, &work->top, error);
    }
    if (status == TGR_OK && row != NULL) {
        status = tgr_cli_parse_integer("row", row, 0, 0x7fffffffffffffff, &number, error);
        work->one.row = (uint64_t)number;
    }
    if (status == TGR_OK && tokens != NULL) {
        status = tgr_cli_parse_integer("prompt-tokens", tokens, 0, 0x7fffffff, &number, error);
        work->one.prompt_tokens = (double)number;
    }
    work->by_money = by != NULL && strcmp(by, "money") == 0;
    if (status == TGR_OK && by != NULL && !work->by_money && strcmp(by, "queries") != 0) {
        status = tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--by is queries or money, not '%.60s'", by);
    }
    return status;
}

static tgr_status read_options(explaining *work, tgr_error *error)
{
    const tgr_cli_arguments *arguments = work->arguments;
    tgr_explain_options_init(&work->one);
    work->policy_file = tgr_cli_text(arguments, "policy-file");
    tgr_status status = tgr_cli_need(arguments, "router", &work->router_path, error);
    status = status == TGR_OK ? check_ways(arguments, error) : status;
    status = status == TGR_OK ? check_files(arguments, error) : status;
    status = status == TGR_OK ? tgr_cli_deciding_read(&work->deciding, arguments, error) : status;
    status = status == TGR_OK ? read_threshold(work, error) : status;
    status = status == TGR_OK ? read_numbers(work, error) : status;
    work->one.input = arguments->operand_count > 0 ? arguments->operands[0] : NULL;
    work->one.id = tgr_cli_text(arguments, "id");
    work->one.text = tgr_cli_text(arguments, "text");
    work->one.category = tgr_cli_text(arguments, "category");
    work->one.why_not = tgr_cli_text(arguments, "why-not");
    work->one.fallback = work->deciding.fallback;
    work->one.align_min = work->deciding.align_min;
    return status == TGR_OK ? tgr_cli_prices_read(&work->prices, arguments, error) : status;
}

static tgr_status print_json(char *text, tgr_error *error)
{
    tgr_status status = tgr_cli_write_file("-", text, strlen(text), error);
    tgr_free(text);
    return status;
}

static tgr_status explain_one(explaining *work, tgr_cli_session *session, tgr_error *error)
{
    tgr_explanation *explanation = NULL;
    char *text = NULL;
    work->one.policy = work->policy;
    work->one.threshold = work->threshold;
    tgr_status status = tgr_explain(work->router, &work->one, &explanation, &session->run, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK && !tgr_cli_has(work->arguments, "json")) {
        tgr_cli_show_explanation(explanation, stdout);
    } else if (status == TGR_OK) {
        status = tgr_explanation_json(explanation, &text, error);
        status = status == TGR_OK ? print_json(text, error) : status;
    }
    tgr_explanation_free(explanation);
    return status;
}

static tgr_status explain_top(explaining *work, tgr_cli_session *session, tgr_error *error)
{
    tgr_top_options options;
    tgr_top *top = NULL;
    char *text = NULL;
    tgr_top_options_init(&options);
    options.inputs = work->arguments->operands;
    options.input_count = work->arguments->operand_count;
    options.split = work->deciding.split;
    options.fallback = work->deciding.fallback;
    options.align_min = work->deciding.align_min;
    options.policy = work->policy;
    options.threshold = work->threshold;
    options.most = (size_t)work->top;
    options.by_money = work->by_money;
    tgr_status status = tgr_explain_top(work->router, &options, &top, &session->run, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK && !tgr_cli_has(work->arguments, "json")) {
        tgr_cli_show_top(top, &options, stdout);
    } else if (status == TGR_OK) {
        status = tgr_top_json(top, &options, &text, error);
        status = status == TGR_OK ? print_json(text, error) : status;
    }
    tgr_top_free(top);
    return status;
}

static tgr_status load_and_explain(explaining *work, tgr_cli_session *session, tgr_error *error)
{
    tgr_status status =
        tgr_cli_load_router(work->router_path, &work->prices, &session->run, &work->router, error);
    if (status == TGR_OK && work->policy_file != NULL) {
        tgr_saved_policy saved;
        status = tgr_policy_load(work->policy_file, work->router, &saved, error);
        work->policy = status == TGR_OK ? saved.policy : work->policy;
        work->threshold = status == TGR_OK ? saved.threshold : work->threshold;
    }
    if (status == TGR_OK) {
        status =
            work->top > 0 ? explain_top(work, session, error) : explain_one(work, session, error);
    }
    tgr_cli_session_end(session);
    tgr_router_free(work->router);
    return status;
}

static tgr_status explain(const tgr_cli_arguments *arguments, tgr_error *error)
{
    explaining work = {.arguments = arguments};
    tgr_cli_session session;
    tgr_status status = read_options(&work, error);
    if (status == TGR_OK) {
        status = tgr_cli_session_start(&session, arguments, error);
    }
    if (status == TGR_OK) {
        status = load_and_explain(&work, &session, error);
    }
    tgr_cli_deciding_free(&work.deciding);
    tgr_cli_prices_free(&work.prices);
    return status;
}

const tgr_cli_command tgr_cli_explain = {
    .name = "explain",
    .summary = "why a query goes where it goes, and which tags decide most",
    .synopsis = "[FILE.h5] -r ROUTER --id ID|--row N|--text TEXT|--top N [options]",
    .description =
        "Shows one query's tags, what each adds to every model's score, costs, which models may "
        "serve it, the rule's decision, and the exact thresholds at which it would change. Scores "
        "are summed in float32 from the bias on, tag by tag as listed; --json has the sum after "
        "each.\n"
        "--top decides every query of the files again without each of its tags in turn, and lists "
        "the tags whose loss moves most queries, or most expected cost, to other models.",
    .examples = examples,
    .groups = groups,
    .operands_min = 0,
    .operands_max = (size_t)-1,
    .operand = "a query file",
    .main = explain,
};
