/* command_ingest.c - request logs to a query file. */
#include <stdio.h>
#include <string.h>

#include <tagroute/ingest.h>

#include "engine/cli/align_min.h"
#include "engine/cli/commands.h"
#include "engine/cli/fail.h"
#include "engine/cli/log_format.h"
#include "engine/cli/look_over.h"
#include "engine/cli/numbers.h"
#include "engine/cli/prices.h"
#include "engine/cli/session.h"
#include "engine/cli/unmatched.h"

static const tgr_cli_option ingest_options[] = {
    {"output", 'o', "FILE.h5", "the query file to write; replaced only when complete"},
    {"router", 'r', "ROUTER", "tag texts and number tags as this router does; say which it lacks"},
    {"vocab", 0, "VOCAB", "give texts without tags the phrases of this vocabulary as tags"},
    {"normalise", 0, "MAPPING",
     "bring tags to canonical ones by this table, which `tagroute tag --normalise` writes"},
    {"align-min", 0, "COSINE",
     "a tag that it lacks becomes the nearest one from this likeness in spelling on; off: never "
     "(default: 0.85)"},
    {"from", 0, "auto|tagroute|litellm|openai|otel|langfuse",
     "what records are (default: auto, told from "
     "each)"},
    {"text", 0, "last-user|users|all",
     "which of a chat's messages are the text (default: last-user)"},
    {"keep", 0, "[NAME=]PATH",
     "keep a field, such as metadata.team, as a column for simulate --by; repeatable, up to 8"},
    {"assign-split", 0, "NAME=SHARE,...",
     "give queries without a split one, such as train=0.7,test=0.3, by a hash of the text, or of "
     "the tags where there is none"},
    {"outcomes", 0, "FILE",
     "judgements to lay over the queries, as `tagroute join` does; repeatable"},
    {"format", 0, "jsonl|msgpack", "of the logs (default: told from the log itself)"},
    {"category-tag", 0, NULL, "give each query its category as one more tag, cat:CATEGORY"},
    {"compress", 0, NULL, "smaller file, slower to read"},
    {"compact", 0, NULL, "16-bit column numbers where they are enough: faster to read"},
    {"estimate-tokens", 0, NULL,
     "estimate prompt tokens from the text where they were not logged, and mark them"},
    {"no-text", 0, NULL, "leave texts out of the query file"},
    {"shard", 0, "I/N", "only the I-th of N equal shares of the logs; needs --router"},
    {"resume", 0, NULL, "go on where the same command was stopped or killed"},
    {"checkpoint", 0, "SIZE", "log between two states to go on from (default: 256M, 3 s at least)"},
    {0},
};

static const tgr_cli_option record_options[] = {
    {"strict", 0, NULL, "stop at the first bad record instead of skipping and counting it"},
    {"max-bad", 0, "SHARE", "fail where more records than this are bad (default: 5%)"},
    {"max-record", 0, "SIZE", "a larger record is bad (default: 64M)"},
    {0},
};

static const tgr_cli_group ingest_group = {"Options", ingest_options};
static const tgr_cli_group record_group = {"Bad records", record_options};
static const tgr_cli_group *const groups[] = {&ingest_group, &tgr_cli_paid_group, &record_group,
                                              &tgr_cli_common_group, NULL};

static const tgr_cli_example examples[] = {
    {"two logs, gzip or zstd or plain, into one query file",
     "tagroute ingest monday.jsonl.zst tuesday.jsonl.gz -o queries.h5"},
    {"MessagePack from a pipe, every record has to be good",
     "fluent-cat | tagroute ingest - --format msgpack --strict -o queries.h5"},
    {"a log of texts, tagged by a vocabulary that `tagroute tag --learn` made",
     "tagroute ingest log.jsonl --vocab vocab.msgpack -o queries.h5"},
    {"new queries for a router that was fitted before",
     "tagroute ingest today.jsonl -r router.msgpack -o today.h5"},
    {"a gateway's log: who was called, what it cost, and which team asked",
     "tagroute ingest litellm.jsonl.gz --vocab vocab.msgpack --keep "
     "team=metadata.user_api_key_team_alias -o queries.h5"},
    {"a gateway's log, and what was judged of some of its queries",
     "tagroute ingest litellm.jsonl.gz --vocab vocab.msgpack --outcomes judged.csv -o judged.h5"},
    {"a batch's requests and responses, and what they cost by a price map",
     "tagroute ingest input.jsonl output.jsonl --prices litellm.json --price-tier batch -o "
     "queries.h5"},
    {"go on after a power cut", "tagroute ingest january.jsonl.zst -o january.h5 --resume"},
    {0},
};

