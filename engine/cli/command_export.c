/* command_export.c - decisions as files to be submitted, or as a table. */
#include <tagroute/batches.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/commands.h"
#include "engine/cli/fail.h"
#include "engine/cli/log_format.h"
#include "engine/cli/numbers.h"
#include "engine/cli/session.h"

static const tgr_cli_option export_options[] = {
    {"decisions", 'd', "FILE.h5", "what `tagroute route` decided about these query files"},
    {"batch", 0, "openai|anthropic|mistral|vllm",
     "write files for this batch interface; needs --log and -o FOLDER"},
    {"table", 0, "FILE",
     "write ids and models: .csv, .jsonl, .msgpack or .h5; - for CSV to look at"},
    {0},
};

static const tgr_cli_option batch_options[] = {
    {"log", 'l', "LOG", "a log that the query files were made of; once for each"},
    {"output", 'o', "FOLDER", "where the files go; made if need be"},
    {"model-name", 0, "MODEL=NAME", "what the provider calls a model; once for each"},
    {"router", 'r', "ROUTER", "the router that decided, for expected costs"},
    {"from", 0, "auto|tagroute|litellm|openai|otel|langfuse",
     "how the logs are written, as `ingest` was told (default: auto)"},
    {"format", 0, "jsonl|msgpack", "of the logs (default: told from the log itself)"},
    {"max-requests", 0, "N", "of one file (default: what the provider takes)"},
    {"max-bytes", 0, "SIZE", "of one file, such as 100M (default: what the provider takes)"},
    {"max-tokens", 0, "N", "anthropic: of an answer, where a request does not say (default: 4096)"},
    {"resume", 0, NULL, "go on where an export into this folder was stopped"},
    {0},
};

static const tgr_cli_group export_group = {"Options", export_options};
static const tgr_cli_group batch_group = {"Batch files", batch_options};
static const tgr_cli_group *const groups[] = {&export_group, &batch_group, &tgr_cli_common_group,
                                              NULL};

static const tgr_cli_example examples[] = {
    {"one batch file a model, ready to submit",
     "tagroute export queries.h5 -d decisions.h5 --batch openai --log log.jsonl.zst -o batches"},
    {"the same with the provider's names, and what it is expected to cost",
     "tagroute export queries.h5 -d decisions.h5 --batch anthropic --log log.jsonl -o batches "
     "--model-name big=claude-opus-4-1 -r router.msgpack"},
    {"which query goes where", "tagroute export queries.h5 -d decisions.h5 --table routes.csv"},
    {0},
};

static tgr_status take_batch(const tgr_cli_arguments *arguments, tgr_batch_format *batch,
                             tgr_error *error)
{
    static const char *const names[] = {"openai", "anthropic", "mistral", "vllm"};
    const char *name = tgr_cli_text(arguments, "batch");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *batch = (tgr_batch_format)i;
            return TGR_OK;
        }
    }
    return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                        "--batch is openai, anthropic, mistral or vllm, not '%.60s'", name);
}

/* Lists that live as long as the export. */
typedef struct lists {
    const char **logs, **model_names;
} lists;

static const char **take_list(const tgr_cli_arguments *arguments, const char *name, size_t *count,
                              tgr_error *error)
{
    *count = tgr_cli_list(arguments, name, NULL, 0);
    const char **list = tgr_cli_alloc(*count, sizeof *list, error);
    if (list != NULL) {
        tgr_cli_list(arguments, name, list, *count);
    }
    return list;
}

static tgr_status take_options(const tgr_cli_arguments *arguments, tgr_export_options *options,
                               lists *kept, tgr_error *error)
{
    tgr_status status = tgr_cli_need(arguments, "output", &options->folder, error);
    kept->logs = take_list(arguments, "log", &options->log_count, error);
    kept->model_names = take_list(arguments, "model-name", &options->model_name_count, error);
    if (kept->logs == NULL || kept->model_names == NULL) {
        return TGR_ERR_NOMEM;
    }
    if (status == TGR_OK && options->log_count == 0) {
        status = tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                              "--batch needs the logs that the queries are from (--log)");
    }
    options->queries = arguments->operands;
    options->query_count = arguments->operand_count;
    options->logs = kept->logs;
    options->model_names = kept->model_names;
    options->router = tgr_cli_text(arguments, "router");
    options->resume = tgr_cli_has(arguments, "resume");
    status = status != TGR_OK ? status : take_batch(arguments, &options->batch, error);
    status = status != TGR_OK ? status
                              : tgr_cli_need(arguments, "decisions", &options->decisions, error);
    status = status != TGR_OK
                 ? status
                 : tgr_cli_read_log_format(arguments, "format", &options->format, error);
    status =
        status != TGR_OK ? status : tgr_cli_read_log_schema(arguments, &options->schema, error);
    return status;
}

