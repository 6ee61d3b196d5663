/* io_report.c - rounds as rates, and each path's share of what limits it. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "bench/io.h"
#include "bench/statistics.h"

const char *tgr_io_path_name(tgr_io_path path)
{
    static const char *const names[TGR_IO_PATHS] = {
        [TGR_IO_READ] = "read",           [TGR_IO_INFLATE] = "inflate",
        [TGR_IO_UNSHUFFLE] = "unshuffle", [TGR_IO_CHECKSUM] = "checksum",
        [TGR_IO_KERNEL] = "kernel",       [TGR_IO_PASS] = "pass",
        [TGR_IO_ROUTE] = "route",
    };
    return names[path];
}

static double seconds(const tgr_io_result *result, unsigned round, tgr_io_path path)
{
    const tgr_io_time *time = &result->times[(size_t)round * TGR_IO_PATHS + path];
    return result->processor_time ? time->processor : time->wall;
}

/* The least time that a path can take, from what its parts took in the same round: NaN where it is
 * a part itself. Reading goes on beside the kernel, so that the slower of the two decides; bytes
 * that must be inflated wait for it on the same processors. */
static double limit(const tgr_io_result *result, unsigned round, tgr_io_path path)
{
    double read = seconds(result, round, TGR_IO_READ),
           kernel = seconds(result, round, TGR_IO_KERNEL);
    double undo = seconds(result, round, TGR_IO_INFLATE) + seconds(result, round, TGR_IO_UNSHUFFLE);
    if (path == TGR_IO_PASS) {
        return result->io->compressed ? undo : read;
    }
    if (path == TGR_IO_ROUTE) {
        return result->io->compressed ? undo + kernel : fmax(read, kernel);
    }
    return NAN;
}

typedef struct figures {
    tgr_spread time;
    double rate, bytes_per_second;
    double of_read, of_kernel, of_limit; /* medians of the rounds' shares */
} figures;

static double share(const tgr_io_result *result, tgr_io_path path, int of)
{
    double *values = result->room;
    for (unsigned i = 0; i < result->rounds; i++) {
        double best =
            of == TGR_IO_PATHS ? limit(result, i, path) : seconds(result, i, (tgr_io_path)of);
        values[i] = best / seconds(result, i, path);
    }
    bool whole = path == TGR_IO_PASS || path == TGR_IO_ROUTE;
    return whole ? tgr_spread_of(values, result->rounds, values + result->rounds).median : NAN;
}

static figures figures_of(const tgr_io_result *result, tgr_io_path path)
{
    const tgr_io_file *io = result->io;
    for (unsigned i = 0; i < result->rounds; i++) {
        result->room[i] = seconds(result, i, path);
    }
    figures made = {.time =
                        tgr_spread_of(result->room, result->rounds, result->room + result->rounds)};
    double bytes =
        (double)(path == TGR_IO_READ || path == TGR_IO_PASS || path == TGR_IO_ROUTE ? io->stored
                                                                                    : io->raw);
    made.rate = (double)io->file->rows / made.time.median;
    made.bytes_per_second = path == TGR_IO_KERNEL ? NAN : bytes / made.time.median;
    made.of_read = share(result, path, TGR_IO_READ);
    made.of_kernel = path == TGR_IO_ROUTE ? share(result, path, TGR_IO_KERNEL) : NAN;
    made.of_limit = share(result, path, TGR_IO_PATHS);
    return made;
}

static bool is_there(const tgr_io_file *io, tgr_io_path path)
{
    return io->compressed || (path != TGR_IO_INFLATE && path != TGR_IO_UNSHUFFLE);
}

/* ---- text -------------------------------------------------------------------------------------*/

void tgr_io_text_file(tgr_buffer *text, const tgr_io_file *io)
{
    tgr_buffer_format(text,
                      "\n%s (%s): %" PRIu64 " queries, %.2f tags a query; routing reads %.1f MB, "
                      "%.1f MB once undone\n",
                      io->name, io->compressed ? "compressed" : "contiguous", io->file->rows,
                      (double)io->file->nonzeros / (double)io->file->rows, (double)io->stored / 1e6,
                      (double)io->raw / 1e6);
    tgr_buffer_format(text, "  %-10s %4s %9s %9s %9s %8s %8s %8s %8s\n", "", "thr.", "Mq/s",
                      "least", "most", "GB/s", ":read", ":kernel", ":limit");
}