static tgr_status read_numbers(const tgr_cli_arguments *arguments, tgr_ingest_options *options,
                               tgr_error *error)
{
    const char *max_bad = tgr_cli_text(arguments, "max-bad");
    const char *max_record = tgr_cli_text(arguments, "max-record");
    const char *checkpoint = tgr_cli_text(arguments, "checkpoint");
    const char *shard = tgr_cli_text(arguments, "shard");
    tgr_status status = TGR_OK;
    if (shard != NULL) {
        status = tgr_cli_parse_shard(shard, &options->shard, &options->shard_count, error);
    }
    if (status == TGR_OK && max_bad != NULL) {
        status = tgr_cli_parse_share("max-bad", max_bad, &options->max_bad, error);
    }
    if (status == TGR_OK && max_record != NULL) {
        status = tgr_cli_parse_size("max-record", max_record, &options->max_record, error);
    }
    if (status == TGR_OK && checkpoint != NULL) {
        size_t bytes = 0;
        status = tgr_cli_parse_size("checkpoint", checkpoint, &bytes, error);
        options->checkpoint_bytes = bytes;
        options->checkpoint_milliseconds = 0; /* who names a size means it */
    }
    return status;
}

/* The number of a word in a list, NULL behind the last. */
static tgr_status read_word(const tgr_cli_arguments *arguments, const char *option,
                            const char *const *words, const char *list, int *number,
                            tgr_error *error)
{
    const char *given = tgr_cli_text(arguments, option);
    if (given == NULL) {
        return TGR_OK;
    }
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(given, words[i]) == 0) {
            *number = i;
            return TGR_OK;
        }
    }
    return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--%s is %s, not '%.60s'", option, list, given);
}

static tgr_status read_schema(const tgr_cli_arguments *arguments, tgr_ingest_options *options,
                              tgr_error *error)
{
    static const char *const texts[] = {"last-user", "users", "all", NULL};
    int text = 0;
    tgr_status status = tgr_cli_read_log_schema(arguments, &options->schema, error);
    if (status == TGR_OK) {
        status = read_word(arguments, "text", texts, "last-user, users or all", &text, error);
    }
    options->text = (tgr_chat_text)text;
    return status;
}

#define MOST_SPLITS 16

/* Splits to assign; `copy` holds their names. */
typedef struct splits {
    tgr_split_share list[MOST_SPLITS];
    char copy[512];
} splits;

/* NAME=SHARE,NAME=SHARE: shares as 0.7 or 70%. */
static tgr_status read_splits(const tgr_cli_arguments *arguments, splits *to,
                              tgr_ingest_options *options, tgr_error *error)
{
    const char *given = tgr_cli_text(arguments, "assign-split");
    tgr_status status = TGR_OK;
    options->splits = to->list;
    if (given == NULL) {
        return TGR_OK;
    }
    bool fits = (size_t)snprintf(to->copy, sizeof to->copy, "%s", given) < sizeof to->copy;
    char *rest = to->copy;
    for (char *one = strsep(&rest, ","); fits && status == TGR_OK && one != NULL;
         one = strsep(&rest, ",")) {
        char *equals = strchr(one, '=');
        fits = equals != NULL && options->split_count < MOST_SPLITS;
        if (fits) {
            *equals = '\0';
            tgr_split_share *split = &to->list[options->split_count++];
            split->name = one;
            status = tgr_cli_parse_share("assign-split", equals + 1, &split->share, error);
        }
    }
    return fits ? status
                : tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                               "--assign-split is a list such as train=0.7,test=0.3, of at most %d",
                               MOST_SPLITS);
}

