/* tag_endpoint.c - logs tagged by a language model. */
#include "engine/cli/tag_endpoint.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tagroute/endpoint.h>
#include <tagroute/prices.h>

#include "engine/cli/fail.h"
#include "engine/cli/log_format.h"
#include "engine/cli/numbers.h"

static const tgr_cli_option options_of_endpoint[] = {
    {"endpoint", 0, "URL", "ask an OpenAI-compatible server, such as http://127.0.0.1:8000/v1"},
    {"model", 0, "NAME", "the model to ask, as the server names it"},
    {"key-env", 0, "NAME", "environment variable that holds the key (default: OPENAI_API_KEY)"},
    {"prompt", 0, "FILE", "what to say to the model, with {text} where the query goes"},
    {"cache", 0, "FILE", "keep answers there, for any log (default: the output's name.answers)"},
    {"in-flight", 0, "N", "requests at once (default: 16)"},
    {"timeout", 0, "SECONDS", "for one request (default: 60)"},
    {"retries", 0, "N", "of one text, after its first request (default: 8)"},
    {"backoff", 0, "SECONDS", "before the first retry, then doubled up to 60 (default: 0.5)"},
    {"seed", 0, "N", "of the chance in those waits (default: 0)"},
    {"skip-failed", 0, NULL, "go on without tags where a text gets no answer"},
    {"temperature", 0, "T", "of the model, or none to leave it to the server (default: 0)"},
    {"max-tokens", 0, "N", "of an answer, or 0 to leave it to the server (default: 256)"},
    {"price", 0, "IN,OUT", "USD a prompt token and a completion token, or IN,OUT/M a million"},
    {"prices", 0, "MAP.json", "the price of the model from a map in LiteLLM's form"},
    {"priced-as", 0, "NAME", "look the model up as NAME in that map"},
    {"price-tier", 0, "TIER", "its prices of this tier: standard, batch, flex or priority"},
    {"ca-file", 0, "FILE", "certificates to trust, in PEM (default: the system's)"},
    {"insecure-http", 0, NULL, "allow http:// to another machine, which all on the way can read"},
    {"resume", 0, NULL, "do nothing where the output is finished, else go on"},
    {0},
};

const tgr_cli_group tgr_cli_tag_endpoint_group = {"Asking a language model", options_of_endpoint};

static const char *const takes[] = {"output", "format", "max-bad", "max-record",
                                    "memory", "retag",  "strict",  NULL};

/* ---- options ------------------------------------------------------------------------------------
 */

static tgr_status read_whole(const tgr_cli_arguments *arguments, const char *name, long least,
                             long most, unsigned *value, tgr_error *error)
{
    const char *text = tgr_cli_text(arguments, name);
    long number = 0;
    if (text == NULL) {
        return TGR_OK;
    }
    tgr_status status = tgr_cli_parse_integer(name, text, least, most, &number, error);
    *value = status == TGR_OK ? (unsigned)number : *value;
    return status;
}

static tgr_status read_seconds(const tgr_cli_arguments *arguments, const char *name,
                               double *seconds, tgr_error *error)
{
    const char *text = tgr_cli_text(arguments, name);
    return text == NULL ? TGR_OK : tgr_cli_parse_double(name, text, seconds, error);
}

static tgr_status read_temperature(const tgr_cli_arguments *arguments, double *temperature,
                                   tgr_error *error)
{
    const char *text = tgr_cli_text(arguments, "temperature");
    if (text == NULL) {
        return TGR_OK;
    }
    if (strcmp(text, "none") == 0) {
        *temperature = -1;
        return TGR_OK;
    }
    tgr_status status = tgr_cli_parse_double("temperature", text, temperature, error);
    if (status == TGR_OK && !(*temperature >= 0 && *temperature <= 100)) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--temperature takes a number from 0 to 100, or none");
    }
    return status;
}

