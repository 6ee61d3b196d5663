/* bench.c - options to runs, one a shape, and runs to reports. */
#include <tagroute/bench.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <tagroute/version.h>

#include "bench/count.h"
#include "bench/densely.h"
#include "bench/dump.h"
#include "bench/entry.h"
#include "bench/input.h"
#include "bench/io.h"
#include "bench/machine.h"
#include "bench/reference.h"
#include "bench/report.h"
#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/json_write.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/isa.h"
#include "kernels/dispatch.h"

#define MOST_THREADS 1024
#define MOST_REPEATS 10000

void tgr_bench_options_init(tgr_bench_options *options)
{
    *options = (tgr_bench_options){.size = sizeof *options, .zipf = -1};
}

typedef struct benching {
    tgr_bench_options options;
    const tgr_run *caller;
    const char *isa; /* the only variant wanted, or NULL */
    int usual_threads[2];
    const int *threads;
    size_t thread_count;
    tgr_team team;
    uint64_t *stream; /* larger than the caches, shared by all runs */
    size_t stream_words;
    tgr_machine machine;
    bool dumped;
    tgr_buffer text, json_text;
    tgr_json json;
} benching;

/* ---- the machine ------------------------------------------------------------------------------*/

static uint64_t fill_stream(const void *work, size_t thread, size_t begin, size_t end)
{
    uint64_t *const *stream = work;
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        (*stream)[i] = i;
    }
    return 0;
}

#define LEAST_STREAM ((uint64_t)256 << 20)
#define MOST_STREAM  ((uint64_t)4 << 30)

/* Four times the last cache, as far as an eighth of the memory goes. */
static tgr_status open_stream(benching *bench, tgr_error *error)
{
    if (bench->stream != NULL) {
        return TGR_OK;
    }
    const tgr_machine *machine = &bench->machine;
    uint64_t cache = machine->cache[2] > 0 ? machine->cache[2] : machine->cache[1];
    uint64_t bytes = 4 * cache > LEAST_STREAM ? 4 * cache : LEAST_STREAM;
    uint64_t memory = machine->memory_limit > 0 && machine->memory_limit < machine->memory
                          ? machine->memory_limit
                          : machine->memory;
    bytes = bytes < MOST_STREAM ? bytes : MOST_STREAM;
    bytes = bytes < memory / 8 || memory == 0 ? bytes : memory / 8;
    bench->stream_words = (size_t)(bytes / sizeof *bench->stream);
    bench->stream = tgr_mem_aligned(bench->stream_words, sizeof *bench->stream);
    if (bench->stream == NULL) {
        return tgr_fail_memory(error, "measuring how fast memory is read");
    }
    tgr_team_share(&bench->team, bench->team.most_threads, bench->stream_words, fill_stream,
                   &bench->stream);
    return TGR_OK;
}

/* ---- one shape --------------------------------------------------------------------------------*/

static void close_run(tgr_bench_run *run)
{
    for (size_t i = 0; i < run->question_count; i++) {
        tgr_mem_free(run->questions[i].thresholds);
        tgr_mem_free(run->questions[i].expected);
    }
    for (size_t i = 0; i < run->entry_count; i++) {
        tgr_mem_free(run->entries[i].seconds);
        tgr_mem_free(run->entries[i].busy);
        tgr_bench_count_close(&run->entries[i]);
        tgr_bench_dense_close(&run->entries[i]);
    }
    tgr_mem_free(run->questions);
    tgr_mem_free(run->entries);
    tgr_mem_free(run->ratios);
    tgr_mem_free_aligned(run->scratch);
    tgr_bench_data_free(&run->data);
}

/* Thresholds that decide one way for some queries and the other for others, whatever scale scores
 * and costs have. */
