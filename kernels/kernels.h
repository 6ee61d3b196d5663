/* kernels.h - the private contract between the engine and the kernels.
 *
 * Kernels know nothing of files, threads, policies' names or allocation. They trust their
 * arguments: whoever calls has validated them. They never fail.
 *
 * Scores. S[q,k] = b[k] + sum over the row's entries, in the order stored, of x * W[t,k], all
 * float32, one fused multiply-add an entry, starting from b[k]. Every variant gives the same bits.
 *
 * Ties. Models are passed in *preference order*: where a rule leaves several models equal, the one
 * with the lowest index wins. The engine permutes models so that this is "lower mean cost, then
 * lower index" of the contract, and maps the choice back.
 *
 * Signed zeros compare equal. W, b and x are finite, but sums may overflow to an infinity and their
 * differences to NaN: a comparison with NaN is false, so a NaN never wins.
 *
 * No model. A query with no eligible model gets TGR_UNDECIDED.
 */
#ifndef TGR_KERNELS_H
#define TGR_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define TGR_UNDECIDED  (-1)
#define TGR_MODELS_MAX 1024 /* of one router */

typedef enum tgr_value_type { TGR_U8 = 0, TGR_U16 = 1, TGR_F32 = 2 } tgr_value_type;

/* Rows of sparse counts. Row r holds entries indptr[r] .. indptr[r + 1]. */
typedef struct tgr_csr {
    size_t rows;
    const int64_t
        *indptr; /* rows + 1, indptr[0] may be any number: entries are numbered from there */
    const uint32_t *indices; /* column of each entry, from entry 0 */
    const void *values;      /* of value_type, from entry 0 */
    tgr_value_type value_type;
    const uint16_t *narrow; /* not NULL: the columns as 16-bit numbers, and `indices` is not read */
} tgr_csr;

static inline size_t tgr_csr_column(const tgr_csr *x, int64_t entry)
{
    return x->narrow != NULL ? x->narrow[entry] : x->indices[entry];
}

/* W and b. */
typedef struct tgr_weights {
    size_t models;
    size_t stride;        /* floats from one row of `weights` to the next, >= models */
    const float *weights; /* columns x stride */
    const float *bias;    /* models */
} tgr_weights;

typedef enum tgr_rule { TGR_RULE_MARGIN, TGR_RULE_UTILITY, TGR_RULE_SLACK } tgr_rule;

/* What a decision needs beside the scores. Arrays of per-row data start at row 0 of the block. */
typedef struct tgr_decider {
    tgr_rule rule;
    size_t models;
    size_t reference; /* margin */
    const double *thresholds;
    size_t threshold_count;

    /* Expected cost c_qk, USD: where price_in is not NULL, the row's prompt_tokens are known (not
     * NaN) and price_in[k] is not NaN: fma(prompt_tokens[q], price_in[k], price_out[k]); else
     * flat[k]. NULL flat: the rule needs no cost (margin; utility with every lambda 0). */
    const double *flat;          /* models */
    const double *price_in;      /* models, USD a prompt token; may be NULL */
    const double *price_out;     /* models, USD of the expected completion */
    const double *prompt_tokens; /* rows; may be NULL */

    /* Bit k % 64 of word k / 64 of a row's mask: model k may serve it. NULL: all may serve all. */
    const uint64_t *eligible; /* rows x mask_words */
    size_t mask_words;        /* (models + 63) / 64 */
} tgr_decider;

/* Where decisions go. margin: the rule's own difference at the decision, NaN where there is none
 * (margin: S_m - S_L; utility: gap to the runner-up, as float; slack: max S - S of the chosen). */
typedef struct tgr_choice {
    int16_t *model; /* rows x threshold_count */
    float *margin;  /* rows x threshold_count, or NULL */
} tgr_choice;

/* What the counting pass of fit is given beside X: every entry of a row adds its value to its slot
 * of a table, in the lane 3 * model + outcome of each judged model. Lanes are unsigned integers of
 * 2 or 4 bytes where values are integers; where they are TGR_F32, signed ones of 8 bytes, and each
 * value is first rounded to a multiple of 2^-40, to nearest, and counted in those units (it is at
 * most 2^22 in size). Lanes wrap: whoever calls sees to it that none that matters does. */
typedef struct tgr_counting {
    size_t models;
    const int8_t *outcomes; /* rows x models: -1 not judged, 0 loss, 1 tie, 2 win; from row 0 */
    const uint32_t *slots;  /* of columns; several may share one */
    size_t lane_size;       /* 2, 4 or 8 */
    void *table;            /* slots x tgr_count_stride(models, lane_size), aligned to 64 */
} tgr_counting;

