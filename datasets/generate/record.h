/* record.h - what one query of a world is: pure functions of the world and the query's index. */
#ifndef TGR_GENERATE_RECORD_H
#define TGR_GENERATE_RECORD_H

#include "datasets/generate/world.h"

/* The tags of a query, ascending, each once. */
typedef struct tgr_gen_tags {
    uint32_t topic;
    uint32_t count;
    uint32_t ids[TGR_GEN_QUERY_TAGS_MAX];
    uint8_t counts[TGR_GEN_QUERY_TAGS_MAX]; /* 1, 2 or 3 */
} tgr_gen_tags;

typedef enum tgr_gen_outcome {
    TGR_GEN_NONE = -1,
    TGR_GEN_LOSS,
    TGR_GEN_TIE,
    TGR_GEN_WIN
} tgr_gen_outcome;

typedef struct tgr_gen_record {
    uint64_t index;
    tgr_gen_tags tags;
    bool train; /* 70 of 100, else test */
    uint32_t prompt_tokens;

    /* Who may serve the query: masks over models, bit k for model k. */
    bool needs_vision, needs_function_calling;
    uint64_t allow, deny; /* 0: no such list */

    uint64_t judged;                     /* the entries of the arrays below that hold something */
    uint8_t halves[TGR_GEN_MODELS_MAX];  /* score in halves: 0, 1 or 2 */
    int8_t outcomes[TGR_GEN_MODELS_MAX]; /* against model 0; TGR_GEN_NONE where it is not judged */
    uint32_t completion_tokens[TGR_GEN_MODELS_MAX];
    uint64_t costs[TGR_GEN_MODELS_MAX]; /* picodollars */
} tgr_gen_record;

/* Tags only: the fast path. */
void tgr_gen_draw_tags(const tgr_gen_world *world, uint64_t index, tgr_gen_tags *tags);

/* Everything but the text; record->tags is what tgr_gen_draw_tags gives. */
void tgr_gen_draw(const tgr_gen_world *world, uint64_t index, tgr_gen_record *record);

/* The models that may serve a drawn record, as a mask. */
uint64_t tgr_gen_eligible(const tgr_gen_world *world, const tgr_gen_record *record);

/* The text of a drawn record: 40 to TGR_GEN_TEXT_MAX bytes without a final NUL, holding the names
 * of its tags as far as they fit. Returns its length. */
size_t tgr_gen_text(const tgr_gen_world *world, const tgr_gen_record *record, char *text);

/* The tag counts of queries [begin, end) as rows of a compressed sparse matrix. First indptr (end -
 * begin + 1 numbers from indptr[0] = 0), whose last number is returned; then the entries, for any
 * range of rows and so from several threads at once: `indptr` points at the number of row `begin`,
 * `indices` and `values` at entry 0. */
int64_t tgr_gen_csr_indptr(const tgr_gen_world *world, uint64_t begin, uint64_t end,
                           int64_t *indptr);
void tgr_gen_csr_fill(const tgr_gen_world *world, uint64_t begin, uint64_t end,
                      const int64_t *indptr, uint32_t *indices, uint8_t *values);

#endif
