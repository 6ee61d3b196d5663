/* options.c - reading the command line. */
#include "datasets/program/options.h"

#include <getopt.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/number.h"

enum {
    OPT_QUERIES = 1000,
    OPT_SEED,
    OPT_TAGS,
    OPT_TOPICS,
    OPT_MODELS,
    OPT_MIN_TAGS,
    OPT_MAX_TAGS,
    OPT_ZIPF,
    OPT_JUDGED,
    OPT_ELIGIBILITY,
    OPT_NO_TEXT,
    OPT_NO_TAGS,
    OPT_FORMAT,
    OPT_PRICES,
    OPT_SCHEMA,
    OPT_EVENTS,
    OPT_OUTCOMES,
    OPT_OUTCOME_QUERIES,
    OPT_THREADS,
    OPT_VERSION
};

static const struct option long_options[] = {
    {"queries", required_argument, NULL, OPT_QUERIES},
    {"seed", required_argument, NULL, OPT_SEED},
    {"tags", required_argument, NULL, OPT_TAGS},
    {"topics", required_argument, NULL, OPT_TOPICS},
    {"models", required_argument, NULL, OPT_MODELS},
    {"min-tags", required_argument, NULL, OPT_MIN_TAGS},
    {"max-tags", required_argument, NULL, OPT_MAX_TAGS},
    {"zipf", required_argument, NULL, OPT_ZIPF},
    {"judged", required_argument, NULL, OPT_JUDGED},
    {"eligibility", required_argument, NULL, OPT_ELIGIBILITY},
    {"no-text", no_argument, NULL, OPT_NO_TEXT},
    {"no-tags", no_argument, NULL, OPT_NO_TAGS},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"prices-out", required_argument, NULL, OPT_PRICES},
    {"schema", required_argument, NULL, OPT_SCHEMA},
    {"fluentd", no_argument, NULL, OPT_EVENTS},
    {"outcomes-out", required_argument, NULL, OPT_OUTCOMES},
    {"outcomes-of", required_argument, NULL, OPT_OUTCOME_QUERIES},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0}};

static const char *name_of(int option)
{
    for (const struct option *each = long_options; each->name != NULL; each++) {
        if (each->val == option) {
            return each->name;
        }
    }
    return "";
}

static uint64_t multiplier(char letter)
{
    switch (letter) {
    case 'k':
        return 1000;
    case 'M':
        return 1000000;
    case 'G':
        return 1000000000;
    default:
        return 0;
    }
}

/* Digits, then k, M or G for thousands, millions or (American) billions. */
static tgr_status read_integer(int option, uint64_t least, uint64_t most, uint64_t *value,
                               tgr_error *error)
{
    const char *at = optarg;
    uint64_t number = 0;
    bool good = *at >= '0' && *at <= '9';
    for (; good && *at >= '0' && *at <= '9'; at++) {
        good = !__builtin_mul_overflow(number, 10, &number) &&
               !__builtin_add_overflow(number, (uint64_t)(*at - '0'), &number);
    }
    if (good && *at != '\0') {
        good = multiplier(*at) != 0 && at[1] == '\0' &&
               !__builtin_mul_overflow(number, multiplier(*at), &number);
    }
    if (!good || number < least || number > most) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "--%s must be an integer from %llu to %llu (k, M and G multiply), not '%s'",
                        name_of(option), (unsigned long long)least, (unsigned long long)most,
                        optarg);
    }
    *value = number;
    return TGR_OK;
}

static tgr_status read_small(int option, uint32_t least, uint32_t most, uint32_t *value,
                             tgr_error *error)
{
    uint64_t number = 0;
    tgr_status status = read_integer(option, least, most, &number, error);
    *value = status == TGR_OK ? (uint32_t)number : *value;
    return status;
}

static tgr_status read_real(int option, double most, double *value, tgr_error *error)
{
    if (!tgr_number_parse(optarg, value) || !(*value >= 0.0 && *value <= most)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "--%s must be a number from 0 to %g, not '%s'",
                        name_of(option), most, optarg);
    }
    return TGR_OK;
}

static tgr_status read_format(tgr_gen_command *command, tgr_error *error)
{
    command->format_given = true;
    command->log.msgpack = strcmp(optarg, "msgpack") == 0;
    return command->log.msgpack || strcmp(optarg, "jsonl") == 0
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_ARGUMENT, "--format must be jsonl or msgpack, not '%s'",
                          optarg);
}

static tgr_status read_schema(tgr_gen_schema *schema, tgr_error *error)
{
    static const char *const names[TGR_GEN_SCHEMAS] = {"tagroute", "litellm", "openai", "otel",
                                                       "langfuse"};
    for (int i = 0; i < TGR_GEN_SCHEMAS; i++) {
        if (strcmp(optarg, names[i]) == 0) {
            *schema = (tgr_gen_schema)i;
            return TGR_OK;
        }
    }
    return tgr_fail(error, TGR_ERR_ARGUMENT,
                    "--schema must be tagroute, litellm, openai, otel or langfuse, not '%s'",
                    optarg);
}

