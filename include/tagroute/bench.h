/* bench.h - how fast the kernels run on this machine, beside what the machine could do at most.
 *
 * Queries are made in memory (or read from files once), then every variant is timed over them in
 * turn, round after round, so that whatever else the machine does falls on all alike. Beside the
 * variants run measured limits (read bandwidth; a kernel that only reads and adds; one that decides
 * as well, on rows all of the same length) and loops as anybody would write them. Every variant's
 * decisions are compared with the reference in every run.
 */
#ifndef TAGROUTE_BENCH_H
#define TAGROUTE_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/router.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers that are 0 and texts that are NULL are the preset's. */
typedef struct tgr_bench_options {
    size_t size;                /* sizeof(tgr_bench_options) */
    const char *const *presets; /* NULL: "main", or the files' own shape where there are some */
    size_t preset_count;
    uint64_t queries;
    uint32_t tags, models;
    uint32_t min_tags, max_tags; /* of a query */
    double zipf;                 /* negative: the preset's */
    uint64_t seed;
    const char *policy; /* "argmax", "margin", "utility", "slack" */
    size_t thresholds;  /* in one call */
    const char *values; /* "ones", "u8", "u16", "f32" */
    const char *index;  /* "u16", "u32" */
    const char *isa;    /* a variant's name; NULL: TAGROUTE_ISA's, else every one that runs here */
    const char *only;   /* times what has this in its name, and nothing else */
    const int *threads; /* thread counts, one measurement each; NULL: one, and all there are */
    size_t thread_count;
    unsigned repeats, warmup;
    double seconds;            /* no new round after these for one shape; at least three rounds */
    bool processor_time;       /* figures by the time of processors, not by the clock on the wall */
    const char *const *inputs; /* query files in place of made-up queries */
    size_t input_count;
    const tgr_router *router; /* of the inputs */
    const char *dump;         /* a folder to write the first shape's arrays into */
} tgr_bench_options;

/* Defaults: everything the preset's. */
TGR_API void tgr_bench_options_init(tgr_bench_options *options);

/* Measures. *text (aligned tables) and *json (one object) may be NULL, else are the caller's, freed
 * with tgr_free. run->threads is not used: threads are pinned, one a processor, and the calling
 * thread's affinity is put back afterwards.
 *
 * TGR_ERR_ARGUMENT for unknown names, options out of range and a variant that does not run here.
 * TGR_ERR_INTERNAL where some variant decides otherwise than the reference: no figure is given. */
TGR_API tgr_status tgr_bench(const tgr_bench_options *options, char **text, char **json,
                             const tgr_run *run, tgr_error *error);

/* The name and purpose of a preset; NULL behind the last. Static storage. */
TGR_API const char *tgr_bench_preset(size_t number, const char **purpose);

#ifdef __cplusplus
}
#endif
#endif
