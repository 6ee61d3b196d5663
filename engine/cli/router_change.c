/* router_change.c - one router changed: a model dropped or renamed, prices, the reference, another
 * router's models put beside its own. */
#include <stdio.h>
#include <stdlib.h>

#include <tagroute/upkeep.h>

#include "engine/cli/fail.h"
#include "engine/cli/messages.h"
#include "engine/cli/prices.h"
#include "engine/cli/router_verbs.h"

static const tgr_cli_option measure_options[] = {
    {"queries", 0, "FILE.h5",
     "measure on these queries at which thresholds which share leaves the reference, as fit does; "
     "repeatable"},
    {"split", 0, "NAME", "of these, the queries of one split (default: train where there is one)"},
    {0},
};

const tgr_cli_group tgr_cli_measure_group = {"Margins", measure_options};

tgr_status tgr_cli_router_finish(const tgr_cli_arguments *arguments, tgr_router *router,
                                 bool measured, tgr_cli_session *session, tgr_error *error)
{
    const char *output = tgr_cli_text(arguments, "output");
    size_t count = tgr_cli_list(arguments, "queries", NULL, 0);
    tgr_status status = TGR_OK;
    if (!measured && count > 0) {
        const char **queries = tgr_cli_alloc(count, sizeof *queries, error);
        if (queries == NULL) {
            return TGR_ERR_NOMEM;
        }
        tgr_cli_list(arguments, "queries", queries, count);
        status = tgr_router_measure(router, queries, count, tgr_cli_text(arguments, "split"),
                                    &session->run, error);
        free(queries);
    } else if (!measured && !session->quiet) {
        tgr_cli_note("the router has no margin quantiles now; --queries FILE.h5 measures them");
    }
    status = status == TGR_OK ? tgr_router_save(router, output, error) : status;
    tgr_cli_session_end(session);
    if (status == TGR_OK) {
        tgr_cli_say(session, "%s: %zu models, %zu tags\n", output, tgr_router_models(router),
                    tgr_router_tags(router));
    }
    return status;
}

/* What a verb does to the router that its first operand names. */
typedef tgr_status change_router(const tgr_cli_arguments *arguments, tgr_router *router,
                                 const tgr_run *run, tgr_error *error);

static tgr_status change(const tgr_cli_arguments *arguments, change_router *apply, bool measured,
                         tgr_error *error)
{
    tgr_cli_session session;
    tgr_router *router = NULL;
    const char *output;
    tgr_status status = tgr_cli_need(arguments, "output", &output, error);
    if (status == TGR_OK && tgr_cli_has(arguments, "split") && !tgr_cli_has(arguments, "queries")) {
        status = tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--split is for --queries");
    }
    status = status == TGR_OK ? tgr_cli_session_start(&session, arguments, error) : status;
    if (status != TGR_OK) {
        return status;
    }
    status = tgr_router_load(arguments->operands[0], &router, error);
    status = status == TGR_OK ? apply(arguments, router, &session.run, error) : status;
    if (status == TGR_OK) {
        status = tgr_cli_router_finish(arguments, router, measured, &session, error);
    }
    tgr_cli_session_end(&session);
    tgr_router_free(router);
    return status;
}

/* ---- drop-model ------------------------------------------------------------------------------ */

static const tgr_cli_option drop_options[] = {
    {"model", 0, "NAME", "the model to drop"},
    {"output", 'o', "FILE", "the router to write; may be the one read"},
    {0},
};
static const tgr_cli_group drop_group = {"Options", drop_options};
static const tgr_cli_group *const drop_groups[] = {
    &drop_group, &tgr_cli_measure_group, &tgr_cli_reading_group, &tgr_cli_common_group, NULL};
static const tgr_cli_example drop_examples[] = {
    {"a model that is no longer served",
     "tagroute router drop-model r.msgpack --model old-7b --queries queries.h5 -o r.msgpack"},
    {0},
};

static tgr_status drop(const tgr_cli_arguments *arguments, tgr_router *router, const tgr_run *run,
                       tgr_error *error)
{
    const char *model;
    (void)run;
    tgr_status status = tgr_cli_need(arguments, "model", &model, error);
    return status == TGR_OK ? tgr_router_drop_model(router, model, error) : status;
}

