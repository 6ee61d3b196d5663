/* command_bench.c - how fast the kernels run here, beside what the machine could do. */
#include <stdlib.h>
#include <string.h>

#include <tagroute/bench.h>

#include "engine/cli/commands.h"
#include "engine/cli/fail.h"
#include "engine/cli/numbers.h"
#include "engine/cli/session.h"
#include "engine/cli/write_file.h"

#define MOST_COUNTS 64

static const tgr_cli_option shape_options[] = {
    {"queries", 0, "N", "so many queries"},
    {"tags", 0, "N", "so many tags"},
    {"models", 0, "N", "so many models"},
    {"min-tags", 0, "N", "a query has at least N tags"},
    {"max-tags", 0, "N", "a query has at most N tags"},
    {"zipf", 0, "E", "the exponent of the tags' frequencies"},
    {"seed", 0, "N", "another seed, other queries"},
    {"policy", 0, "argmax|margin|utility|slack", "what is decided"},
    {"thresholds", 0, "N", "so many thresholds in one call"},
    {"values", 0, "ones|u8|u16|f32", "what counts are"},
    {"index", 0, "u16|u32", "columns are of this type only"},
    {0},
};

static const tgr_cli_option measure_options[] = {
    {"input", 'i', "FILE.h5", "queries of one's own, read into memory; may be given several times"},
    {"router", 'r', "ROUTER", "the router of the input"},
    {"isa", 0, "NAME", "scalar, avx2, avx512 or neon only"},
    {"only", 0, "TEXT", "time what has TEXT in its name, and nothing else"},
    {"threads", 'j', "LIST", "thread counts, such as 1,2,4 (default: one, and all there are)"},
    {"repeats", 0, "N", "at most N rounds (default: 11)"},
    {"warmup", 0, "N", "N rounds before those that are timed (default: 1)"},
    {"seconds", 0, "S", "begin no round after S seconds of a shape (default: 60)"},
    {"processor-time", 0, NULL,
     "figures by the time of processors, not by the clock: for machines that are busy"},
    {"json", 0, "FILE", "write everything as one JSON object; - is standard output, no tables"},
    {"dump", 0, "FOLDER", "write the first shape's arrays there, for other programs"},
    {"quiet", 'q', NULL, "no progress or notes"},
    {"help", 'h', NULL, "show this help"},
    {0},
};

static const tgr_cli_group shape_group = {"In place of the preset's", shape_options};
static const tgr_cli_group measure_group = {"Options", measure_options};
static const tgr_cli_group *const groups[] = {&shape_group, &measure_group, NULL};

static const tgr_cli_example examples[] = {
    {"10 million queries, beside limits and plain loops", "tagroute bench"},
    {"two shapes, on one, two and four threads", "tagroute bench k2 k64 --threads 1,2,4"},
    {"every figure of every preset, for a program", "tagroute bench all --json figures.json"},
    {"queries of one's own", "tagroute bench --input queries.h5 -r router.msgpack --policy margin"},
    {"from files to decisions", "tagroute bench io --input queries.h5 -r router.msgpack"},
    {"a shape of one's own", "tagroute bench --models 12 --tags 5000 --queries 2000000"},
    {0},
};

typedef struct benching {
    tgr_bench_options options;
    const char *presets[64];
    int threads[MOST_COUNTS];
    const char *json;
    const char *inputs[MOST_COUNTS];
    const char *router_path;
} benching;

typedef struct number {
    const char *name;
    long most;
    long value; /* 0 where it is not given */
} number;

static tgr_status read_number(const tgr_cli_arguments *arguments, number *one, tgr_error *error)
{
    const char *text = tgr_cli_text(arguments, one->name);
    return text == NULL ? TGR_OK
                        : tgr_cli_parse_integer(one->name, text, 1, one->most, &one->value, error);
}

