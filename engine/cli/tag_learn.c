/* tag_learn.c - a vocabulary from the texts of logs. */
#include "engine/cli/tag_learn.h"

#include <stdint.h>

#include <tagroute/tagger.h>

#include "engine/cli/fail.h"
#include "engine/cli/log_format.h"
#include "engine/cli/numbers.h"

static const tgr_cli_option options_of_learn[] = {
    {"learn", 0, NULL, "learn a vocabulary from the texts of the logs"},
    {"ngrams", 0, "N", "words of a phrase at most, 1 to 3 (default: 2)"},
    {"stem", 0, "LANGUAGE", "stem words, by Snowball's rules for a language (default: none)"},
    {"stop-words", 0, "LIST", "words that are never tags: english (default) or none"},
    {"min-queries", 0, "N", "a phrase is in N texts at least (default: 5)"},
    {"max-share", 0, "SHARE", "and in this share of them at most (default: 50%)"},
    {"association", 0, "N",
     "its words stand together at least N times as often as by chance (default: 1)"},
    {"from-tags", 0, NULL,
     "learn from records that have text and tags which phrases stand for which tags"},
    {"confidence", 0, "SHARE",
     "with --from-tags: a phrase stands for a tag that this share of its texts has (default: 60%)"},
    {"most", 0, "N", "the N most frequent phrases (default: all)"},
    {0},
};

const tgr_cli_group tgr_cli_tag_learn_group = {"Learning a vocabulary", options_of_learn};

static const char *const takes[] = {"output",     "format", "split", "max-bad",
                                    "max-record", "memory", NULL};

static tgr_status read_whole(const tgr_cli_arguments *arguments, const char *name, uint64_t *value,
                             tgr_error *error)
{
    const char *text = tgr_cli_text(arguments, name);
    long number = 0;
    if (text == NULL) {
        return TGR_OK;
    }
    tgr_status status = tgr_cli_parse_integer(name, text, 0, INT32_MAX, &number, error);
    *value = status == TGR_OK ? (uint64_t)number : *value;
    return status;
}

static tgr_status read_share(const tgr_cli_arguments *arguments, const char *name, double *value,
                             tgr_error *error)
{
    const char *text = tgr_cli_text(arguments, name);
    return text == NULL ? TGR_OK : tgr_cli_parse_share(name, text, value, error);
}

static tgr_status read_choice(const tgr_cli_arguments *arguments, tgr_learn_options *options,
                              tgr_error *error)
{
    const char *association = tgr_cli_text(arguments, "association");
    uint64_t ngrams = options->ngrams;
    tgr_status status = read_whole(arguments, "ngrams", &ngrams, error);
    options->ngrams = (unsigned)ngrams;
    if (status == TGR_OK) {
        status = read_whole(arguments, "min-queries", &options->min_queries, error);
    }
    if (status == TGR_OK) {
        status = read_whole(arguments, "most", &options->most, error);
    }
    if (status == TGR_OK) {
        status = read_share(arguments, "max-share", &options->max_share, error);
    }
    if (status == TGR_OK) {
        status = read_share(arguments, "confidence", &options->confidence, error);
    }
    if (status == TGR_OK && tgr_cli_has(arguments, "confidence") && !options->from_tags) {
        status = tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--confidence belongs to --from-tags");
    }
    if (status == TGR_OK && association != NULL) {
        status = tgr_cli_parse_double("association", association, &options->association, error);
    }
    return status;
}

static tgr_status read_options(const tgr_cli_arguments *arguments, tgr_learn_options *options,
                               tgr_error *error)
{
    const char *stem = tgr_cli_text(arguments, "stem");
    const char *stop_words = tgr_cli_text(arguments, "stop-words");
    const char *max_record = tgr_cli_text(arguments, "max-record");
    tgr_learn_options_init(options);
    options->inputs = arguments->operands;
    options->input_count = arguments->operand_count;
    options->split = tgr_cli_text(arguments, "split");
    options->stemming = stem != NULL ? stem : options->stemming;
    options->from_tags = tgr_cli_has(arguments, "from-tags");
    options->stop_words = stop_words != NULL ? stop_words : options->stop_words;
    tgr_status status = tgr_cli_need(arguments, "output", &options->output, error);
    if (status == TGR_OK) {
        status = tgr_cli_read_log_format(arguments, "format", &options->format, error);
    }
    if (status == TGR_OK) {
        status = read_share(arguments, "max-bad", &options->max_bad, error);
    }
    if (status == TGR_OK && max_record != NULL) {
        status = tgr_cli_parse_size("max-record", max_record, &options->max_record, error);
    }
    return status == TGR_OK ? read_choice(arguments, options, error) : status;
}

static void print_summary(const tgr_cli_session *session, const tgr_learn_options *options,
                          const tgr_learn_report *report)
{
    char phrases[TGR_CLI_NUMBER_SIZE], seen[TGR_CLI_NUMBER_SIZE], queries[TGR_CLI_NUMBER_SIZE];
    char time[TGR_CLI_NUMBER_SIZE];
    double seconds = tgr_cli_session_seconds(session);
    tgr_cli_say(session, "%s: %s phrases of %s seen in %s texts\n", options->output,
                tgr_cli_count(phrases, report->phrases), tgr_cli_count(seen, report->seen),
                tgr_cli_count(queries, report->queries));
    if (report->tags > 0) {
        tgr_cli_say(session, "  they stand for %s tags\n", tgr_cli_count(seen, report->tags));
    }
    if (report->too_small > 0) {
        tgr_cli_say(session,
                    "  rare phrases were forgotten on the way: a phrase may be in up to %s more "
                    "texts than counted; more --memory counts better\n",
                    tgr_cli_count(seen, report->too_small));
    }
    tgr_cli_say(session, "  %s, %.1f MB/s\n", tgr_cli_duration(time, seconds),
                (double)report->bytes / seconds / 1e6);
}

static tgr_status learn(const tgr_cli_arguments *arguments, tgr_cli_session *session,
                        tgr_error *error)
{
    tgr_learn_options options;
    tgr_learn_report report = {0};
    tgr_status status = read_options(arguments, &options, error);
    if (status != TGR_OK) {
        return status;
    }
    status = tgr_learn(&options, &report, &session->run, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK) {
        print_summary(session, &options, &report);
    }
    return status;
}

const tgr_cli_tag_mode tgr_cli_tag_learn = {&tgr_cli_tag_learn_group, takes, learn};