/* Lanes of one slot, 3 * models and some that stay as they are: a quarter or half of a cache line,
 * or whole ones. */
static inline size_t tgr_count_stride(size_t models, size_t lane_size)
{
    size_t bytes = 3 * models * lane_size;
    bytes = bytes <= 16 ? 16 : bytes <= 32 ? 32 : (bytes + 63) / 64 * 64;
    return bytes / lane_size;
}

/* What is recorded of some rows, row after row as it is stored. A score or cost may be NaN, and an
 * outcome -1: not known. */
typedef struct tgr_answer_rows {
    const uint32_t *rows; /* numbers */
    size_t count;         /* up to TGR_ANSWER_ROWS */
    const float *cost, *score;
    const int8_t *outcome; /* each NULL where nothing is recorded */
    size_t stride;         /* from one row to the next */
    size_t total; /* values there are of each, of all rows: some behind a row may be read */
    const int32_t *column; /* of each model within a row; -1: it has none */
} tgr_answer_rows;

/* What is odd about them: TGR_SOME_... bits. */
typedef struct tgr_answer_gaps {
    unsigned cost, score, outcome;
} tgr_answer_gaps;

#define TGR_SOME_UNKNOWN 1u
#define TGR_SOME_LARGE   2u        /* beyond TGR_ANSWER_LIMIT in size */
#define TGR_ANSWER_LIMIT 4194304.0 /* 2^22 */

/* How models answered some rows, a column of doubles a model: what simulating sums. */
#define TGR_ANSWER_ROWS 128 /* at most, and from one model's column to the next's */

typedef struct tgr_answer_columns {
    size_t models;
    size_t rows;           /* a multiple of 8; nothing is known of rows that only fill up */
    const double *cost;    /* USD, NaN not known; its size at most 2^22, as that of scores */
    const double *score;   /* NaN not known */
    const double *outcome; /* -1 not known, 0 loss, 1 tie, 2 win */
    const double *bar;     /* -INFINITY where a model may not serve a row, else 0 */
    size_t bar_stride;     /* 0: one column for all models */
} tgr_answer_columns;

/* Sums over the rows of one column, whole numbers below 2^53: a term is cut to a multiple of 2^-64,
 * towards zero, and what that leaves out is lost; high counts 2^-20, low the rest in 2^-64. */
typedef struct tgr_answer_sums {
    double cost_high, cost_low, score_high, score_low;
    double costed, scored, judged, accepted; /* known costs, scores, outcomes; ties and wins */
} tgr_answer_sums;

/* Of each row the answer of highest quality, of those the cheapest (known costs before unknown
 * ones), of those the first; quality is -INFINITY where no model may serve the row, -DBL_MAX where
 * it is not known of any that may. */
typedef struct tgr_best_answers {
    double quality[TGR_ANSWER_ROWS], cost[TGR_ANSWER_ROWS];
    double score[TGR_ANSWER_ROWS], outcome[TGR_ANSWER_ROWS];
} tgr_best_answers;

/* One answer to each row, with how it ranks: 1 + models that may serve the row and are better; 0
 * where it is not known. */
typedef struct tgr_ranked_answers {
    const double *cost, *score, *outcome, *score_rank, *outcome_rank;
} tgr_ranked_answers;

/* What changes where each row goes from one answer to another. */
typedef struct tgr_answer_changes {
    int64_t cost_high[TGR_ANSWER_ROWS], cost_low[TGR_ANSWER_ROWS]; /* as in tgr_answer_sums */
    int64_t score_high[TGR_ANSWER_ROWS], score_low[TGR_ANSWER_ROWS];
    int32_t score_rank[TGR_ANSWER_ROWS], outcome_rank[TGR_ANSWER_ROWS];
    int32_t costed[TGR_ANSWER_ROWS], scored[TGR_ANSWER_ROWS]; /* 1, 0 or -1 */
    int32_t judged[TGR_ANSWER_ROWS], accepted[TGR_ANSWER_ROWS];
} tgr_answer_changes;

/* Scores of some rows, of any order: rows[i] is read from scores + (rows[i] - first) * stride. */
typedef struct tgr_scored_rows {
    const uint32_t *rows;
    size_t count; /* up to TGR_ANSWER_ROWS */
    const float *scores;
    size_t first, stride;
    size_t total; /* floats there are at `scores`: some behind a row may be read */
} tgr_scored_rows;

/* Of each row the best model beside the reference, and the lowest threshold of rule margin that the
 * reference meets: the float32 next above S_m - S_L. */
typedef struct tgr_margins {
    int32_t other[TGR_ANSWER_ROWS];
    float at[TGR_ANSWER_ROWS];
} tgr_margins;