static tgr_status read_numbers(tgr_bench_options *options, const tgr_cli_arguments *arguments,
                               tgr_error *error)
{
    enum { QUERIES, TAGS, MODELS, MIN_TAGS, MAX_TAGS, SEED, THRESHOLDS, REPEATS, WARMUP, COUNT };
    number numbers[COUNT] = {
        [QUERIES] = {"queries", 1000000000000, 0},
        [TAGS] = {"tags", 1000000000, 0},
        [MODELS] = {"models", 1024, 0},
        [MIN_TAGS] = {"min-tags", 64, 0},
        [MAX_TAGS] = {"max-tags", 64, 0},
        [SEED] = {"seed", 1000000000000, 0},
        [THRESHOLDS] = {"thresholds", 65536, 0},
        [REPEATS] = {"repeats", 10000, 0},
        [WARMUP] = {"warmup", 10000, 0},
    };
    for (int i = 0; i < COUNT; i++) {
        tgr_status status = read_number(arguments, &numbers[i], error);
        if (status != TGR_OK) {
            return status;
        }
    }
    options->queries = (uint64_t)numbers[QUERIES].value;
    options->tags = (uint32_t)numbers[TAGS].value;
    options->models = (uint32_t)numbers[MODELS].value;
    options->min_tags = (uint32_t)numbers[MIN_TAGS].value;
    options->max_tags = (uint32_t)numbers[MAX_TAGS].value;
    options->seed = (uint64_t)numbers[SEED].value;
    options->thresholds = (size_t)numbers[THRESHOLDS].value;
    options->repeats = (unsigned)numbers[REPEATS].value;
    options->warmup = (unsigned)numbers[WARMUP].value;
    return TGR_OK;
}

static tgr_status read_reals(tgr_bench_options *options, const tgr_cli_arguments *arguments,
                             tgr_error *error)
{
    const char *zipf = tgr_cli_text(arguments, "zipf"),
               *seconds = tgr_cli_text(arguments, "seconds");
    tgr_status status = TGR_OK;
    if (zipf != NULL) {
        status = tgr_cli_parse_double("zipf", zipf, &options->zipf, error);
        if (status == TGR_OK && !(options->zipf >= 0)) {
            status = tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--zipf is not negative");
        }
    }
    if (status == TGR_OK && seconds != NULL) {
        status = tgr_cli_parse_double("seconds", seconds, &options->seconds, error);
        if (status == TGR_OK && !(options->seconds > 0)) {
            status = tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--seconds is above 0");
        }
    }
    return status;
}

static tgr_status read_threads(benching *work, const char *text, tgr_error *error)
{
    double *values = NULL;
    size_t count = 0;
    if (text == NULL) {
        return TGR_OK;
    }
    tgr_status status = tgr_cli_parse_numbers("threads", text, &values, &count, error);
    if (status == TGR_OK && count > MOST_COUNTS) {
        status =
            tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--threads takes at most %d counts", MOST_COUNTS);
    }
    for (size_t i = 0; i < count && status == TGR_OK; i++) {
        if (!(values[i] >= 1 && values[i] <= 1024) || values[i] != (double)(int)values[i]) {
            status =
                tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                             "--threads takes whole numbers from 1 to 1024, not %g", values[i]);
        } else {
            work->threads[i] = (int)values[i];
        }
    }
    free(values);
    work->options.threads = work->threads;
    work->options.thread_count = count;
    return status;
}

/* "all" is every preset there is. */
static tgr_status read_presets(benching *work, const tgr_cli_arguments *arguments)
{
    size_t count = 0, most = sizeof work->presets / sizeof *work->presets;
    for (size_t i = 0; i < arguments->operand_count && count < most; i++) {
        const char *name = arguments->operands[i], *preset;
        if (strcmp(name, "all") != 0) {
            work->presets[count++] = name;
            continue;
        }
        for (size_t j = 0; count < most && (preset = tgr_bench_preset(j, NULL)) != NULL; j++) {
            work->presets[count++] = preset;
        }
    }
    work->options.presets = work->presets;
    work->options.preset_count = count;
    return TGR_OK;
}