static tgr_status read_options(const tgr_cli_arguments *arguments, tgr_ingest_options *options,
                               tgr_error *error)
{
    tgr_ingest_options_init(options);
    options->inputs = arguments->operands;
    options->input_count = arguments->operand_count;
    options->router = tgr_cli_text(arguments, "router");
    options->vocabulary = tgr_cli_text(arguments, "vocab");
    options->mapping = tgr_cli_text(arguments, "normalise");
    options->category_tag = tgr_cli_has(arguments, "category-tag");
    options->compress = tgr_cli_has(arguments, "compress");
    options->compact = tgr_cli_has(arguments, "compact");
    options->strict = tgr_cli_has(arguments, "strict");
    options->no_text = tgr_cli_has(arguments, "no-text");
    options->resume = tgr_cli_has(arguments, "resume");
    options->estimate_tokens = tgr_cli_has(arguments, "estimate-tokens");
    tgr_status status = tgr_cli_need(arguments, "output", &options->output, error);
    if (status == TGR_OK) {
        status = tgr_cli_read_log_format(arguments, "format", &options->format, error);
    }
    if (status == TGR_OK) {
        status = read_schema(arguments, options, error);
    }
    if (status == TGR_OK && options->mapping == NULL && tgr_cli_has(arguments, "align-min")) {
        status =
            tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                         "--align-min is for tags that a mapping lacks; give --normalise, too");
    }
    if (status == TGR_OK) {
        status = tgr_cli_read_align_min(arguments, &options->align_min, error);
    }
    if (status == TGR_OK) {
        status = read_numbers(arguments, options, error);
    }
    return status;
}

static void print_alignment(const tgr_cli_session *session, const tgr_ingest_report *report)
{
    const uint64_t counts[] = {report->aligned_exactly, report->aligned_by_rule,
                               report->aligned_nearest, report->not_aligned, report->dropped};
    char text[5][TGR_CLI_NUMBER_SIZE];
    for (size_t i = 0; i < 5; i++) {
        tgr_cli_count(text[i], counts[i]);
    }
    tgr_cli_say(
        session,
        "  tags of queries: %s in the mapping, %s brought to it by rule, %s to the nearest, "
        "%s stay as they are, %s dropped\n",
        text[0], text[1], text[2], text[3], text[4]);
}

static void print_tokens(const tgr_cli_session *session, const tgr_ingest_report *report)
{
    char count[TGR_CLI_NUMBER_SIZE];
    if (report->estimated_tokens > 0) {
        tgr_cli_say(session, "  prompt tokens of %s queries estimated from their text\n",
                    tgr_cli_count(count, report->estimated_tokens));
    }
    if (report->without_tokens > 0) {
        tgr_cli_say(session,
                    "  %s queries have text and no prompt_tokens: they cost their model's mean "
                    "(--estimate-tokens prices them by length)\n",
                    tgr_cli_count(count, report->without_tokens));
    }
}

static void print_paid(const tgr_cli_session *session, const tgr_ingest_report *report)
{
    char count[TGR_CLI_NUMBER_SIZE];
    tgr_cli_say(session, "  costs of %s calls that were not logged come from tokens and prices\n",
                tgr_cli_count(count, report->estimated_costs));
}

static void print_judged(const tgr_cli_session *session, const tgr_ingest_report *report)
{
    char queries[TGR_CLI_NUMBER_SIZE], pairs[TGR_CLI_NUMBER_SIZE], ids[TGR_CLI_NUMBER_SIZE];
    tgr_cli_say(session, "  %s queries judged, by %s judgements of %s ids\n",
                tgr_cli_count(queries, report->joined_queries),
                tgr_cli_count(pairs, report->judgements), tgr_cli_count(ids, report->judged_ids));
    tgr_cli_say_unmatched(session, report->unmatched, report->first_unmatched,
                          TGR_INGEST_UNMATCHED_SHOWN);
}