/* The stride that every variant takes for a number of models: rows of W are then whole vectors. */
static inline size_t tgr_weights_stride(size_t models)
{
    return models <= 4 ? 4 : models <= 8 ? 8 : (models + 15) / 16 * 16;
}

/* One variant: the same algorithm for one instruction set. `scratch` is tgr_kernels_scratch(models)
 * bytes, aligned to 64, a thread's own. weights.weights is aligned to 64, its stride
 * tgr_weights_stride(models) with zeros behind the last model, columns * stride below 2^32. */
typedef struct tgr_kernels {
    const char *isa;
    /* Scores and decides rows [begin, end); choice is indexed by row. */
    void (*route)(const tgr_csr *x, const tgr_weights *w, const tgr_decider *decider, size_t begin,
                  size_t end, void *scratch, const tgr_choice *choice);
    /* Scores of rows [begin, end), undecided: scores[(r - begin) * w->stride + k], with anything
     * behind the last model. */
    void (*score)(const tgr_csr *x, const tgr_weights *w, size_t begin, size_t end, void *scratch,
                  float *scores);
    /* Decides rows [begin, end) given their scores: scores[(r - begin) * w->stride + k], aligned to
     * 64, with anything behind the last model. Of w only models, stride and bias are read. */
    void (*decide)(const tgr_weights *w, const tgr_decider *decider, float *scores, size_t begin,
                   size_t end, void *scratch, const tgr_choice *choice);
    /* Counts rows [begin, end). */
    void (*count)(const tgr_csr *x, const tgr_counting *counting, size_t begin, size_t end);
    /* Turns what is recorded into columns of answers, as tgr_answer_columns has them. */
    void (*take_answers)(const tgr_answer_rows *from, size_t models, double *cost, double *score,
                         double *outcome, tgr_answer_gaps *gaps);
    /* Sums `rows` answers of one column each. */
    void (*sum_answers)(const double *cost, const double *score, const double *outcome, size_t rows,
                        tgr_answer_sums *sums);
    /* The best answers by score, and by whether they are accepted. */
    void (*best_answers)(const tgr_answer_columns *columns, tgr_best_answers *by_score,
                         tgr_best_answers *by_acceptance);
    /* ranks[row] = 1 + models that may serve the row and whose value (columns->score or ->outcome)
     * is above values[row]; 0 where that is NaN or below `least`, and so not known. Returns their
     * sum. */
    double (*rank_answers)(const tgr_answer_columns *columns, const double *of,
                           const double *values, double least, double *ranks);
    /* The changes of `rows` rows, a multiple of 8. */
    void (*change_answers)(const tgr_ranked_answers *from, const tgr_ranked_answers *to,
                           size_t rows, tgr_answer_changes *changes);
    /* Margins of rows that two models and more may serve. Returns 0 where a score is not finite:
     * what then is written means nothing. */
    int (*margins)(const tgr_scored_rows *rows, size_t models, size_t reference,
                   tgr_margins *margins);
} tgr_kernels;

size_t tgr_kernels_scratch(size_t models);

/* The plain reference: short, obvious, slow. It defines what every other variant must return. */

/* Scores of rows [begin, end): scores[(r - begin) * stride + k], stride >= models. */
void tgr_ref_score(const tgr_csr *x, const tgr_weights *w, size_t begin, size_t end, float *scores,
                   size_t stride);

/* Decides rows [begin, end) given their scores (scores[0] is row begin's). */
void tgr_ref_decide(const tgr_decider *decider, const float *scores, size_t stride, size_t begin,
                    size_t end, const tgr_choice *choice);

/* Counts rows [begin, end). */
void tgr_ref_count(const tgr_csr *x, const tgr_counting *counting, size_t begin, size_t end);

/* Answers: as in tgr_kernels. */
void tgr_ref_take_answers(const tgr_answer_rows *from, size_t models, double *cost, double *score,
                          double *outcome, tgr_answer_gaps *gaps);
void tgr_ref_sum_answers(const double *cost, const double *score, const double *outcome,
                         size_t rows, tgr_answer_sums *sums);
void tgr_ref_best_answers(const tgr_answer_columns *columns, tgr_best_answers *by_score,
                          tgr_best_answers *by_acceptance);
double tgr_ref_rank_answers(const tgr_answer_columns *columns, const double *of,
                            const double *values, double least, double *ranks);
void tgr_ref_change_answers(const tgr_ranked_answers *from, const tgr_ranked_answers *to,
                            size_t rows, tgr_answer_changes *changes);
int tgr_ref_margins(const tgr_scored_rows *rows, size_t models, size_t reference,
                    tgr_margins *margins);

/* The expected cost of one model for one row, as tgr_decider says; NaN where it is not known. */
double tgr_ref_cost(const tgr_decider *decider, size_t row, size_t model);

#endif
