/* command_drift.c - how far one set of queries is from another. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <tagroute/drift.h>

#include "engine/cli/commands.h"
#include "engine/cli/fail.h"
#include "engine/cli/numbers.h"
#include "engine/cli/session.h"
#include "engine/cli/table.h"
#include "engine/cli/write_file.h"

static const tgr_cli_option drift_options[] = {
    {"router", 'r', "ROUTER", "also say how much of the tags this router knows"},
    {"split-a", 0, "NAME", "of the first file, the queries of this split (default: every query)"},
    {"split-b", 0, "NAME", "the same of the second"},
    {"most", 0, "N", "list the N tags and categories that shifted most (default: 20)"},
    {"seed", 0, "N", "of the labels dealt at random, by which chance is told (default: 1)"},
    {"json", 0, NULL, "print one JSON object"},
    {0},
};

static const tgr_cli_group drift_group = {"Options", drift_options};
static const tgr_cli_group *const groups[] = {&drift_group, &tgr_cli_reading_group,
                                              &tgr_cli_common_group, NULL};

static const tgr_cli_example examples[] = {
    {"is this week's log still like the one that the router was fitted on?",
     "tagroute drift training.h5 week.h5 -r router.msgpack"},
    {"two splits of one file, for a script",
     "tagroute drift queries.h5 queries.h5 --split-a train --split-b test --json"},
    {0},
};

static void show_side(const char *name, const tgr_drift_side *side, bool router, FILE *file)
{
    char text[TGR_CLI_NUMBER_SIZE], more[TGR_CLI_NUMBER_SIZE], share[TGR_CLI_NUMBER_SIZE];
    double tags = side->tags > 0 ? (double)side->tags : 1;
    fprintf(file, "%s: %s queries, %.2f tags each, %s distinct", name,
            tgr_cli_count(text, side->queries), (double)side->tags / (double)side->queries,
            tgr_cli_count(more, side->distinct));
    fprintf(file, "; %s of them only here, %s of its tags\n", tgr_cli_count(text, side->only),
            tgr_cli_share(share, (double)side->only_tags / tags));
    if (router) {
        fprintf(file, "  the router knows %s of its tags; %s queries have none that it knows\n",
                tgr_cli_share(share, (double)side->known_tags / tags),
                tgr_cli_count(text, side->no_known_tag));
    }
}

static void add_size(tgr_cli_table *table, const char *name, double measured, double mean,
                     double most)
{
    char text[TGR_CLI_NUMBER_SIZE];
    const double values[] = {measured, mean, most};
    tgr_cli_table_add(table, name);
    for (size_t i = 0; i < 3; i++) {
        tgr_cli_table_add(table, tgr_cli_fraction(text, values[i], 5));
    }
}

static void show_shifts(const tgr_drift_part *part, FILE *file)
{
    static const char *const heads[] = {"", "first", "second", "log-odds", "z"};
    char text[TGR_CLI_NUMBER_SIZE];
    tgr_cli_table table;
    tgr_cli_table_start(&table, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        tgr_cli_table_add(&table, heads[i]);
    }
    for (size_t i = 0; i < part->shift_count; i++) {
        const tgr_drift_shift *shift = &part->shifts[i];
        tgr_cli_table_add(&table, shift->name == NULL ? "(none)" : shift->name);
        tgr_cli_table_add(&table, tgr_cli_share(text, shift->first_share));
        tgr_cli_table_add(&table, tgr_cli_share(text, shift->second_share));
        snprintf(text, sizeof text, "%+.3f", shift->log_odds);
        tgr_cli_table_add(&table, text);
        snprintf(text, sizeof text, "%+.1f", shift->z);
        tgr_cli_table_add(&table, text);
    }
    tgr_cli_table_print(&table, file);
}

static void show_part(const char *name, const tgr_drift_part *part, FILE *file)
{
    const tgr_drift_sizes *measured = &part->measured, *mean = &part->chance_mean;
    const tgr_drift_sizes *most = &part->chance_most;
    tgr_cli_table table;
    fprintf(file, "\n%s: %s\n", name,
            isnan(measured->jensen_shannon) ? "one side has none"
            : part->beyond                  ? "further apart than chance takes them, 19 times of 19"
                                            : "no further apart than chance may take them");
    tgr_cli_table_start(&table, 4);
    tgr_cli_table_add(&table, "");
    tgr_cli_table_add(&table, "measured");
    tgr_cli_table_add(&table, "by chance");
    tgr_cli_table_add(&table, "at most by chance");
    add_size(&table, "Jensen-Shannon divergence, bits", measured->jensen_shannon,
             mean->jensen_shannon, most->jensen_shannon);
    add_size(&table, "population stability index", measured->psi, mean->psi, most->psi);
    add_size(&table, "total variation", measured->total_variation, mean->total_variation,
             most->total_variation);
    tgr_cli_table_print(&table, file);
    fprintf(file, "\n");
    show_shifts(part, file);
}

static void show(const tgr_drift *drift, FILE *file)
{
    show_side("first", &drift->first, drift->with_router, file);
    show_side("second", &drift->second, drift->with_router, file);
    show_part("tags", &drift->tags, file);
    if (drift->with_categories) {
        show_part("categories", &drift->categories, file);
    }
}

static tgr_status read_options(const tgr_cli_arguments *arguments, tgr_drift_options *options,
                               tgr_error *error)
{
    const char *most = tgr_cli_text(arguments, "most"), *seed = tgr_cli_text(arguments, "seed");
    long number = 0;
    tgr_status status = TGR_OK;
    tgr_drift_options_init(options);
    options->first = arguments->operands[0];
    options->second = arguments->operands[1];
    options->first_split = tgr_cli_text(arguments, "split-a");
    options->second_split = tgr_cli_text(arguments, "split-b");
    if (most != NULL) {
        status = tgr_cli_parse_integer("most", most, 1, 1000000, &number, error);
        options->most = (size_t)number;
    }
    if (status == TGR_OK && seed != NULL) {
        status = tgr_cli_parse_integer("seed", seed, 0, 0x7fffffffffffffff, &number, error);
        options->seed = (uint64_t)number;
    }
    return status;
}

static tgr_status measure(const tgr_cli_arguments *arguments, tgr_drift_options *options,
                          tgr_cli_session *session, tgr_error *error)
{
    const char *path = tgr_cli_text(arguments, "router");
    tgr_router *router = NULL;
    tgr_drift *drift = NULL;
    char *text = NULL;
    tgr_status status = path == NULL ? TGR_OK : tgr_router_load(path, &router, error);
    options->router = router;
    if (status == TGR_OK) {
        status = tgr_drift_measure(options, &drift, &session->run, error);
    }
    tgr_cli_session_end(session);
    if (status == TGR_OK && !tgr_cli_has(arguments, "json")) {
        show(drift, stdout);
    } else if (status == TGR_OK) {
        status = tgr_drift_json(drift, &text, error);
        status = status == TGR_OK ? tgr_cli_write_file("-", text, strlen(text), error) : status;
    }
    tgr_free(text);
    tgr_drift_free(drift);
    tgr_router_free(router);
    return status;
}

static tgr_status drift_main(const tgr_cli_arguments *arguments, tgr_error *error)
{
    tgr_drift_options options;
    tgr_cli_session session;
    tgr_status status = read_options(arguments, &options, error);
    if (status == TGR_OK) {
        status = tgr_cli_session_start(&session, arguments, error);
    }
    return status == TGR_OK ? measure(arguments, &options, &session, error) : status;
}

const tgr_cli_command tgr_cli_drift = {
    .name = "drift",
    .summary = "how far one set of queries is from another",
    .synopsis = "FIRST.h5 SECOND.h5 [options]",
    .description =
        "Compares how often tags and categories stand on the queries of two files: sizes of the "
        "shift, what they would be by chance (the same queries dealt to the two sides at random, "
        "19 times), and the values that shifted most. One walk over each file; memory grows with "
        "distinct tags alone.",
    .examples = examples,
    .groups = groups,
    .operands_min = 2,
    .operands_max = 2,
    .operand = "two query files",
    .main = drift_main,
};