static tgr_status drop_main(const tgr_cli_arguments *arguments, tgr_error *error)
{
    return change(arguments, drop, false, error);
}

const tgr_cli_command tgr_cli_router_drop = {
    .name = "router drop-model",
    .summary = "take a model out",
    .synopsis = "ROUTER --model NAME -o FILE [options]",
    .description = "Takes a model's column out. The reference has to be another one first.",
    .examples = drop_examples,
    .groups = drop_groups,
    .operands_min = 1,
    .operands_max = 1,
    .operand = "one router",
    .main = drop_main,
};

/* ---- rename ---------------------------------------------------------------------------------- */

static const tgr_cli_option rename_options[] = {
    {"model", 0, "NAME", "the model to rename"},
    {"to", 0, "NAME", "its new name"},
    {"output", 'o', "FILE", "the router to write; may be the one read"},
    {0},
};
static const tgr_cli_group rename_group = {"Options", rename_options};
static const tgr_cli_group *const rename_groups[] = {&rename_group, &tgr_cli_common_group, NULL};
static const tgr_cli_example rename_examples[] = {
    {"the name under which a gateway has it",
     "tagroute router rename r.msgpack --model gpt-4 --to azure/gpt-4 -o r.msgpack"},
    {0},
};

static tgr_status rename_model(const tgr_cli_arguments *arguments, tgr_router *router,
                               const tgr_run *run, tgr_error *error)
{
    const char *model, *to = NULL;
    (void)run;
    tgr_status status = tgr_cli_need(arguments, "model", &model, error);
    status = status == TGR_OK ? tgr_cli_need(arguments, "to", &to, error) : status;
    return status == TGR_OK ? tgr_router_rename_model(router, model, to, error) : status;
}

static tgr_status rename_main(const tgr_cli_arguments *arguments, tgr_error *error)
{
    return change(arguments, rename_model, true, error);
}

const tgr_cli_command tgr_cli_router_rename = {
    .name = "router rename",
    .summary = "give a model another name",
    .synopsis = "ROUTER --model NAME --to NAME -o FILE [options]",
    .description = "The model keeps its place and its scores.",
    .examples = rename_examples,
    .groups = rename_groups,
    .operands_min = 1,
    .operands_max = 1,
    .operand = "one router",
    .main = rename_main,
};

/* ---- set-price ------------------------------------------------------------------------------- */

static const tgr_cli_option price_options[] = {
    {"output", 'o', "FILE", "the router to write; may be the one read"},
    {0},
};
static const tgr_cli_group price_group = {"Options", price_options};
static const tgr_cli_group *const price_groups[] = {&price_group, &tgr_cli_price_group,
                                                    &tgr_cli_common_group, NULL};
static const tgr_cli_example price_examples[] = {
    {"a price that has changed: USD a million prompt and completion tokens",
     "tagroute router set-price r.msgpack --price gpt-4=2.5,10/M -o r.msgpack"},
    {0},
};

static tgr_status set_price(const tgr_cli_arguments *arguments, tgr_router *router,
                            const tgr_run *run, tgr_error *error)
{
    tgr_cli_prices prices = {0};
    tgr_status status = tgr_cli_prices_read(&prices, arguments, error);
    if (status == TGR_OK && !prices.any) {
        status = tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                              "router set-price needs a price: --price, --prices, --cost or "
                              "--completion-tokens");
    }
    status = status == TGR_OK ? tgr_router_set_prices(router, &prices.options, run, error) : status;
    tgr_cli_prices_free(&prices);
    return status;
}

static tgr_status price_main(const tgr_cli_arguments *arguments, tgr_error *error)
{
    return change(arguments, set_price, true, error);
}

const tgr_cli_command tgr_cli_router_set_price = {
    .name = "router set-price",
    .summary = "store other prices",
    .synopsis = "ROUTER -o FILE --price MODEL=IN,OUT [options]",
    .description = "Stores prices in the router, as fit does with those that it is given.",
    .examples = price_examples,
    .groups = price_groups,
    .operands_min = 1,
    .operands_max = 1,
    .operand = "one router",
    .main = price_main,
};

/* ---- reference ------------------------------------------------------------------------------- */

