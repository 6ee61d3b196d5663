/* tag_normalise.c - the tags of query files brought down to a canonical set. */
#include "engine/cli/tag_normalise.h"

#include <stdint.h>

#include <tagroute/normalise.h>

#include "engine/cli/align_min.h"
#include "engine/cli/fail.h"
#include "engine/cli/numbers.h"

static const tgr_cli_option options_of_normalise[] = {
    {"normalise", 0, NULL,
     "map the tags of query files, logs, routers or vocabularies to fewer, canonical ones"},
    {"min-count", 0, "N", "drop tags seen less often (default: 5)"},
    {"eps", 0, "D", "tags up to this cosine distance apart are near, 0 to 2 (default: 0.15)"},
    {"min-samples", 0, "N",
     "a tag with N near ones, itself included, is the core of a cluster (default: 2)"},
    {"embeddings", 0, "FILE",
     "vectors of the tags: HDF5 with the datasets tags and vectors (default: vectors of how they "
     "are spelt)"},
    {"mapping", 0, "FILE", "an earlier mapping, perhaps edited, that stays; other tags join it"},
    {"align-min", 0, "COSINE",
     "join the nearest tag of --mapping from this likeness in spelling on; off: never (default: "
     "0.85)"},
    {0},
};

const tgr_cli_group tgr_cli_tag_normalise_group = {"Normalising tags", options_of_normalise};

static const char *const takes[] = {"output", "split", "memory", NULL};

static tgr_status read_double(const tgr_cli_arguments *arguments, const char *name, double *value,
                              tgr_error *error)
{
    const char *text = tgr_cli_text(arguments, name);
    return text == NULL ? TGR_OK : tgr_cli_parse_double(name, text, value, error);
}

static tgr_status read_options(const tgr_cli_arguments *arguments, tgr_normalise_options *options,
                               tgr_error *error)
{
    const char *samples = tgr_cli_text(arguments, "min-samples");
    long number = 0;
    tgr_normalise_options_init(options);
    options->inputs = arguments->operands;
    options->input_count = arguments->operand_count;
    options->split = tgr_cli_text(arguments, "split");
    options->mapping = tgr_cli_text(arguments, "mapping");
    options->embeddings = tgr_cli_text(arguments, "embeddings");
    if (tgr_cli_has(arguments, "align-min") && options->mapping == NULL) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--align-min is for tags that join a mapping; give --mapping, too");
    }
    tgr_status status = tgr_cli_need(arguments, "output", &options->output, error);
    if (status == TGR_OK) {
        status = read_double(arguments, "min-count", &options->min_count, error);
    }
    if (status == TGR_OK) {
        status = read_double(arguments, "eps", &options->eps, error);
    }
    if (status == TGR_OK) {
        status = tgr_cli_read_align_min(arguments, &options->align_min, error);
    }
    if (status == TGR_OK && samples != NULL) {
        status = tgr_cli_parse_integer("min-samples", samples, 1, INT32_MAX, &number, error);
        options->min_samples = (uint32_t)number;
    }
    return status;
}

/* "  12,345 TEXT" */
static void say_count(const tgr_cli_session *session, uint64_t count, const char *text)
{
    char number[TGR_CLI_NUMBER_SIZE];
    tgr_cli_say(session, "  %10s %s\n", tgr_cli_count(number, count), text);
}

static void print_summary(const tgr_cli_session *session, const tgr_normalise_options *options,
                          const tgr_normalise_report *report)
{
    char canonical[TGR_CLI_NUMBER_SIZE], tags[TGR_CLI_NUMBER_SIZE], time[TGR_CLI_NUMBER_SIZE];
    tgr_cli_say(session, "%s: %s canonical tags of %s, in %s\n", options->output,
                tgr_cli_count(canonical, report->canonical), tgr_cli_count(tags, report->tags),
                tgr_cli_duration(time, tgr_cli_session_seconds(session)));
    if (options->mapping != NULL) {
        say_count(session, report->joined, "joined the mapping given");
    }
    say_count(session, report->rare, "were seen too rarely, and are dropped");
    say_count(session, report->by_rule, "are another tag but for case, signs or plural");
    say_count(session, report->clustered - report->alone - report->clusters,
              "are near another tag, which stands for them");
    say_count(session, report->clusters, "stand for others that are near");
    say_count(session, report->alone + report->no_vector, "have no other near them");
    if (report->borders > 0) {
        say_count(session, report->borders, "of those near others are no cores");
    }
    if (report->no_vector > 0) {
        say_count(session, report->no_vector, "have no vector in the embeddings");
    }
    tgr_cli_say(session, "next: look through %s, then tagroute ingest LOG --normalise %s\n",
                options->output, options->output);
}

static tgr_status normalise(const tgr_cli_arguments *arguments, tgr_cli_session *session,
                            tgr_error *error)
{
    tgr_normalise_options options;
    tgr_normalise_report report = {0};
    tgr_status status = read_options(arguments, &options, error);
    if (status != TGR_OK) {
        return status;
    }
    status = tgr_normalise(&options, &report, &session->run, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK) {
        print_summary(session, &options, &report);
    }
    return status;
}

const tgr_cli_tag_mode tgr_cli_tag_normalise = {&tgr_cli_tag_normalise_group, takes, normalise};