static void fill_thresholds(const tgr_bench_run *run, tgr_bench_question *question)
{
    static const double alone[] = {0, 0, 0.2, 0.15}, span[] = {0, 1.6, 0.4, 0.6};
    double least = INFINITY, most = 0, unit = tgr_bench_score_span(&run->data);
    for (size_t k = 0; k < run->data.models; k++) {
        least = fmin(least, run->data.flat[k]);
        most = fmax(most, run->data.flat[k]);
    }
    if (question->policy == TGR_BENCH_UTILITY && most > least) {
        unit /= most - least;
    }
    size_t count = question->threshold_count;
    question->thresholds[0] = unit * alone[question->policy];
    for (size_t i = 0; i < count && count > 1; i++) {
        double part = (double)(i + 1) / (double)count;
        part -= question->policy == TGR_BENCH_MARGIN ? 0.5 : 0;
        question->thresholds[i] = unit * span[question->policy] * part;
    }
}

/* Made-up queries have what the plan needs; of files the plan takes what there is. */
static tgr_status open_data(benching *bench, tgr_bench_run *run, const char *input,
                            tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (input != NULL) {
        status = tgr_bench_input_read(&run->data, &run->shape, input, bench->options.router,
                                      &run->team, bench->caller, error);
    }
    if (status == TGR_OK) {
        status = tgr_bench_plan_make(run, error);
    }
    if (status != TGR_OK) {
        return status;
    }
    tgr_bench_needs needs = tgr_bench_plan_needs(run);
    if (input != NULL) {
        return tgr_bench_data_finish(&run->data, &needs, &run->team, error);
    }
    tgr_run_progress(bench->caller, "making queries", "queries", 0, run->shape.queries, 0);
    return tgr_bench_data_make(&run->data, &run->shape, &needs, &run->team, error);
}

static tgr_status open_run(benching *bench, tgr_bench_run *run, const char *input, tgr_error *error)
{
    tgr_status status = tgr_bench_shape_set(&run->shape, &bench->options, error);
    if (status == TGR_OK) {
        status = open_data(bench, run, input, error);
    }
    if (status != TGR_OK) {
        return status;
    }
    for (size_t i = 0; i < run->question_count; i++) {
        fill_thresholds(run, &run->questions[i]);
    }
    run->scratch_each = (tgr_kernels_scratch(run->shape.models) + 63) / 64 * 64;
    run->scratch = tgr_mem_aligned((size_t)run->team.most_threads, run->scratch_each);
    return run->scratch != NULL ? TGR_OK : tgr_fail_memory(error, "the kernels' scratch");
}

static tgr_status report_run(benching *bench, const tgr_bench_run *run, tgr_error *error)
{
    double *room = tgr_mem_alloc(2 * (size_t)run->repeats, sizeof *room);
    if (room == NULL) {
        return tgr_fail_memory(error, "the report");
    }
    tgr_bench_text_run(&bench->text, run, room);
    tgr_bench_json_run(&bench->json, run, room);
    tgr_mem_free(room);
    return TGR_OK;
}

/* The memory to be read, once some run reads it. */
static tgr_status lend_stream(benching *bench, tgr_bench_run *run, tgr_error *error)
{
    bool reads = false;
    for (size_t i = 0; i < run->entry_count; i++) {
        reads = reads || run->entries[i].kind == TGR_BENCH_READ;
    }
    tgr_status status = reads ? open_stream(bench, error) : TGR_OK;
    run->stream = bench->stream;
    run->stream_words = bench->stream_words;
    return status;
}

static tgr_status dump_first(benching *bench, tgr_bench_run *run, tgr_error *error)
{
    if (bench->options.dump == NULL || bench->dumped) {
        return TGR_OK;
    }
    bench->dumped = true;
    return tgr_bench_dump(run, bench->options.dump, error);
}