static const tgr_cli_option refer_options[] = {
    {"model", 0, "NAME", "make this model the reference; without it, show which one is"},
    {"output", 'o', "FILE", "the router to write; may be the one read"},
    {0},
};
static const tgr_cli_group refer_group = {"Options", refer_options};
static const tgr_cli_group *const refer_groups[] = {
    &refer_group, &tgr_cli_measure_group, &tgr_cli_reading_group, &tgr_cli_common_group, NULL};
static const tgr_cli_example refer_examples[] = {
    {"which model is it?", "tagroute router reference r.msgpack"},
    {"another one, with thresholds for it",
     "tagroute router reference r.msgpack --model gpt-4 --queries queries.h5 -o r2.msgpack"},
    {0},
};

static tgr_status refer(const tgr_cli_arguments *arguments, tgr_router *router, const tgr_run *run,
                        tgr_error *error)
{
    (void)run;
    return tgr_router_set_reference(router, tgr_cli_text(arguments, "model"), error);
}

static tgr_status show_reference(const tgr_cli_arguments *arguments, tgr_error *error)
{
    tgr_router *router = NULL;
    char name[1100];
    if (tgr_cli_has(arguments, "output") || tgr_cli_has(arguments, "queries") ||
        tgr_cli_has(arguments, "split")) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "without --model nothing is changed; leave --output, --queries and "
                            "--split out");
    }
    tgr_status status = tgr_router_load(arguments->operands[0], &router, error);
    if (status == TGR_OK) {
        const char *reference = tgr_router_model(router, tgr_router_reference(router));
        printf("%s\n", tgr_cli_printable(reference, name, sizeof name));
    }
    tgr_router_free(router);
    return status;
}

static tgr_status refer_main(const tgr_cli_arguments *arguments, tgr_error *error)
{
    return tgr_cli_has(arguments, "model") ? change(arguments, refer, false, error)
                                           : show_reference(arguments, error);
}

const tgr_cli_command tgr_cli_router_refer = {
    .name = "router reference",
    .summary = "show the reference, or make another model it",
    .synopsis = "ROUTER [--model NAME -o FILE] [options]",
    .description =
        "Policy margin compares the other models with the reference. Scores stay as they are: what "
        "was learnt from outcomes was learnt against the reference of the fit.",
    .examples = refer_examples,
    .groups = refer_groups,
    .operands_min = 1,
    .operands_max = 1,
    .operand = "one router",
    .main = refer_main,
};

/* ---- merge ----------------------------------------------------------------------------------- */

static const tgr_cli_option merge_options[] = {
    {"output", 'o', "FILE", "the router to write"},
    {0},
};
static const tgr_cli_group merge_group = {"Options", merge_options};
static const tgr_cli_group *const merge_groups[] = {
    &merge_group, &tgr_cli_measure_group, &tgr_cli_reading_group, &tgr_cli_common_group, NULL};
static const tgr_cli_example merge_examples[] = {
    {"models that two teams have fitted against the same reference",
     "tagroute router merge a.msgpack b.msgpack --queries queries.h5 -o both.msgpack"},
    {0},
};

static tgr_status merge(const tgr_cli_arguments *arguments, tgr_router *router, const tgr_run *run,
                        tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 1; status == TGR_OK && i < arguments->operand_count; i++) {
        tgr_router *other = NULL;
        status = tgr_router_load(arguments->operands[i], &other, error);
        status = status == TGR_OK ? tgr_router_merge_models(router, other, run, error) : status;
        tgr_router_free(other);
    }
    return status;
}

static tgr_status merge_main(const tgr_cli_arguments *arguments, tgr_error *error)
{
    return change(arguments, merge, false, error);
}

const tgr_cli_command tgr_cli_router_merge = {
    .name = "router merge",
    .summary = "the models of several routers in one",
    .synopsis = "ROUTER ROUTER... -o FILE [options]",
    .description =
        "Puts the models of routers beside each other that were fitted by the same scorer against "
        "the same reference, over the tags of all. Every model scores every query as it did. A "
        "model that several have is taken from the first of them.",
    .examples = merge_examples,
    .groups = merge_groups,
    .operands_min = 2,
    .operands_max = (size_t)-1,
    .operand = "two routers or more",
    .main = merge_main,
};
