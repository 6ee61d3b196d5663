/* report_text.c - aligned tables. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "bench/report.h"

static const char *size_text(char text[32], uint64_t bytes)
{
    if (bytes == 0) {
        snprintf(text, 32, "unknown");
    } else if (bytes >= UINT64_C(1) << 30) {
        snprintf(text, 32, "%.1f GB", (double)bytes / (double)(UINT64_C(1) << 30));
    } else if (bytes >= UINT64_C(1) << 20) {
        snprintf(text, 32, "%.1f MB", (double)bytes / (double)(UINT64_C(1) << 20));
    } else {
        snprintf(text, 32, "%.0f KB", (double)bytes / 1024);
    }
    return text;
}

void tgr_bench_text_machine(tgr_buffer *text, const tgr_machine *machine)
{
    char a[32], b[32], c[32];
    tgr_buffer_format(text, "%s\n", machine->cpu[0] != '\0' ? machine->cpu : "unknown processor");
    tgr_buffer_format(text,
                      "  %d of %d processors, %d cores, %d thread%s a core, %d socket%s, "
                      "%d memory node%s\n",
                      machine->allowed, machine->online, machine->cores, machine->threads_per_core,
                      machine->threads_per_core == 1 ? "" : "s", machine->sockets,
                      machine->sockets == 1 ? "" : "s", machine->numa_nodes,
                      machine->numa_nodes == 1 ? "" : "s");
    tgr_buffer_format(text, "  caches %s, %s, %s", size_text(a, machine->cache[0]),
                      size_text(b, machine->cache[1]), size_text(c, machine->cache[2]));
    tgr_buffer_format(text, "; memory %s", size_text(a, machine->memory));
    if (machine->memory_limit > 0) {
        tgr_buffer_format(text, ", of which %s are this group's",
                          size_text(a, machine->memory_limit));
    }
    if (machine->processor_limit > 0) {
        tgr_buffer_format(text, "; processor time limited to %.2f processors",
                          machine->processor_limit);
    }
    tgr_buffer_format(text, "\n  frequency governor %s, huge pages %s\n",
                      machine->governor[0] != '\0' ? machine->governor : "unknown",
                      machine->huge_pages[0] != '\0' ? machine->huge_pages : "unknown");
}

static const char *number(char text[24], const char *format, double value)
{
    if (isnan(value)) {
        return "-";
    }
    snprintf(text, 24, format, value);
    return text;
}

static void text_entry(tgr_buffer *text, const tgr_bench_run *run, const tgr_bench_entry *entry,
                       double *room)
{
    tgr_bench_figures figures = tgr_bench_figures_of(run, entry, room);
    char a[24], b[24], c[24], d[24], e[24], f[24], g[24], h[24];
    tgr_buffer_format(text, "  %-30s %4d %9s %9s %9s %8s %8s %8s %8s %6s\n", entry->name,
                      entry->threads, number(a, "%.1f", figures.rate / 1e6),
                      number(b, "%.1f", figures.least / 1e6), number(c, "%.1f", figures.most / 1e6),
                      number(d, "%.1f", figures.bytes_per_second / 1e9),
                      number(e, "%.2f", figures.of_touch), number(f, "%.2f", figures.of_ceiling),
                      number(g, "%.2f", figures.of_read), number(h, "%.2f", figures.busy));
}

void tgr_bench_text_run(tgr_buffer *text, const tgr_bench_run *run, double *room)
{
    const tgr_bench_data *data = &run->data;
    tgr_buffer_format(text,
                      "\n%s: %zu queries, %zu tags, %.2f a query, %zu models, values %s, policy "
                      "%s; %u rounds\n",
                      run->shape.name, data->rows, data->columns,
                      (double)tgr_bench_entries(data) / (double)data->rows, data->models,
                      tgr_bench_values_name(run->shape.values),
                      tgr_bench_policy_name(run->shape.policy), run->repeats);
    tgr_buffer_format(text, "  %-30s %4s %9s %9s %9s %8s %8s %8s %8s %6s\n", "", "thr.", "Mq/s",
                      "least", "most", "GB/s", ":touch", ":ceiling", ":read", "busy");
    for (size_t i = 0; i < run->entry_count; i++) {
        text_entry(text, run, &run->entries[i], room);
    }
    for (size_t i = 0; i < run->ratio_count; i++) {
        tgr_bench_times times = tgr_bench_ratio_of(run, &run->ratios[i], room);
        const tgr_bench_entry *entry = &run->entries[run->ratios[i].entry];
        tgr_buffer_format(text, "  %-46s %2d threads %7.2f  (%.2f to %.2f)\n", run->ratios[i].name,
                          entry->threads, times.median, times.least, times.most);
    }
    tgr_buffer_format(text, "  decisions of %zu sampled queries are the reference's\n",
                      run->sample_rows);
}