/* "0.1,0.4/M" or "1e-7,4e-7" */
static tgr_status read_price(const tgr_cli_arguments *arguments, tgr_endpoint_options *options,
                             tgr_error *error)
{
    const char *text = tgr_cli_text(arguments, "price");
    char in[64] = "";
    double million = 1;
    if (text == NULL) {
        return TGR_OK;
    }
    const char *comma = strchr(text, ',');
    size_t length = comma != NULL ? strlen(comma + 1) : 0;
    if (length > 2 && strcmp(comma + 1 + length - 2, "/M") == 0) {
        million = 1e-6;
        length -= 2;
    }
    char out[64] = "";
    if (comma != NULL && (size_t)(comma - text) < sizeof in && length < sizeof out) {
        memcpy(in, text, (size_t)(comma - text));
        memcpy(out, comma + 1, length);
    }
    double prices[2];
    if (tgr_cli_parse_double("price", in, &prices[0], error) != TGR_OK ||
        tgr_cli_parse_double("price", out, &prices[1], error) != TGR_OK || prices[0] < 0 ||
        prices[1] < 0) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--price takes two prices, such as 0.15,0.6/M, not '%.60s'", text);
    }
    options->input_price = prices[0] * million;
    options->output_price = prices[1] * million;
    return TGR_OK;
}

/* From a map, where one is named. */
static tgr_status look_up_price(const tgr_cli_arguments *arguments, tgr_endpoint_options *options,
                                tgr_error *error)
{
    const char *map = tgr_cli_text(arguments, "prices");
    const char *name = tgr_cli_text(arguments, "priced-as");
    const char *tier = tgr_cli_text(arguments, "price-tier");
    if (map == NULL && (name != NULL || tier != NULL)) {
        return tgr_cli_fail(
            error, TGR_ERR_ARGUMENT,
            "--priced-as and --price-tier look into a price map: give --prices too");
    }
    if (map != NULL && tgr_cli_has(arguments, "price")) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--price and --prices both say what the model costs; give one of them");
    }
    return map == NULL ? TGR_OK
                       : tgr_price_look_up(map, name != NULL ? name : options->model, tier,
                                           &options->input_price, &options->output_price, error);
}

static tgr_status read_sizes(const tgr_cli_arguments *arguments, tgr_endpoint_options *options,
                             tgr_error *error)
{
    const char *max_bad = tgr_cli_text(arguments, "max-bad");
    const char *max_record = tgr_cli_text(arguments, "max-record");
    tgr_status status = tgr_cli_read_log_format(arguments, "format", &options->format, error);
    if (status == TGR_OK && max_bad != NULL) {
        status = tgr_cli_parse_share("max-bad", max_bad, &options->max_bad, error);
    }
    if (status == TGR_OK && max_record != NULL) {
        status = tgr_cli_parse_size("max-record", max_record, &options->max_record, error);
    }
    return status;
}

static tgr_status read_numbers(const tgr_cli_arguments *arguments, tgr_endpoint_options *options,
                               tgr_error *error)
{
    unsigned seed = 0;
    tgr_status status = read_whole(arguments, "in-flight", 1, 1024, &options->in_flight, error);
    if (status == TGR_OK) {
        status = read_whole(arguments, "retries", 0, 1000, &options->retries, error);
    }
    if (status == TGR_OK) {
        status = read_whole(arguments, "max-tokens", 0, 1000000, &options->max_tokens, error);
    }
    if (status == TGR_OK) {
        status = read_whole(arguments, "seed", 0, INT32_MAX, &seed, error);
    }
    if (status == TGR_OK) {
        status = read_seconds(arguments, "timeout", &options->timeout, error);
    }
    if (status == TGR_OK) {
        status = read_seconds(arguments, "backoff", &options->backoff, error);
    }
    if (status == TGR_OK) {
        status = read_temperature(arguments, &options->temperature, error);
    }
    options->seed = seed;
    return status == TGR_OK ? read_price(arguments, options, error) : status;
}

/* The key comes from the environment alone: what stands on a command line can be read by all. */
static tgr_status read_key(const tgr_cli_arguments *arguments, tgr_endpoint_options *options,
                           tgr_error *error)
{
    const char *name = tgr_cli_text(arguments, "key-env");
    options->key = getenv(name != NULL ? name : "OPENAI_API_KEY");
    if (name != NULL && (options->key == NULL || options->key[0] == '\0')) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--key-env names a variable that is not set in the environment");
    }
    return TGR_OK;
}

