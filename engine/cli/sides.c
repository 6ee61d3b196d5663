/* sides.c - every --router, --scores and --decisions, in that order. */
#include "engine/cli/sides.h"

#include <stdlib.h>
#include <string.h>

#include "engine/cli/fail.h"

static const tgr_cli_option sides_options[] = {
    {"scores", 0, "NAME=FILE",
     "judge scores made elsewhere, called NAME: queries x models, .npy or HDF5; repeatable"},
    {"decisions", 0, "NAME=FILE",
     "judge decisions made elsewhere: HDF5 of `tagroute route`, JSON Lines, CSV or .npy; "
     "repeatable"},
    {"reference", 0, "MODEL",
     "the reference where no router is given (default: the model of the highest mean cost)"},
    {0},
};

const tgr_cli_group tgr_cli_sides_group = {
    "Made elsewhere (a row for each query; instead of a router, or beside it)", sides_options};

/* ---- who they are ---------------------------------------------------------------------------- */

static tgr_status add_side(tgr_cli_sides *sides, const tgr_cli_side *side, tgr_error *error)
{
    if (sides->count == TGR_CLI_SIDES_MOST) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "at most %d are compared at once",
                            TGR_CLI_SIDES_MOST);
    }
    for (size_t i = 0; side->elsewhere.name != NULL && i < sides->count; i++) {
        const char *other = sides->each[i].elsewhere.name;
        if (other != NULL && strcmp(other, side->elsewhere.name) == 0) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                "two are called '%.60s'; give each a name of its own", other);
        }
    }
    sides->each[sides->count++] = *side;
    return TGR_OK;
}

static tgr_status add_elsewhere(tgr_cli_sides *sides, const char *option, const char *text,
                                const tgr_simulate_options *options, tgr_error *error)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0') {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--%s takes NAME=FILE, what to call it and where it is, not '%.60s'",
                            option, text);
    }
    if (sides->count == TGR_CLI_SIDES_MOST) {
        return add_side(sides, &sides->each[0], error); /* says that there are too many */
    }
    char *name = tgr_cli_alloc((size_t)(equals - text) + 1, 1, error);
    if (name == NULL) {
        return TGR_ERR_NOMEM;
    }
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    sides->names[sides->name_count++] = name;
    const tgr_cli_side side = {
        .router = sides->count > 0 ? sides->each[0].router : NULL,
        .elsewhere = {name, equals + 1, strcmp(option, "decisions") == 0},
        .options = *options,
    };
    return add_side(sides, &side, error);
}

static tgr_status add_routers(tgr_cli_sides *sides, const tgr_simulate_options *options,
                              const tgr_cli_arguments *arguments, tgr_error *error)
{
    const char *routers[2];
    size_t count = tgr_cli_list(arguments, "router", routers, 2);
    tgr_status status = TGR_OK;
    if (count > 2) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--router is given at most twice");
    }
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        const tgr_cli_side side = {.router = routers[i], .options = *options};
        status = add_side(sides, &side, error);
    }
    return status;
}

static tgr_status add_each(tgr_cli_sides *sides, const char *option,
                           const tgr_simulate_options *options, const tgr_cli_arguments *arguments,
                           tgr_error *error)
{
    const char *texts[TGR_CLI_SIDES_MOST];
    size_t count = tgr_cli_list(arguments, option, texts, TGR_CLI_SIDES_MOST);
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        status = i < TGR_CLI_SIDES_MOST ? add_elsewhere(sides, option, texts[i], options, error)
                                        : add_side(sides, &sides->each[0], error);
    }
    return status;
}

/* ---- another policy -------------------------------------------------------------------------- */

static tgr_status read_against(tgr_cli_sides *sides, const char *against, tgr_error *error)
{
    tgr_cli_side *first = &sides->each[0], *second = &sides->each[1];
    tgr_status status = TGR_OK;
    if (sides->count == 1) {
        sides->each[sides->count++] = *first;
    }
    if (sides->count > 2 || first->elsewhere.decisions || second->elsewhere.decisions) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--against-policy is of two that have thresholds, or of one of them "
                            "against itself");
    }
    tgr_policy policy;
    status = tgr_policy_by_name(against, &policy, error);
    if (status == TGR_OK && policy != second->options.policy) {
        second->options.policy = policy;
        second->options.thresholds = NULL; /* they are the other policy's */
        second->options.threshold_count = 0;
    }
    return status;
}

