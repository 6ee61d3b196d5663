/* router_add.c - one more model for a router, learnt from judged queries. */
#include <math.h>
#include <stdlib.h>

#include <tagroute/upkeep.h>

#include "engine/cli/fail.h"
#include "engine/cli/numbers.h"
#include "engine/cli/prices.h"
#include "engine/cli/router_verbs.h"

static const tgr_cli_option add_options[] = {
    {"fit", 0, "FILE.h5", "learn from the queries that are judged here; repeatable"},
    {"model", 0, "NAME", "the model to add"},
    {"output", 'o', "FILE", "the router to write; may be the one read"},
    {"split", 0, "NAME", "learn from this split (default: train where there is one)"},
    {"kappa", 0, "NUMBER", "of the scorer bayes (default: the router's)"},
    {"alpha", 0, "NUMBER", "of the scorers ridge and mixed (default: the router's)"},
    {0},
};
static const tgr_cli_group add_group = {"Options", add_options};
static const tgr_cli_group *const groups[] = {&add_group, &tgr_cli_price_group,
                                              &tgr_cli_reading_group, &tgr_cli_common_group, NULL};
static const tgr_cli_example examples[] = {
    {"a new model, with its price",
     "tagroute router add-model r.msgpack --fit judged.h5 --model gpt-6 --price gpt-6=2,8/M -o "
     "r2.msgpack"},
    {0},
};

static tgr_status read_parameter(const tgr_cli_arguments *arguments, double *parameter,
                                 tgr_error *error)
{
    static const char *const names[] = {"kappa", "alpha"};
    for (size_t i = 0; i < 2; i++) {
        const char *text = tgr_cli_text(arguments, names[i]);
        if (text == NULL) {
            continue;
        }
        if (!isnan(*parameter)) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                "--kappa and --alpha are of different scorers; give one of them");
        }
        tgr_status status = tgr_cli_parse_double(names[i], text, parameter, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    return TGR_OK;
}

static tgr_status add(const tgr_cli_arguments *arguments, const tgr_add_model_options *options,
                      const tgr_cli_prices *prices, tgr_error *error)
{
    tgr_cli_session session;
    tgr_router *router = NULL;
    tgr_fit_report report = {0};
    tgr_status status = tgr_cli_session_start(&session, arguments, error);
    if (status != TGR_OK) {
        return status;
    }
    status = tgr_router_load(arguments->operands[0], &router, error);
    if (status == TGR_OK) {
        status = tgr_router_add_model(router, options, prices->any ? &prices->options : NULL,
                                      &report, &session.run, error);
    }
    if (status == TGR_OK) {
        status = tgr_cli_router_finish(arguments, router, true, &session, error);
    }
    tgr_cli_session_end(&session);
    if (status == TGR_OK) {
        char text[TGR_CLI_NUMBER_SIZE];
        tgr_cli_say(&session, "  %s learnt from %s queries\n", options->model,
                    tgr_cli_count(text, report.training));
    }
    tgr_router_free(router);
    return status;
}

static tgr_status add_main(const tgr_cli_arguments *arguments, tgr_error *error)
{
    tgr_add_model_options options;
    tgr_cli_prices prices = {0};
    const char *text = NULL, **files = NULL;
    tgr_add_model_options_init(&options);
    tgr_status status = tgr_cli_need(arguments, "fit", &text, error);
    status = status == TGR_OK ? tgr_cli_need(arguments, "model", &options.model, error) : status;
    status = status == TGR_OK ? tgr_cli_need(arguments, "output", &text, error) : status;
    status = status == TGR_OK ? read_parameter(arguments, &options.parameter, error) : status;
    status = status == TGR_OK ? tgr_cli_prices_read(&prices, arguments, error) : status;
    options.input_count = tgr_cli_list(arguments, "fit", NULL, 0);
    options.split = tgr_cli_text(arguments, "split");
    if (status == TGR_OK) {
        files = tgr_cli_alloc(options.input_count, sizeof *files, error);
        status = files == NULL ? TGR_ERR_NOMEM : TGR_OK;
    }
    if (status == TGR_OK) {
        tgr_cli_list(arguments, "fit", files, options.input_count);
        options.inputs = files;
        status = add(arguments, &options, &prices, error);
    }
    free(files);
    tgr_cli_prices_free(&prices);
    return status;
}

const tgr_cli_command tgr_cli_router_add = {
    .name = "router add-model",
    .summary = "learn one more model",
    .synopsis = "ROUTER --fit FILE.h5 --model NAME -o FILE [options]",
    .description =
        "Learns one model from the queries that it was judged on, with the router's scorer, tags "
        "and reference; the other models stay as they are. From the queries that the router was "
        "fitted from this gives the router that fitting all models anew would give.",
    .examples = examples,
    .groups = groups,
    .operands_min = 1,
    .operands_max = 1,
    .operand = "one router",
    .main = add_main,
};