static tgr_status take_limits(const tgr_cli_arguments *arguments, tgr_export_options *options,
                              tgr_error *error)
{
    const char *requests = tgr_cli_text(arguments, "max-requests");
    const char *bytes = tgr_cli_text(arguments, "max-bytes");
    const char *tokens = tgr_cli_text(arguments, "max-tokens");
    long most_requests = 0, most_tokens = (long)options->max_tokens;
    size_t most_bytes = 0;
    tgr_status status = TGR_OK;
    if (requests != NULL) {
        status =
            tgr_cli_parse_integer("--max-requests", requests, 1, 1L << 40, &most_requests, error);
    }
    if (status == TGR_OK && bytes != NULL) {
        status = tgr_cli_parse_size("--max-bytes", bytes, &most_bytes, error);
    }
    if (status == TGR_OK && tokens != NULL) {
        status = tgr_cli_parse_integer("--max-tokens", tokens, 1, 1L << 31, &most_tokens, error);
    }
    options->most_requests = (uint64_t)most_requests;
    options->most_bytes = most_bytes;
    options->max_tokens = (uint32_t)most_tokens;
    return status;
}

static void say(const tgr_cli_session *session, const tgr_export_options *options,
                const tgr_export_report *report)
{
    char requests[TGR_CLI_NUMBER_SIZE], files[TGR_CLI_NUMBER_SIZE], out[TGR_CLI_NUMBER_SIZE];
    char some[TGR_CLI_NUMBER_SIZE];
    if (report->was_complete) {
        tgr_cli_say(session, "%s: the export is there already\n", options->folder);
        return;
    }
    double seconds = tgr_cli_session_seconds(session);
    tgr_cli_say(session, "%s: %s requests in %s files, %.1f MB in %.1f s\n", options->folder,
                tgr_cli_count(requests, report->requests), tgr_cli_count(files, report->files),
                (double)report->bytes / 1e6, seconds);
    if (!isnan(report->cost)) {
        tgr_cli_say(session, "  expected cost $%.2f\n", report->cost);
    }
    if (report->left_out > 0) {
        tgr_cli_say(session, "  %s requests are left out: left_out.jsonl says which and why\n",
                    tgr_cli_count(out, report->left_out));
    }
    if (report->renamed > 0) {
        tgr_cli_say(session, "  %s have another custom_id than the log's id\n",
                    tgr_cli_count(some, report->renamed));
    }
    if (report->from_text > 0) {
        tgr_cli_say(session, "  %s are made of the text alone: the log has no messages for them\n",
                    tgr_cli_count(some, report->from_text));
    }
    if (report->resumed > 0) {
        tgr_cli_say(session, "  %s files were whole already\n",
                    tgr_cli_count(some, report->resumed));
    }
}

static tgr_status export_batches(const tgr_cli_arguments *arguments, tgr_cli_session *session,
                                 tgr_error *error)
{
    tgr_export_options options;
    tgr_export_report report;
    lists kept = {0};
    tgr_export_options_init(&options);
    tgr_status status = take_options(arguments, &options, &kept, error);
    if (status == TGR_OK) {
        status = take_limits(arguments, &options, error);
    }
    if (status == TGR_OK) {
        status = tgr_export_batches(&options, &report, &session->run, error);
    }
    tgr_cli_session_end(session);
    if (status == TGR_OK) {
        say(session, &options, &report);
    }
    free(kept.logs);
    free(kept.model_names);
    return status;
}

static tgr_status export_table(const tgr_cli_arguments *arguments, tgr_cli_session *session,
                               tgr_error *error)
{
    const char *decisions, *table = tgr_cli_text(arguments, "table");
    tgr_status status = tgr_cli_need(arguments, "decisions", &decisions, error);
    for (const tgr_cli_option *option = batch_options; status == TGR_OK && option->name; option++) {
        if (tgr_cli_has(arguments, option->name)) {
            status = tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                  "--%s is for --batch; --table FILE is all", option->name);
        }
    }
    if (status == TGR_OK) {
        status = tgr_export_table(arguments->operands, arguments->operand_count, decisions, table,
                                  TGR_TABLE_AUTO, &session->run, error);
    }
    tgr_cli_session_end(session);
    return status;
}

static tgr_status export_main(const tgr_cli_arguments *arguments, tgr_error *error)
{
    tgr_cli_session session;
    bool batch = tgr_cli_has(arguments, "batch"), table = tgr_cli_has(arguments, "table");
    if (batch == table) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "what is to be written: --batch PROVIDER or --table FILE?");
    }
    tgr_status status = tgr_cli_session_start(&session, arguments, error);
    if (status != TGR_OK) {
        return status;
    }
    return batch ? export_batches(arguments, &session, error)
                 : export_table(arguments, &session, error);
}

const tgr_cli_command tgr_cli_export = {
    .name = "export",
    .summary = "decisions as batch files ready to submit, or as a table",
    .synopsis =
        "QUERIES.h5... -d DECISIONS.h5 (--batch PROVIDER --log LOG... -o FOLDER | --table FILE)",
    .description =
        "Goes through the logs once, side by side with the decisions, and writes each request as "
        "it was logged, but for the model, into the files of its model, no larger than the "
        "provider "
        "takes. manifest.json says what each file holds, with hashes and expected costs; "
        "left_out.jsonl lists every request of the logs that is in none, and why. Nothing gets its "
        "final name before the logs have turned out to be those that were ingested.\n"
        "Logs that hold no messages, but a text, become one message of the user.",
    .examples = examples,
    .groups = groups,
    .operands_min = 1,
    .operands_max = (size_t)-1,
    .operand = "a query file",
    .main = export_main,
};
