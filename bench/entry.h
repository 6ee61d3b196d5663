/* entry.h - one thing that is timed, and what it is asked to decide. */
#ifndef TGR_BENCH_ENTRY_H
#define TGR_BENCH_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "bench/data.h"
#include "bench/limits.h"
#include "bench/plain.h"
#include "bench/shape.h"
#include "bench/team.h"

typedef enum tgr_bench_kind {
    TGR_BENCH_READ,    /* a streaming sum over memory that no cache holds */
    TGR_BENCH_TOUCH,   /* reads and adds, on rows all of one length */
    TGR_BENCH_CEILING, /* the same, and decides */
    TGR_BENCH_ROUTE,   /* the kernels */
    TGR_BENCH_DENSELY, /* rows written out in full and multiplied */
    TGR_BENCH_PLAIN,   /* the loop that somebody would write */
    TGR_BENCH_VECTORISED,
    TGR_BENCH_COUNT /* fit's counting pass */
} tgr_bench_kind;

/* What is decided. Entries of one question must give the same decisions. */
typedef struct tgr_bench_question {
    tgr_bench_policy policy;
    size_t threshold_count;
    bool tokens, masked;
    double *thresholds;

    int16_t *expected; /* decisions of the sample, by the reference; check.h */
    uint64_t hash;     /* of all decisions of the first entry that was run; 0 before */
} tgr_bench_question;

typedef struct tgr_bench_entry {
    char name[64];
    tgr_bench_kind kind;
    const char *isa;
    int threads;
    bool narrow;
    bool dropped;    /* not wanted; plan.c */
    size_t question; /* of the run */

    const tgr_kernels *kernels; /* route, densely, count */
    const tgr_limits *limits;   /* read, touch, ceiling */
    const tgr_plain *plain;     /* plain, vectorised */

    struct tgr_bench_counting *counting; /* count; count.h */
    struct tgr_bench_densely *densely;   /* densely; densely.h */

    unsigned passes; /* over the data, timed as one where a single pass is too short to time */
    double *seconds; /* a round each: of one pass */
    double *busy;    /* likewise: seconds that threads were on a processor, each's share */
    uint64_t seen;   /* what the limits' kernels returned */
} tgr_bench_entry;

/* How much faster one entry is than another: compared round by round. */
typedef struct tgr_bench_ratio {
    char name[64];
    size_t entry, base;
} tgr_bench_ratio;

/* One shape being measured. */
typedef struct tgr_bench_run {
    tgr_bench_shape shape;
    tgr_bench_data data;
    tgr_team team;
    const int *threads;
    size_t thread_count;
    const char *isa;  /* the only variant wanted, or NULL */
    const char *only; /* a part of the names of what is wanted, or NULL */

    tgr_bench_question *questions;
    size_t question_count, question_capacity;
    tgr_bench_entry *entries;
    size_t entry_count, entry_capacity;
    tgr_bench_ratio *ratios;
    size_t ratio_count, ratio_capacity;

    unsigned warmup, repeats; /* wanted; then repeats as they were */
    double budget;            /* seconds */
    bool processor_time;      /* times are of processors, not of the clock on the wall */
    size_t sample_rows;       /* compared with the reference */

    char *scratch; /* threads x scratch_each */
    size_t scratch_each;
    uint64_t *stream; /* what `read` reads */
    size_t stream_words;
} tgr_bench_run;

/* plan.c: fills questions, entries and ratios as the shape's plan says. */
tgr_status tgr_bench_plan_make(tgr_bench_run *run, tgr_error *error);
/* What the questions need of the data. */
tgr_bench_needs tgr_bench_plan_needs(const tgr_bench_run *run);

/* execute.c: runs an entry once; the time it took. */
tgr_team_time tgr_bench_execute(tgr_bench_run *run, tgr_bench_entry *entry);
/* The decider of a question over the run's data. */
tgr_decider tgr_bench_decider(const tgr_bench_run *run, const tgr_bench_question *question);

/* measure.c: warm-up with every check, then rounds. */
tgr_status tgr_bench_measure(tgr_bench_run *run, const tgr_run *caller, tgr_error *error);

/* check.c: TGR_ERR_INTERNAL where what the entry has just decided is not the reference's. */
tgr_status tgr_bench_check_prepare(tgr_bench_run *run, tgr_error *error);
tgr_status tgr_bench_check(tgr_bench_run *run, const tgr_bench_entry *entry, tgr_error *error);

#endif