static tgr_status read_options(const tgr_cli_arguments *arguments, tgr_endpoint_options *options,
                               tgr_error *error)
{
    tgr_endpoint_options_init(options);
    options->inputs = arguments->operands;
    options->input_count = arguments->operand_count;
    options->url = tgr_cli_text(arguments, "endpoint");
    options->prompt = tgr_cli_text(arguments, "prompt");
    options->cache = tgr_cli_text(arguments, "cache");
    options->ca_file = tgr_cli_text(arguments, "ca-file");
    options->retag = tgr_cli_has(arguments, "retag");
    options->strict = tgr_cli_has(arguments, "strict");
    options->resume = tgr_cli_has(arguments, "resume");
    options->skip_failed = tgr_cli_has(arguments, "skip-failed");
    options->insecure_http = tgr_cli_has(arguments, "insecure-http");
    tgr_status status = tgr_cli_need(arguments, "output", &options->output, error);
    if (status == TGR_OK) {
        status = tgr_cli_need(arguments, "model", &options->model, error);
    }
    if (status == TGR_OK) {
        status = read_key(arguments, options, error);
    }
    if (status == TGR_OK) {
        status = read_sizes(arguments, options, error);
    }
    if (status == TGR_OK) {
        status = look_up_price(arguments, options, error);
    }
    return status == TGR_OK ? read_numbers(arguments, options, error) : status;
}

/* ---- summary ------------------------------------------------------------------------------------
 */

static void print_use(const tgr_cli_session *session, const char *what, const tgr_endpoint_use *use)
{
    char answers[TGR_CLI_NUMBER_SIZE], in[TGR_CLI_NUMBER_SIZE], out[TGR_CLI_NUMBER_SIZE];
    char money[TGR_CLI_NUMBER_SIZE];
    if (use->answers == 0 && use->prompt_tokens + use->completion_tokens == 0) {
        return;
    }
    tgr_cli_say(session, "  %s: %s answers, %s prompt and %s completion tokens", what,
                tgr_cli_count(answers, use->answers), tgr_cli_count(in, use->prompt_tokens),
                tgr_cli_count(out, use->completion_tokens));
    if (!isnan(use->cost)) {
        tgr_cli_say(session, ", %s", tgr_cli_money(money, use->cost));
    }
    if (use->unmetered > 0) {
        tgr_cli_say(session, ", %s answers not metered", tgr_cli_count(answers, use->unmetered));
    }
    tgr_cli_say(session, "\n");
}

static void print_count(const tgr_cli_session *session, uint64_t count, const char *what)
{
    char text[TGR_CLI_NUMBER_SIZE];
    if (count > 0) {
        tgr_cli_say(session, ", %s %s", tgr_cli_count(text, count), what);
    }
}

static void print_summary(const tgr_cli_session *session, const tgr_endpoint_options *options,
                          const tgr_endpoint_report *report)
{
    char records[TGR_CLI_NUMBER_SIZE], tagged[TGR_CLI_NUMBER_SIZE], time[TGR_CLI_NUMBER_SIZE];
    char requests[TGR_CLI_NUMBER_SIZE], retries[TGR_CLI_NUMBER_SIZE];
    double seconds = tgr_cli_session_seconds(session);
    if (report->was_complete) {
        tgr_cli_say(session, "%s is finished: there is nothing to resume\n", options->output);
        return;
    }
    tgr_cli_say(session, "%s: %s records, %s tagged", options->output,
                tgr_cli_count(records, report->records), tgr_cli_count(tagged, report->tagged));
    print_count(session, report->kept, "kept as they were");
    print_count(session, report->untagged, "answered without a tag");
    print_count(session, report->refusals, "of these refused by the model");
    print_count(session, report->failed, "failed");
    print_count(session, report->blank, "blank");
    print_count(session, report->bad, "bad ones skipped");
    tgr_cli_say(session, "\n");
    print_use(session, "now", &report->now);
    print_use(session, "paid for earlier", &report->earlier);
    tgr_cli_say(session, "  %s requests, %s of them retries, %s\n",
                tgr_cli_count(requests, report->requests), tgr_cli_count(retries, report->retries),
                tgr_cli_duration(time, seconds));
    tgr_cli_say(session, "next: tagroute ingest %s -o queries.h5\n", options->output);
}

static tgr_status ask(const tgr_cli_arguments *arguments, tgr_cli_session *session,
                      tgr_error *error)
{
    tgr_endpoint_options options;
    tgr_endpoint_report report = {0};
    tgr_status status = read_options(arguments, &options, error);
    if (status != TGR_OK) {
        return status;
    }
    status = tgr_tag_by_endpoint(&options, &report, &session->run, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK) {
        print_summary(session, &options, &report);
    }
    return status;
}

const tgr_cli_tag_mode tgr_cli_tag_endpoint = {&tgr_cli_tag_endpoint_group, takes, ask};
