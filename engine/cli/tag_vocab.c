/* tag_vocab.c - logs written again with the tags that a vocabulary finds in their texts. */
#include "engine/cli/tag_vocab.h"

#include <string.h>

#include <tagroute/tagger.h>

#include "engine/cli/log_format.h"
#include "engine/cli/numbers.h"

static const tgr_cli_option options_of_vocab[] = {
    {"vocab", 0, "FILE",
     "write logs with the tags of their texts, by this vocabulary, or this router's tagger"},
    {"to", 0, "jsonl|msgpack", "what goes to standard output, with -o - (default: jsonl)"},
    {0},
};

const tgr_cli_group tgr_cli_tag_vocab_group = {"Tagging logs", options_of_vocab};

static const char *const takes[] = {"output", "format", "max-bad", "max-record",
                                    "strict", "retag",  NULL};

static tgr_status read_options(const tgr_cli_arguments *arguments, tgr_tag_logs_options *options,
                               tgr_error *error)
{
    const char *max_bad = tgr_cli_text(arguments, "max-bad");
    const char *max_record = tgr_cli_text(arguments, "max-record");
    tgr_tag_logs_options_init(options);
    options->inputs = arguments->operands;
    options->input_count = arguments->operand_count;
    options->tagger = tgr_cli_text(arguments, "vocab");
    options->retag = tgr_cli_has(arguments, "retag");
    options->strict = tgr_cli_has(arguments, "strict");
    tgr_status status = tgr_cli_need(arguments, "output", &options->output, error);
    if (status == TGR_OK) {
        status = tgr_cli_read_log_format(arguments, "format", &options->format, error);
    }
    if (status == TGR_OK) {
        status = tgr_cli_read_log_format(arguments, "to", &options->to, error);
    }
    if (status == TGR_OK && max_bad != NULL) {
        status = tgr_cli_parse_share("max-bad", max_bad, &options->max_bad, error);
    }
    if (status == TGR_OK && max_record != NULL) {
        status = tgr_cli_parse_size("max-record", max_record, &options->max_record, error);
    }
    return status;
}

static void print_count(const tgr_cli_session *session, uint64_t count, const char *what)
{
    char text[TGR_CLI_NUMBER_SIZE];
    if (count > 0) {
        tgr_cli_say(session, ", %s %s", tgr_cli_count(text, count), what);
    }
}

static void print_alignment(const tgr_cli_session *session, const tgr_tag_logs_report *report)
{
    const uint64_t counts[] = {report->aligned_exactly, report->aligned_by_rule,
                               report->aligned_nearest, report->not_aligned, report->dropped};
    char text[5][TGR_CLI_NUMBER_SIZE];
    for (size_t i = 0; i < 5; i++) {
        tgr_cli_count(text[i], counts[i]);
    }
    tgr_cli_say(session,
                "  tags of texts: %s in the mapping, %s brought to it by rule, %s to the nearest, "
                "%s stay as they are, %s dropped\n",
                text[0], text[1], text[2], text[3], text[4]);
}

static void print_summary(const tgr_cli_session *session, const tgr_tag_logs_options *options,
                          const tgr_tag_logs_report *report)
{
    char records[TGR_CLI_NUMBER_SIZE], tagged[TGR_CLI_NUMBER_SIZE], tags[TGR_CLI_NUMBER_SIZE];
    char time[TGR_CLI_NUMBER_SIZE];
    double seconds = tgr_cli_session_seconds(session);
    bool console = strcmp(options->output, "-") == 0;
    tgr_cli_say(
        session, "%s: %s records, %s tagged with %s tags",
        console ? "standard output" : options->output, tgr_cli_count(records, report->records),
        tgr_cli_count(tagged, report->tagged - report->blank), tgr_cli_count(tags, report->tags));
    print_count(session, report->blank, "without a tag in their text");
    print_count(session, report->kept, "kept as they were");
    print_count(session, report->bad, "bad ones skipped");
    tgr_cli_say(session, "\n");
    if (report->normalised) {
        print_alignment(session, report);
    }
    tgr_cli_say(session, "  %s, %.1f MB/s\n", tgr_cli_duration(time, seconds),
                (double)report->bytes / seconds / 1e6);
    if (!console) {
        tgr_cli_say(session, "next: tagroute ingest %s -o queries.h5\n", options->output);
    }
}

static tgr_status tag(const tgr_cli_arguments *arguments, tgr_cli_session *session,
                      tgr_error *error)
{
    tgr_tag_logs_options options;
    tgr_tag_logs_report report = {0};
    tgr_status status = read_options(arguments, &options, error);
    if (status != TGR_OK) {
        return status;
    }
    status = tgr_tag_logs(&options, &report, &session->run, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK) {
        print_summary(session, &options, &report);
    }
    return status;
}

const tgr_cli_tag_mode tgr_cli_tag_vocab = {&tgr_cli_tag_vocab_group, takes, tag};