static void print_summary(const tgr_cli_session *session, const tgr_ingest_options *options,
                          const tgr_ingest_report *report)
{
    char queries[TGR_CLI_NUMBER_SIZE], tags[TGR_CLI_NUMBER_SIZE], nonzeros[TGR_CLI_NUMBER_SIZE];
    char models[TGR_CLI_NUMBER_SIZE], share[TGR_CLI_NUMBER_SIZE], time[TGR_CLI_NUMBER_SIZE];
    char rate[TGR_CLI_NUMBER_SIZE];
    double seconds = tgr_cli_session_seconds(session);
    if (report->was_complete) {
        tgr_cli_say(session, "%s is finished: there is nothing to resume\n", options->output);
        return;
    }
    double pairs = (double)report->queries * (double)report->models;
    tgr_cli_say(session, "%s: %s queries, %s tags, %s non-zeros, %s models, %s judged\n",
                options->output, tgr_cli_count(queries, report->queries),
                tgr_cli_count(tags, report->tags), tgr_cli_count(nonzeros, report->nonzeros),
                tgr_cli_count(models, report->models),
                tgr_cli_share(share, pairs > 0 ? (double)report->judged / pairs : 0));
    if (report->bad > 0) {
        tgr_cli_say(
            session, "  %s bad records skipped, %s of the log\n",
            tgr_cli_count(queries, report->bad),
            tgr_cli_share(share, (double)report->bad / (double)(report->bad + report->queries)));
    }
    if (report->normalised) {
        print_alignment(session, report);
    }
    print_tokens(session, report);
    if (options->prices != NULL) {
        print_paid(session, report);
    }
    if (options->outcome_count > 0) {
        print_judged(session, report);
    }
    if (options->router != NULL) {
        tgr_cli_say(session, "  %s tags are new to the router\n",
                    tgr_cli_count(tags, report->new_tags));
    }
    tgr_cli_say(session, "  %s, %s queries/s, %.1f MB/s\n", tgr_cli_duration(time, seconds),
                tgr_cli_rate(rate, (double)report->queries / seconds),
                (double)report->bytes / seconds / 1e6);
    if (options->router != NULL) {
        tgr_cli_say(session, "next: tagroute route %s -r %s -o decisions.h5\n", options->output,
                    options->router);
    } else if (report->judged > 0) {
        tgr_cli_say(session, "next: tagroute fit %s -o router.msgpack\n", options->output);
    } else {
        tgr_cli_say(session, "next: tagroute route %s -r ROUTER -o decisions.h5\n",
                    options->output);
    }
}

static tgr_status run(const tgr_cli_arguments *arguments, tgr_ingest_options *options,
                      tgr_error *error)
{
    tgr_ingest_report report = {0};
    tgr_cli_session session;
    tgr_status status = tgr_cli_session_start(&session, arguments, error);
    if (status != TGR_OK) {
        return status;
    }
    status = tgr_ingest(options, &report, &session.run, error);
    if (status == TGR_OK && !report.was_complete) {
        status = tgr_cli_look_over(&options->output, 1, NULL, options->prices, &session.run, error);
    }
    tgr_cli_session_end(&session);
    if (status == TGR_OK) {
        print_summary(&session, options, &report);
    }
    return status;
}

static tgr_status ingest(const tgr_cli_arguments *arguments, tgr_error *error)
{
    tgr_ingest_options options;
    tgr_cli_prices prices = {0};
    const char *keep[TGR_KEEP_MAX], *outcomes[TGR_CLI_JUDGED_FILES];
    splits assigned;
    tgr_status status = read_options(arguments, &options, error);
    if (status == TGR_OK) {
        status = read_splits(arguments, &assigned, &options, error);
    }
    options.outcomes = outcomes;
    if (status == TGR_OK) {
        status = tgr_cli_read_outcomes(arguments, outcomes, &options.outcome_count, error);
    }
    options.keep = keep;
    options.keep_count = tgr_cli_list(arguments, "keep", keep, TGR_KEEP_MAX);
    if (status == TGR_OK) {
        status = tgr_cli_prices_read(&prices, arguments, error);
        options.prices = prices.any ? &prices.options : NULL;
    }
    if (status == TGR_OK) {
        status = run(arguments, &options, error);
    }
    tgr_cli_prices_free(&prices);
    return status;
}

const tgr_cli_command tgr_cli_ingest = {
    .name = "ingest",
    .summary = "request logs to a query file",
    .synopsis = "LOG... -o FILE.h5 [options]",
    .description =
        "Reads request logs, one record a query, in JSON Lines or MessagePack (maps, or Fluentd "
        "and Fluent Bit events), plain, gzip or zstd; - is standard input. Writes one query file, "
        "which anndata, h5py and scipy open too. A bad record is skipped, counted by reason and "
        "named by its position.",
    .examples = examples,
    .groups = groups,
    .operands_min = 1,
    .operands_max = (size_t)-1,
    .operand = "a log, or several",
    .main = ingest,
};