/* ---- what does not go together --------------------------------------------------------------- */

static tgr_status check_elsewhere(const tgr_cli_sides *sides, const tgr_simulate_options *options,
                                  const tgr_cli_arguments *arguments, tgr_error *error)
{
    static const char *const of_routers[] = {
        "save-policy", "budget", "target-quality", "target-share", "max-cost-per-query", "judged"};
    static const char *const of_thresholds[] = {"policy", "theta", "lambda", "tau", "grid"};
    bool some = false, all = true;
    for (size_t i = 0; i < sides->count; i++) {
        some = some || sides->each[i].elsewhere.name != NULL;
        all = all && sides->each[i].elsewhere.decisions;
    }
    for (size_t i = 0; some && i < sizeof of_routers / sizeof *of_routers; i++) {
        if (tgr_cli_has(arguments, of_routers[i])) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                "--%s is of a router; what was made elsewhere is judged without it",
                                of_routers[i]);
        }
    }
    for (size_t i = 0; all && i < sizeof of_thresholds / sizeof *of_thresholds; i++) {
        if (tgr_cli_has(arguments, of_thresholds[i])) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                "--%s says how scores decide; these are decisions already",
                                of_thresholds[i]);
        }
    }
    if (some && options->shards > 0) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--shard is of a router; what was made elsewhere is judged as a whole");
    }
    if (sides->reference != NULL && (!some || sides->each[0].router != NULL)) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--reference is of models without a router, which has its own");
    }
    return TGR_OK;
}

tgr_status tgr_cli_sides_read(tgr_cli_sides *sides, const tgr_simulate_options *options,
                              const tgr_cli_arguments *arguments, tgr_error *error)
{
    const char *against = tgr_cli_text(arguments, "against-policy"), *unused;
    sides->reference = tgr_cli_text(arguments, "reference");
    tgr_status status = add_routers(sides, options, arguments, error);
    if (status == TGR_OK) {
        status = add_each(sides, "scores", options, arguments, error);
    }
    if (status == TGR_OK) {
        status = add_each(sides, "decisions", options, arguments, error);
    }
    if (status == TGR_OK && sides->count == 0) {
        return tgr_cli_need(arguments, "router", &unused, error);
    }
    if (status == TGR_OK) {
        status = check_elsewhere(sides, options, arguments, error);
    }
    return status == TGR_OK && against != NULL ? read_against(sides, against, error) : status;
}

void tgr_cli_sides_free(tgr_cli_sides *sides)
{
    for (size_t i = 0; i < sides->name_count; i++) {
        free(sides->names[i]);
    }
    *sides = (tgr_cli_sides){0};
}

/* ---- simulating one -------------------------------------------------------------------------- */

tgr_status tgr_cli_side_router(const tgr_cli_sides *sides, const tgr_cli_side *side,
                               const tgr_cli_prices *prices, const tgr_run *run,
                               tgr_router **router, tgr_error *error)
{
    const tgr_simulate_options *options = &side->options;
    if (side->router != NULL) {
        return tgr_cli_load_router(side->router, prices, run, router, error);
    }
    tgr_status status = tgr_router_of_models(options->inputs, options->input_count, options->split,
                                             sides->reference, router, run, error);
    if (status == TGR_OK && prices->any) {
        status = tgr_router_set_prices(*router, &prices->options, run, error);
    }
    if (status != TGR_OK) {
        tgr_router_free(*router);
        *router = NULL;
    }
    return status;
}

tgr_status tgr_cli_side_simulate(const tgr_cli_side *side, const tgr_router *router,
                                 tgr_simulation **simulation, const tgr_run *run, tgr_error *error)
{
    return side->elsewhere.name == NULL
               ? tgr_simulate(router, &side->options, simulation, run, error)
               : tgr_simulate_elsewhere(router, &side->elsewhere, &side->options, simulation, run,
                                        error);
}
