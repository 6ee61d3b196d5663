/* report_json.c - everything for programs, times of every round included. */
#include <inttypes.h>
#include <stdio.h>

#include "bench/report.h"

static void json_size(tgr_json *json, const char *key, uint64_t value)
{
    if (value > 0) {
        tgr_json_unsigned(json, key, value);
    } else {
        tgr_json_string(json, key, NULL);
    }
}

static void json_text(tgr_json *json, const char *key, const char *text)
{
    tgr_json_string(json, key, text[0] != '\0' ? text : NULL);
}

void tgr_bench_json_machine(tgr_json *json, const tgr_machine *machine)
{
    tgr_json_object(json, "machine");
    json_text(json, "cpu", machine->cpu);
    json_size(json, "processors_online", (uint64_t)machine->online);
    json_size(json, "processors_allowed", (uint64_t)machine->allowed);
    json_size(json, "cores", (uint64_t)machine->cores);
    json_size(json, "threads_per_core", (uint64_t)machine->threads_per_core);
    json_size(json, "sockets", (uint64_t)machine->sockets);
    json_size(json, "numa_nodes", (uint64_t)machine->numa_nodes);
    tgr_json_array(json, "cache_bytes");
    for (int i = 0; i < 3; i++) {
        json_size(json, NULL, machine->cache[i]);
    }
    tgr_json_end_array(json);
    json_size(json, "memory_bytes", machine->memory);
    json_size(json, "group_memory_bytes", machine->memory_limit);
    if (machine->processor_limit > 0) {
        tgr_json_number(json, "group_processors", machine->processor_limit);
    } else {
        tgr_json_string(json, "group_processors", NULL);
    }
    json_text(json, "governor", machine->governor);
    json_text(json, "huge_pages", machine->huge_pages);
    tgr_json_end_object(json);
}

static const char *const kind_names[] = {
    [TGR_BENCH_READ] = "read",
    [TGR_BENCH_TOUCH] = "touch",
    [TGR_BENCH_CEILING] = "ceiling",
    [TGR_BENCH_ROUTE] = "route",
    [TGR_BENCH_DENSELY] = "dense",
    [TGR_BENCH_PLAIN] = "plain",
    [TGR_BENCH_VECTORISED] = "vectorised",
    [TGR_BENCH_COUNT] = "count",
};

static void json_question(tgr_json *json, const tgr_bench_question *question)
{
    tgr_json_object(json, "question");
    tgr_json_string(json, "policy", tgr_bench_policy_name(question->policy));
    tgr_json_unsigned(json, "thresholds", question->threshold_count);
    tgr_json_boolean(json, "token_costs", question->tokens);
    tgr_json_boolean(json, "masks", question->masked);
    tgr_json_end_object(json);
}

static void json_rounds(tgr_json *json, const char *key, const double *values, unsigned count)
{
    tgr_json_array(json, key);
    for (unsigned i = 0; i < count; i++) {
        tgr_json_number(json, NULL, values[i]);
    }
    tgr_json_end_array(json);
}

static void json_entry(tgr_json *json, const tgr_bench_run *run, const tgr_bench_entry *entry,
                       double *room)
{
    const tgr_bench_question *question = &run->questions[entry->question];
    tgr_bench_figures figures = tgr_bench_figures_of(run, entry, room);
    tgr_json_object(json, NULL);
    tgr_json_string(json, "name", entry->name);
    tgr_json_string(json, "kind", kind_names[entry->kind]);
    tgr_json_string(json, "isa", entry->isa);
    tgr_json_unsigned(json, "threads", (uint64_t)entry->threads);
    if (entry->kind != TGR_BENCH_READ) {
        tgr_json_string(json, "index", entry->narrow ? "u16" : "u32");
        json_question(json, question);
    }
    tgr_json_number(json, "queries_per_second", figures.rate);
    tgr_json_number(json, "least", figures.least);
    tgr_json_number(json, "most", figures.most);
    tgr_json_number(json, "bytes_per_second", figures.bytes_per_second);
    tgr_json_number(json, "share_of_touch", figures.of_touch);
    tgr_json_number(json, "share_of_ceiling", figures.of_ceiling);
    tgr_json_number(json, "share_of_read", figures.of_read);
    tgr_json_number(json, "busy", figures.busy);
    json_rounds(json, "seconds", entry->seconds, run->repeats);
    json_rounds(json, "busy_seconds", entry->busy, run->repeats);
    if (entry->kind >= TGR_BENCH_ROUTE && entry->kind != TGR_BENCH_COUNT) {
        char hash[24];
        snprintf(hash, sizeof hash, "%016" PRIx64, question->hash);
        tgr_json_string(json, "decisions", hash);
    }
    tgr_json_end_object(json);
}

static void json_shape(tgr_json *json, const tgr_bench_run *run)
{
    const tgr_bench_data *data = &run->data;
    tgr_json_object(json, "shape");
    tgr_json_unsigned(json, "queries", data->rows);
    tgr_json_unsigned(json, "tags", data->columns);
    tgr_json_unsigned(json, "models", data->models);
    tgr_json_unsigned(json, "nonzeros", tgr_bench_entries(data));
    tgr_json_number(json, "tags_per_query", (double)tgr_bench_entries(data) / (double)data->rows);
    tgr_json_string(json, "values", tgr_bench_values_name(run->shape.values));
    tgr_json_number(json, "zipf", run->shape.zipf);
    tgr_json_unsigned(json, "seed", run->shape.seed);
    tgr_json_unsigned(json, "limit_length", data->length);
    tgr_json_end_object(json);
}

void tgr_bench_json_run(tgr_json *json, const tgr_bench_run *run, double *room)
{
    tgr_json_object(json, NULL);
    tgr_json_string(json, "preset", run->shape.preset);
    tgr_json_string(json, "name", run->shape.name);
    json_shape(json, run);
    tgr_json_unsigned(json, "rounds", run->repeats);
    tgr_json_array(json, "entries");
    for (size_t i = 0; i < run->entry_count; i++) {
        json_entry(json, run, &run->entries[i], room);
    }
    tgr_json_end_array(json);
    tgr_json_array(json, "ratios");
    for (size_t i = 0; i < run->ratio_count; i++) {
        const tgr_bench_ratio *ratio = &run->ratios[i];
        tgr_bench_times times = tgr_bench_ratio_of(run, ratio, room);
        tgr_json_object(json, NULL);
        tgr_json_string(json, "name", ratio->name);
        tgr_json_string(json, "entry", run->entries[ratio->entry].name);
        tgr_json_string(json, "base", run->entries[ratio->base].name);
        tgr_json_unsigned(json, "threads", (uint64_t)run->entries[ratio->entry].threads);
        tgr_json_number(json, "median", times.median);
        tgr_json_number(json, "least", times.least);
        tgr_json_number(json, "most", times.most);
        tgr_json_end_object(json);
    }
    tgr_json_end_array(json);
    tgr_json_object(json, "check");
    tgr_json_unsigned(json, "sampled_queries", run->sample_rows);
    tgr_json_boolean(json, "passed", true);
    tgr_json_end_object(json);
    tgr_json_end_object(json);
}
