/* command_router.c - what can be done to routers, each a command of its own behind `router`. */
#include "engine/cli/commands.h"
#include "engine/cli/fail.h"
#include "engine/cli/router_verbs.h"
#include "engine/cli/session.h"

static const tgr_cli_command *const verbs[] = {
    &tgr_cli_router_add,   &tgr_cli_router_drop,  &tgr_cli_router_rename, &tgr_cli_router_set_price,
    &tgr_cli_router_refer, &tgr_cli_router_merge, &tgr_cli_router_diff,   NULL};

static const tgr_cli_group *const groups[] = {&tgr_cli_common_group, NULL};

static const tgr_cli_example examples[] = {
    {"a new model, learnt from the queries that it was judged on",
     "tagroute router add-model r.msgpack --fit judged.h5 --model gpt-6 -o r2.msgpack"},
    {"what would another router change, and what would that cost?",
     "tagroute router diff r.msgpack r2.msgpack queries.h5 --theta -0.01"},
    {"the options of one of them", "tagroute router merge --help"},
    {0},
};

static tgr_status router(const tgr_cli_arguments *arguments, tgr_error *error)
{
    (void)arguments;
    return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "what is to be done to a router comes first");
}

const tgr_cli_command tgr_cli_router = {
    .name = "router",
    .summary = "models added, dropped, renamed, priced; routers merged and compared",
    .synopsis = "add-model|drop-model|rename|set-price|reference|merge|diff ...",
    .description =
        "Changes a router without fitting it anew: every score of the other models stays as it is, "
        "to the bit.",
    .examples = examples,
    .groups = groups,
    .operands_min = 1,
    .operands_max = (size_t)-1,
    .operand = "what is to be done: add-model, drop-model, rename, set-price, reference, merge or "
               "diff",
    .main = router,
    .verbs = verbs,
};