static tgr_status read_world(int option, tgr_gen_options *world, tgr_error *error)
{
    switch (option) {
    case OPT_SEED:
        return read_integer(option, 0, UINT64_MAX, &world->seed, error);
    case OPT_TAGS:
        return read_small(option, 1, TGR_GEN_TAGS_MAX, &world->tags, error);
    case OPT_TOPICS:
        return read_small(option, 1, TGR_GEN_TOPICS_MAX, &world->topics, error);
    case OPT_MODELS:
        return read_small(option, 1, TGR_GEN_MODELS_MAX, &world->models, error);
    case OPT_MIN_TAGS:
        return read_small(option, 1, TGR_GEN_QUERY_TAGS_MAX, &world->min_tags, error);
    case OPT_MAX_TAGS:
        return read_small(option, 1, TGR_GEN_QUERY_TAGS_MAX, &world->max_tags, error);
    case OPT_ZIPF:
        return read_real(option, 4.0, &world->zipf, error);
    case OPT_JUDGED:
        return read_real(option, 1.0, &world->judged, error);
    case OPT_ELIGIBILITY:
        return read_real(option, 1.0, &world->eligibility, error);
    default:
        return tgr_fail(error, TGR_ERR_INTERNAL, "an option of the world is not read");
    }
}

static tgr_status read_option(int option, tgr_gen_command *command, tgr_error *error)
{
    uint32_t threads = 0;
    tgr_status status = TGR_OK;
    switch (option) {
    case 'o':
        command->log.path = optarg;
        return TGR_OK;
    case 'q':
        command->quiet = true;
        return TGR_OK;
    case OPT_QUERIES:
        return read_integer(option, 0, UINT64_C(1000000000000), &command->log.queries, error);
    case OPT_NO_TEXT:
        command->log.parts.text = false;
        return TGR_OK;
    case OPT_NO_TAGS:
        command->log.parts.tags = false;
        return TGR_OK;
    case OPT_FORMAT:
        return read_format(command, error);
    case OPT_PRICES:
        command->prices = optarg;
        return TGR_OK;
    case OPT_SCHEMA:
        return read_schema(&command->log.parts.schema, error);
    case OPT_EVENTS:
        command->log.events = true;
        return TGR_OK;
    case OPT_OUTCOMES:
        command->outcomes = optarg;
        return TGR_OK;
    case OPT_OUTCOME_QUERIES:
        return read_integer(option, 0, UINT64_C(1000000000000), &command->outcome_queries, error);
    case OPT_THREADS:
        status = read_small(option, 1, 1024, &threads, error);
        command->threads = (int)threads;
        return status;
    default:
        return read_world(option, &command->world, error);
    }
}

static tgr_gen_writer choose_writer(const tgr_gen_log *log)
{
    bool own = log->parts.schema == TGR_GEN_TAGROUTE;
    return log->msgpack ? (own ? tgr_gen_write_msgpack : tgr_gen_write_call_msgpack)
                        : (own ? tgr_gen_write_jsonl : tgr_gen_write_call_jsonl);
}

/* Whether two of the outputs are the same. */
static const char *twice(const tgr_gen_command *command)
{
    const char *paths[] = {command->log.path, command->prices, command->outcomes};
    for (size_t i = 1; i < 3; i++) {
        for (size_t j = 0; j < i; j++) {
            if (paths[i] != NULL && paths[j] != NULL && strcmp(paths[i], paths[j]) == 0) {
                return paths[i];
            }
        }
    }
    return NULL;
}

static tgr_status check(tgr_gen_command *command, tgr_error *error)
{
    tgr_gen_log *log = &command->log;
    if (!command->format_given) { /* "x.msgpack", "x.msgpack.gz" and so on */
        log->msgpack = strstr(log->path, ".msgpack") != NULL;
    }
    log->writer = choose_writer(log);
    if (log->parts.schema != TGR_GEN_TAGROUTE && !log->parts.text) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "gateways log no tags: --schema and --no-text leave nothing to route by");
    }
    if (!log->parts.text && !log->parts.tags) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "--no-text and --no-tags leave nothing to route by");
    }
    if (twice(command) != NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "two outputs cannot both go to '%s'",
                        twice(command));
    }
    return TGR_OK;
}

tgr_status tgr_gen_parse(int argc, char **argv, tgr_gen_command *command, tgr_error *error)
{
    *command = (tgr_gen_command){
        .log = {.path = "-", .queries = 100000, .parts = {true, true, TGR_GEN_TAGROUTE}},
        .outcome_queries = 1000};
    tgr_gen_options_init(&command->world);
    optind = 1;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":o:qh", long_options, NULL)) != -1;) {
        if (option == '?' || option == ':') {
            return tgr_fail(error, TGR_ERR_ARGUMENT,
                            option == ':' ? "'%s' needs a value" : "there is no option '%s' here",
                            argv[optind - 1]);
        }
        if (option == 'h' || option == OPT_VERSION) {
            command->action = option == 'h' ? TGR_GEN_ACTION_HELP : TGR_GEN_ACTION_VERSION;
            return TGR_OK;
        }
        tgr_status status = read_option(option, command, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    if (optind < argc) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "'%s' is not an option; name the output by -o",
                        argv[optind]);
    }
    return check(command, error);
}