static tgr_status bench_shape(benching *bench, const tgr_bench_shape *shape, const char *input,
                              tgr_error *error)
{
    const tgr_bench_options *options = &bench->options;
    tgr_bench_run run = {
        .shape = *shape,
        .team = bench->team,
        .threads = bench->threads,
        .thread_count = bench->thread_count,
        .isa = bench->isa,
        .only = options->only,
        .warmup = options->warmup > 0 ? options->warmup : 1,
        .repeats = options->repeats > 0 ? options->repeats : 11,
        .budget = options->seconds > 0 ? options->seconds : 60,
        .processor_time = options->processor_time,
    };
    tgr_status status = open_run(bench, &run, input, error);
    if (status == TGR_OK) {
        status = dump_first(bench, &run, error);
    }
    if (status == TGR_OK) {
        status = lend_stream(bench, &run, error);
    }
    if (status == TGR_OK) {
        status = tgr_bench_measure(&run, bench->caller, error);
    }
    if (status == TGR_OK) {
        status = report_run(bench, &run, error);
    }
    close_run(&run);
    return status;
}

static tgr_status bench_preset(benching *bench, const char *name, tgr_error *error)
{
    const tgr_bench_shape *shape = tgr_bench_shape_of(name, 0);
    if (shape == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "there is no preset '%.60s'", name);
    }
    tgr_status status = TGR_OK;
    for (size_t i = 0; shape != NULL && status == TGR_OK; i++) {
        status = bench_shape(bench, shape, NULL, error);
        shape = tgr_bench_shape_of(name, i + 1);
    }
    return status;
}

/* Each file by itself: columns of one are not those of another. */
static tgr_status bench_inputs(benching *bench, tgr_error *error)
{
    const tgr_bench_options *options = &bench->options;
    if (options->router == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "query files need a router");
    }
    if (options->preset_count > 0 || options->queries > 0 || options->tags > 0 ||
        options->models > 0 || options->min_tags > 0 || options->max_tags > 0 ||
        options->zipf >= 0 || options->seed > 0 || options->values != NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "query files have a shape of their own: presets, queries, tags, models, "
                        "zipf, seed and values are for made-up queries");
    }
    tgr_status status = TGR_OK;
    for (size_t i = 0; i < options->input_count && status == TGR_OK; i++) {
        const char *slash = strrchr(options->inputs[i], '/');
        tgr_bench_shape shape = *tgr_bench_shape_of("main", 0);
        shape.preset = "input";
        shape.name = slash != NULL ? slash + 1 : options->inputs[i];
        status = bench_shape(bench, &shape, options->inputs[i], error);
    }
    return status;
}

/* ---- options ----------------------------------------------------------------------------------*/

static tgr_status choose_threads(benching *bench, tgr_error *error)
{
    const tgr_bench_options *options = &bench->options;
    bench->threads = options->threads;
    bench->thread_count = options->thread_count;
    int most = 1;
    for (size_t i = 0; i < bench->thread_count; i++) {
        if (bench->threads[i] < 1 || bench->threads[i] > MOST_THREADS) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "thread counts are between 1 and %d",
                            MOST_THREADS);
        }
        most = bench->threads[i] > most ? bench->threads[i] : most;
    }
    if (bench->thread_count == 0) {
        most = tgr_run_threads(NULL);
        most = most < MOST_THREADS ? most : MOST_THREADS;
        bench->usual_threads[0] = 1;
        bench->usual_threads[1] = most;
        bench->threads = bench->usual_threads;
        bench->thread_count = most > 1 ? 2 : 1;
    }
    tgr_status status = tgr_team_open(&bench->team, most, error);
    if (status == TGR_OK && (size_t)most > bench->team.processor_count) {
        tgr_run_message(bench->caller, TGR_WARNING,
                        "%d threads share %zu processors: figures of more threads than processors "
                        "say little",
                        most, bench->team.processor_count);
    }
    return status;
}

static tgr_status choose_isa(benching *bench, tgr_error *error)
{
    const char *name = bench->options.isa;
    const tgr_kernels *kernels;
    if (name == NULL) {
        name = getenv("TAGROUTE_ISA");
        bench->isa = name != NULL && name[0] != '\0' ? name : NULL;
        return tgr_isa_choose(&kernels, error);
    }
    bench->isa = name;
    switch (tgr_kernels_by_name(name, &kernels)) {
    case TGR_DISPATCH_OK:
        return TGR_OK;
    case TGR_DISPATCH_UNKNOWN:
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "no kernels are called '%.60s'; there are " TGR_ISA_NAMES, name);
    case TGR_DISPATCH_NOT_BUILT:
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the kernels '%.60s' are for another kind of processor", name);
    case TGR_DISPATCH_UNSUPPORTED:
        break;
    }
    return tgr_fail(error, TGR_ERR_ARGUMENT,
                    "this processor or its operating system lacks what the kernels '%.60s' need",
                    name);
}

