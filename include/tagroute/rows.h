/* rows.h - queries in the caller's memory: decided upon where they lie, or saved as a query file.
 *
 * For programs that have tag counts as CSR already, such as Python with SciPy. The functions keep
 * no state and may be called from several threads at once; a router may be shared by them as long
 * as nobody changes its prices.
 */
#ifndef TAGROUTE_ROWS_H
#define TAGROUTE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/policy.h>
#include <tagroute/router.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tgr_number_type {
    TGR_NUMBER_U8 = 1,
    TGR_NUMBER_U16,
    TGR_NUMBER_U32,
    TGR_NUMBER_U64,
    TGR_NUMBER_I8,
    TGR_NUMBER_I16,
    TGR_NUMBER_I32,
    TGR_NUMBER_I64,
    TGR_NUMBER_F32,
    TGR_NUMBER_F64
} tgr_number_type;

/* Numbers in the machine's byte order, aligned as their type asks. */
typedef struct tgr_numbers {
    const void *data;
    uint64_t count;
    tgr_number_type type;
} tgr_numbers;

/* Sparse tag counts, rows x columns: row r holds entries indptr[r] .. indptr[r + 1]. All of it is
 * the caller's and only read. Columns out of order are sorted, doubled ones summed and zeros
 * dropped, in copies of the blocks concerned; that done, a row has at most 2^32 - 1 entries. */
typedef struct tgr_rows {
    size_t size; /* sizeof(tgr_rows) */
    uint64_t rows;
    uint32_t columns;
    tgr_numbers indptr;  /* rows + 1 integers, the first 0, none less than the one before */
    tgr_numbers indices; /* at least indptr[rows] integers, each 0 .. columns - 1 */
    tgr_numbers counts; /* as many numbers; finite; used as float32. Read in place as TGR_NUMBER_U8,
                         * U16 and F32, if indices are 32 bits wide; converted by block otherwise */
    const char *const
        *tags; /* columns distinct names (UTF-8); NULL: the router's tags in its order */
    const double *prompt_tokens; /* rows: at least 0, NaN unknown; or NULL */
    const uint8_t *eligible; /* rows x the router's models: 0 where a model may not serve a query;
                              * or NULL. For tgr_decide_rows */
} tgr_rows;

typedef struct tgr_decide_options {
    size_t size; /* sizeof(tgr_decide_options) */
    tgr_policy policy;
    const double *thresholds; /* decided in one call */
    size_t threshold_count;   /* at least 1 */
    const char *fallback; /* NULL, or the model of queries without a known tag or eligible model */
    const double *costs;  /* the router's models: USD a query, in place of all that the router knows
                           * of  a model's cost; NaN: what the router knows; or NULL */
} tgr_decide_options;

/* Where results go: arrays of the caller's, row-major; NULL where one is not wanted. */
typedef struct tgr_decided {
    size_t size;    /* sizeof(tgr_decided) */
    int16_t *model; /* rows x thresholds: the router's number, -1: no model may serve the query */
    float *margin;  /* rows x thresholds: the rule's own difference at the decision, as decision
                     * files  have it; NaN where there is none */
    double *cost;   /* rows x thresholds: expected USD of the model chosen; NaN where not known */
    float *score;   /* rows x models: S, in the router's order of models */
} tgr_decided;

typedef struct tgr_decided_counts {
    uint64_t no_known_tag; /* queries none of whose tags the router knows */
    uint64_t fell_back;    /* queries that went to the fallback */
    uint64_t undecided;    /* no eligible model and no fallback */
    uint64_t unknown_tags; /* columns that the router does not know */
} tgr_decided_counts;

/* Defaults: margin, no thresholds (the caller sets them), no fallback, the router's costs. */
TGR_API void tgr_decide_options_init(tgr_decide_options *options);

/* Scores and decides all rows: the same bits as tgr_route on a query file that holds them. Beside
 * the results it needs memory for a block of rows a thread only. `counts` and `run` may be NULL.
 * TGR_ERR_ARGUMENT for arrays that are missing, short or of a type that does not fit, and where the
 * policy needs a cost that is not known; TGR_ERR_INPUT for numbers out of range, naming the row.
 * Results are not defined unless it succeeds. */
TGR_API tgr_status tgr_decide_rows(const tgr_router *router, const tgr_rows *rows,
                                   const tgr_decide_options *options, const tgr_decided *decided,
                                   tgr_decided_counts *counts, const tgr_run *run,
                                   tgr_error *error);

/* Codes into distinct names, such as a column of splits. */
typedef struct tgr_codes {
    const int32_t *codes; /* rows: index of a name, -1 missing; NULL: there is no such column */
    const char *const *names;
    size_t name_count;
} tgr_codes;

/* What is known of rows beside their tags. Whatever is NULL is not known. */
typedef struct tgr_row_facts {
    size_t size;            /* sizeof(tgr_row_facts) */
    const char *const *ids; /* rows; NULL: their numbers, from 0 */
    tgr_codes split, category;
    const char *const *models; /* model_count distinct names, of the columns below */
    size_t model_count;
    const float *score; /* rows x model_count, NaN missing; likewise the next two */
    const float *cost;  /* USD */
    const float *completion_tokens;
    const int8_t *outcome;  /* rows x model_count: -1 missing, 0 loss, 1 tie, 2 win */
    bool compress, compact; /* as tgr_ingest_options has them */
    const double *weight;   /* rows: how many queries each stands for, 2^-20 to 2^20; NaN: 1 */
} tgr_row_facts;

/* Writes rows as a query file, atomically: what tgr_fit, tgr_simulate and tgr_route read.
 * rows->tags must be there; rows->eligible is not written and must be NULL. `facts` may be NULL.
 * Errors as tgr_decide_rows, and TGR_ERR_IO. */
TGR_API tgr_status tgr_save_rows(const tgr_rows *rows, const tgr_row_facts *facts, const char *path,
                                 const tgr_run *run, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
