/* figures.c - from times to rates, shares and ratios; shares round by round, and then the median.
 */
#include <math.h>
#include <string.h>

#include "bench/report.h"
#include "bench/statistics.h"

/* Bytes that an entry must move through its memory, once. */
static double bytes_of(const tgr_bench_run *run, const tgr_bench_entry *entry)
{
    const tgr_bench_data *data = &run->data;
    if (entry->kind == TGR_BENCH_READ) {
        return (double)run->stream_words * sizeof *run->stream;
    }
    double bytes = (double)tgr_bench_entries(data) *
                   (double)((entry->narrow ? 2 : 4) + tgr_bench_value_size(data->value_type));
    bool limit = entry->kind == TGR_BENCH_TOUCH || entry->kind == TGR_BENCH_CEILING;
    double rows = (double)(limit ? data->limit_rows : data->rows);
    const tgr_bench_question *question = &run->questions[entry->question];
    if (!limit) {
        bytes += rows * sizeof *data->indptr;
        bytes += question->masked ? rows * 8.0 * (double)data->mask_words : 0;
        bytes += question->tokens ? rows * 8.0 : 0;
    }
    if (entry->kind == TGR_BENCH_COUNT) {
        bytes += rows * (double)data->models;
    } else if (entry->kind != TGR_BENCH_TOUCH) {
        bytes += rows * (limit ? 1 : (double)question->threshold_count) * sizeof *data->model;
    }
    return bytes;
}

/* The fastest entry of a kind beside this one: same threads, same columns; NULL: none. */
static const tgr_bench_entry *beside(const tgr_bench_run *run, const tgr_bench_entry *entry,
                                     tgr_bench_kind kind, double *room)
{
    const tgr_bench_entry *best = NULL;
    double least = INFINITY;
    for (size_t i = 0; i < run->entry_count; i++) {
        const tgr_bench_entry *other = &run->entries[i];
        bool columns = kind == TGR_BENCH_READ || other->narrow == entry->narrow;
        if (other->kind == kind && other->threads == entry->threads && columns) {
            double median = tgr_spread_of(other->seconds, run->repeats, room).median;
            best = median < least ? other : best;
            least = median < least ? median : least;
        }
    }
    return best;
}

/* Median over the rounds of (a's work a second) / (b's): work is queries, or bytes. */
static double share(const tgr_bench_run *run, const tgr_bench_entry *entry,
                    const tgr_bench_entry *limit, double work, double limit_work, double *room)
{
    if (limit == NULL) {
        return NAN;
    }
    double *shares = room + run->repeats;
    for (unsigned i = 0; i < run->repeats; i++) {
        shares[i] = work / entry->seconds[i] / (limit_work / limit->seconds[i]);
    }
    return tgr_spread_of(shares, run->repeats, room).median;
}

tgr_bench_figures tgr_bench_figures_of(const tgr_bench_run *run, const tgr_bench_entry *entry,
                                       double *room)
{
    tgr_spread seconds = tgr_spread_of(entry->seconds, run->repeats, room);
    double rows = (double)run->data.rows, bytes = bytes_of(run, entry);
    tgr_bench_figures figures = {
        .rate = rows / seconds.median,
        .least = rows / seconds.most,
        .most = rows / seconds.least,
        .bytes_per_second = bytes / seconds.median,
        .of_touch = NAN,
        .of_ceiling = NAN,
        .of_read = NAN,
    };
    for (unsigned i = 0; i < run->repeats; i++) {
        room[run->repeats + i] = entry->busy[i] / entry->seconds[i];
    }
    figures.busy = tgr_spread_of(room + run->repeats, run->repeats, room).median;
    const tgr_bench_entry *read = beside(run, entry, TGR_BENCH_READ, room);
    if (entry->kind == TGR_BENCH_READ) {
        figures.rate = figures.least = figures.most = NAN;
        return figures;
    }
    if (read != NULL) {
        figures.of_read = share(run, entry, read, bytes, bytes_of(run, read), room);
    }
    if (entry->kind != TGR_BENCH_TOUCH && entry->kind != TGR_BENCH_COUNT) {
        const tgr_bench_entry *touch = beside(run, entry, TGR_BENCH_TOUCH, room);
        figures.of_touch = share(run, entry, touch, 1, 1, room);
    }
    if (entry->kind > TGR_BENCH_CEILING && entry->kind != TGR_BENCH_COUNT) {
        const tgr_bench_entry *ceiling = beside(run, entry, TGR_BENCH_CEILING, room);
        figures.of_ceiling = share(run, entry, ceiling, 1, 1, room);
    }
    return figures;
}

tgr_bench_times tgr_bench_ratio_of(const tgr_bench_run *run, const tgr_bench_ratio *ratio,
                                   double *room)
{
    const double *entry = run->entries[ratio->entry].seconds;
    const double *base = run->entries[ratio->base].seconds;
    double *ratios = room + run->repeats;
    for (unsigned i = 0; i < run->repeats; i++) {
        ratios[i] = base[i] / entry[i];
    }
    tgr_spread spread = tgr_spread_of(ratios, run->repeats, room);
    return (tgr_bench_times){spread.median, spread.least, spread.most};
}