static tgr_status read_options(benching *bench, tgr_error *error)
{
    if (bench->options.repeats > MOST_REPEATS || bench->options.warmup > MOST_REPEATS) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "at most %d rounds", MOST_REPEATS);
    }
    tgr_status status = choose_isa(bench, error);
    return status == TGR_OK ? choose_threads(bench, error) : status;
}

static tgr_status bench_io(benching *bench, tgr_error *error)
{
    if (bench->options.preset_count > 1) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "io goes alone, without other presets");
    }
    const tgr_io_bench io = {.options = &bench->options,
                             .threads = bench->threads,
                             .thread_count = bench->thread_count,
                             .run = bench->caller,
                             .text = &bench->text,
                             .json = &bench->json};
    return tgr_bench_io(&io, error);
}

static tgr_status bench_presets(benching *bench, tgr_error *error)
{
    for (size_t i = 0; i < bench->options.preset_count; i++) {
        if (strcmp(bench->options.presets[i], "io") == 0) {
            return bench_io(bench, error);
        }
    }
    if (bench->options.input_count > 0) {
        return bench_inputs(bench, error);
    }
    static const char *const usual[] = {"main"};
    const char *const *presets = bench->options.presets;
    size_t count = bench->options.preset_count;
    if (count == 0) {
        presets = usual;
        count = 1;
    }
    tgr_status status = TGR_OK;
    for (size_t i = 0; i < count && status == TGR_OK; i++) {
        status = bench_preset(bench, presets[i], error);
    }
    return status;
}

static tgr_status bench_all(benching *bench, tgr_error *error)
{
    tgr_status status = read_options(bench, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_machine_describe(&bench->machine, &bench->team);
    tgr_json_begin(&bench->json, &bench->json_text, true);
    tgr_json_object(&bench->json, NULL);
    tgr_json_string(&bench->json, "kind", "bench");
    tgr_json_string(&bench->json, "version", TGR_VERSION_STRING);
    const tgr_kernels *best = NULL;
    tgr_kernels_by_name(bench->isa, &best);
    tgr_json_string(&bench->json, "isa", best != NULL ? best->isa : NULL);
    tgr_bench_json_machine(&bench->json, &bench->machine);
    tgr_bench_text_machine(&bench->text, &bench->machine);
    tgr_json_array(&bench->json, "runs");
    status = bench_presets(bench, error);
    tgr_json_end_array(&bench->json);
    tgr_json_end_object(&bench->json);
    tgr_buffer_text(&bench->json_text, "\n");
    return status;
}

tgr_status tgr_bench(const tgr_bench_options *options, char **text, char **json, const tgr_run *run,
                     tgr_error *error)
{
    benching bench = {.caller = run};
    tgr_bench_options_init(&bench.options);
    tgr_status status = tgr_options_copy(&bench.options, sizeof bench.options, options, error);
    if (status == TGR_OK) {
        status = bench_all(&bench, error);
    }
    tgr_mem_free_aligned(bench.stream);
    tgr_team_close(&bench.team);
    if (status == TGR_OK && (bench.text.failed || bench.json_text.failed)) {
        status = tgr_fail_memory(error, "the report");
    }
    char **const outputs[] = {text, json};
    tgr_buffer *const buffers[] = {&bench.text, &bench.json_text};
    for (size_t i = 0; i < 2; i++) {
        if (outputs[i] != NULL) {
            *outputs[i] = status == TGR_OK ? buffers[i]->bytes : NULL;
        }
        if (outputs[i] == NULL || status != TGR_OK) {
            tgr_buffer_free(buffers[i]);
        }
    }
    return status;
}