static const char *number(char text[24], const char *format, double value)
{
    if (isnan(value)) {
        return "-";
    }
    snprintf(text, 24, format, value);
    return text;
}

void tgr_io_text_result(tgr_buffer *text, const tgr_io_result *result)
{
    double queries = (double)result->io->file->rows / 1e6;
    for (int path = 0; path < TGR_IO_PATHS; path++) {
        char a[24], b[24], c[24], d[24];
        if (!is_there(result->io, (tgr_io_path)path)) {
            continue;
        }
        figures of = figures_of(result, (tgr_io_path)path);
        tgr_buffer_format(text, "  %-10s %4d %9.1f %9.1f %9.1f %8s %8s %8s %8s\n",
                          tgr_io_path_name((tgr_io_path)path), result->threads, of.rate / 1e6,
                          queries / of.time.most, queries / of.time.least,
                          number(a, "%.2f", of.bytes_per_second / 1e9),
                          number(b, "%.2f", of.of_read), number(c, "%.2f", of.of_kernel),
                          number(d, "%.2f", of.of_limit));
    }
}

/* ---- JSON -------------------------------------------------------------------------------------*/

static void json_times(tgr_json *json, const tgr_io_result *result, tgr_io_path path)
{
    tgr_json_array(json, "seconds");
    for (unsigned i = 0; i < result->rounds; i++) {
        tgr_json_number(json, NULL, result->times[(size_t)i * TGR_IO_PATHS + path].wall);
    }
    tgr_json_end_array(json);
    tgr_json_array(json, "processor_seconds");
    for (unsigned i = 0; i < result->rounds; i++) {
        tgr_json_number(json, NULL, result->times[(size_t)i * TGR_IO_PATHS + path].processor);
    }
    tgr_json_end_array(json);
}

static void json_path(tgr_json *json, const tgr_io_result *result, tgr_io_path path)
{
    figures of = figures_of(result, path);
    double queries = (double)result->io->file->rows;
    tgr_json_object(json, NULL);
    tgr_json_string(json, "name", tgr_io_path_name(path));
    tgr_json_integer(json, "threads", result->threads);
    tgr_json_number(json, "queries_per_second", of.rate);
    tgr_json_number(json, "least", queries / of.time.most);
    tgr_json_number(json, "most", queries / of.time.least);
    tgr_json_number(json, "bytes_per_second", of.bytes_per_second);
    tgr_json_number(json, "share_of_read", of.of_read);
    tgr_json_number(json, "share_of_kernel", of.of_kernel);
    tgr_json_number(json, "share_of_limit", of.of_limit);
    json_times(json, result, path);
    tgr_json_end_object(json);
}

void tgr_io_json_result(tgr_json *json, const tgr_io_result *result)
{
    const tgr_io_file *io = result->io;
    tgr_json_object(json, NULL);
    tgr_json_string(json, "preset", "io");
    tgr_json_string(json, "name", io->name);
    tgr_json_string(json, "layout", io->compressed ? "compressed" : "contiguous");
    tgr_json_unsigned(json, "queries", io->file->rows);
    tgr_json_unsigned(json, "nonzeros", io->file->nonzeros);
    tgr_json_unsigned(json, "stored_bytes", io->stored);
    tgr_json_unsigned(json, "raw_bytes", io->raw);
    tgr_json_unsigned(json, "rounds", result->rounds);
    tgr_json_string(json, "clock", result->processor_time ? "processor" : "wall");
    tgr_json_array(json, "entries");
    for (int path = 0; path < TGR_IO_PATHS; path++) {
        if (is_there(io, (tgr_io_path)path)) {
            json_path(json, result, (tgr_io_path)path);
        }
    }
    tgr_json_end_array(json);
    tgr_json_end_object(json);
}