static tgr_status read_options(benching *work, const tgr_cli_arguments *arguments, tgr_error *error)
{
    tgr_bench_options *options = &work->options;
    tgr_bench_options_init(options);
    options->policy = tgr_cli_text(arguments, "policy");
    options->values = tgr_cli_text(arguments, "values");
    options->index = tgr_cli_text(arguments, "index");
    options->isa = tgr_cli_text(arguments, "isa");
    options->only = tgr_cli_text(arguments, "only");
    options->processor_time = tgr_cli_has(arguments, "processor-time");
    options->dump = tgr_cli_text(arguments, "dump");
    work->json = tgr_cli_text(arguments, "json");
    work->router_path = tgr_cli_text(arguments, "router");
    options->inputs = work->inputs;
    options->input_count = tgr_cli_list(arguments, "input", work->inputs, MOST_COUNTS);
    if (options->input_count > MOST_COUNTS) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--input takes at most %d files", MOST_COUNTS);
    }
    if ((work->router_path != NULL) != (options->input_count > 0)) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--input and --router belong together");
    }
    tgr_status status = read_numbers(options, arguments, error);
    if (status == TGR_OK) {
        status = read_reals(options, arguments, error);
    }
    if (status == TGR_OK) {
        status = read_threads(work, tgr_cli_text(arguments, "threads"), error);
    }
    return status == TGR_OK ? read_presets(work, arguments) : status;
}

/* A session's own --threads is one number, and here it is a list: the session sees the rest only.
 */
static tgr_status start_session(tgr_cli_session *session, const tgr_cli_arguments *arguments,
                                tgr_error *error)
{
    tgr_cli_arguments rest = *arguments;
    rest.value_count = 0;
    for (size_t i = 0; i < arguments->value_count && rest.value_count == 0; i++) {
        if (strcmp(arguments->values[i].option->name, "quiet") == 0) {
            rest.values = &arguments->values[i];
            rest.value_count = 1;
        }
    }
    return tgr_cli_session_start(session, &rest, error);
}

static tgr_status print_results(const benching *work, const char *text, const char *json,
                                tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (work->json != NULL) {
        status = tgr_cli_write_file(work->json, json, strlen(json), error);
    }
    if (status == TGR_OK && (work->json == NULL || strcmp(work->json, "-") != 0)) {
        status = tgr_cli_write_file("-", text, strlen(text), error);
    }
    return status;
}

static tgr_status measure(benching *work, tgr_cli_session *session, tgr_error *error)
{
    char *text = NULL, *json = NULL;
    tgr_router *router = NULL;
    tgr_status status = TGR_OK;
    if (work->router_path != NULL) {
        status = tgr_router_load(work->router_path, &router, error);
        work->options.router = router;
    }
    if (status == TGR_OK) {
        status = tgr_bench(&work->options, &text, &json, &session->run, error);
    }
    tgr_cli_session_end(session);
    if (status == TGR_OK) {
        status = print_results(work, text, json, error);
    }
    tgr_router_free(router);
    tgr_free(text);
    tgr_free(json);
    return status;
}

static tgr_status bench(const tgr_cli_arguments *arguments, tgr_error *error)
{
    benching work = {0};
    tgr_cli_session session;
    tgr_status status = read_options(&work, arguments, error);
    if (status == TGR_OK) {
        status = start_session(&session, arguments, error);
    }
    return status == TGR_OK ? measure(&work, &session, error) : status;
}

const tgr_cli_command tgr_cli_bench = {
    .name = "bench",
    .summary = "how fast the kernels run here, beside what the machine could do",
    .synopsis = "[PRESET...] [options]",
    .description =
        "Times every variant of the kernels over queries in memory, beside measured limits of the "
        "machine and loops as anybody would write them, in turn and round after round. Every "
        "variant's decisions are compared with the reference; where one differs, that is said and "
        "no figure is given.\n"
        "io times the way from files to decisions instead: plain reads of the same bytes, "
        "inflating, unshuffling, checksums, the kernel in memory, the walk over the file, and "
        "the whole of route, beside what limits it. Made-up files are in TMPDIR for as long.\n"
        "Presets: io, or any of main, k2, k11, k16, k64, long, wide, thresholds, costs, masks, "
        "fit, scalar, "
        "dense; all is all of these.",
    .examples = examples,
    .groups = groups,
    .operands_min = 0,
    .operands_max = 32,
    .operand = "presets",
    .main = bench,
};
