/* io.h - the way from a file to decisions, beside what each of its parts could do alone. */
#ifndef TGR_BENCH_IO_H
#define TGR_BENCH_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/bench.h>
#include <tagroute/router.h>
#include <tagroute/run.h>

#include "engine/base/buffer.h"
#include "engine/base/json_write.h"
#include "engine/router/serve.h"
#include "engine/store/query_read.h"

/* What is timed, each over all queries of a file. */
typedef enum tgr_io_path {
    TGR_IO_READ,      /* the bytes that routing reads, by plain reads */
    TGR_IO_INFLATE,   /* compressed files: chunks in memory, by libdeflate */
    TGR_IO_UNSHUFFLE, /* compressed files: as many bytes, in the cache */
    TGR_IO_CHECKSUM,  /* XXH3 of as many bytes, in the cache */
    TGR_IO_KERNEL,    /* scoring and deciding of queries in memory, as they are stored */
    TGR_IO_PASS,      /* the walk over the file: read, undo, check */
    TGR_IO_ROUTE,     /* the whole command, its output included */
    TGR_IO_PATHS
} tgr_io_path;

const char *tgr_io_path_name(tgr_io_path path);

/* Bytes that lie together in the file: a chunk, or a part of an array. */
typedef struct tgr_io_piece {
    uint64_t offset, stored; /* in the file */
    size_t raw;              /* bytes once all is undone */
    size_t element;          /* of the shuffle filter */
    bool deflated, shuffled;
    unsigned char *bytes; /* of a compressed one, in memory */
} tgr_io_piece;

/* One file, ready to be timed. */
typedef struct tgr_io_file {
    const char *path, *name;
    const tgr_router *router;
    const char *output; /* where routing writes */
    const volatile sig_atomic_t *cancel;

    tgr_query_file *file;
    unsigned want;
    int fd;
    tgr_io_piece *pieces;
    size_t piece_count, piece_capacity;
    size_t most; /* bytes of a piece, stored or raw */
    uint64_t stored, raw;
    bool compressed;

    tgr_batch *batches; /* all queries */
    size_t batch_count, batch_capacity;
    tgr_serve *serve;
    int16_t *model; /* of every query: where the kernel decides */
} tgr_io_file;

/* io_file.c: opens the file, finds its pieces and holds its queries in memory. Freed with
 * tgr_io_file_close in any case. */
tgr_status tgr_io_file_open(tgr_io_file *io, tgr_error *error);
void tgr_io_file_close(tgr_io_file *io);

typedef struct tgr_io_time {
    double wall, processor; /* seconds */
} tgr_io_time;

/* io_paths.c: does one of them once. */
tgr_status tgr_io_do(const tgr_io_file *io, tgr_io_path path, int threads, tgr_io_time *time,
                     tgr_error *error);

/* Made-up files in a folder of their own. */
typedef struct tgr_io_made {
    char *folder; /* in TMPDIR; with all that is in it gone after tgr_io_made_remove */
    char *plain, *compressed, *output;
    tgr_router *router;
} tgr_io_made;

/* io_make.c: queries 0: only the folder. */
tgr_status tgr_io_make(tgr_io_made *made, const tgr_bench_options *options, uint64_t queries,
                       const tgr_run *run, tgr_error *error);
void tgr_io_made_remove(tgr_io_made *made);

/* io_report.c: what a file's rounds amount to. times: paths x rounds, round by round. */
typedef struct tgr_io_result {
    const tgr_io_file *io;
    int threads;
    unsigned rounds;
    bool processor_time;
    const tgr_io_time *times;
    double *room; /* 2 x rounds */
} tgr_io_result;

void tgr_io_text_file(tgr_buffer *text, const tgr_io_file *io);
void tgr_io_text_result(tgr_buffer *text, const tgr_io_result *result);
void tgr_io_json_result(tgr_json *json, const tgr_io_result *result);

/* io.c: all of it. */
typedef struct tgr_io_bench {
    const tgr_bench_options *options;
    const int *threads;
    size_t thread_count;
    const tgr_run *run;
    tgr_buffer *text;
    tgr_json *json; /* within an array of runs */
} tgr_io_bench;

tgr_status tgr_bench_io(const tgr_io_bench *bench, tgr_error *error);

#endif
