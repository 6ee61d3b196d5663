/* facts.h - what is known of all rows so far, of a piece or of the run: enough to plan the file. */
#ifndef TGR_INGEST_FACTS_H
#define TGR_INGEST_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/tagger/align.h"

typedef struct tgr_facts {
    uint64_t rows, nonzeros, judged, untagged;
    uint64_t prompt_token_rows;       /* rows that have one */
    uint64_t cached_token_rows;       /* likewise */
    uint64_t logged_cost_rows;        /* likewise */
    uint64_t paid_rows;               /* whose logged cost comes from tokens and prices */
    uint64_t weight_rows;             /* likewise */
    uint64_t propensity_rows;         /* likewise, of the logged model; not of logs */
    uint64_t estimated_rows;          /* whose prompt tokens are an estimate */
    uint64_t unmeasured_rows;         /* that have text and no prompt tokens */
    uint64_t longest_row;             /* entries */
    uint64_t aligned[TGR_ALIGNMENTS]; /* tags of rows, by how they came to be those of a mapping */
    uint64_t dropped;                 /* tags of rows that a mapping drops */
    uint64_t id_width;
    uint64_t longest_record; /* bytes in its log; 0: not known of any */
    float largest;           /* value */
    bool weighted;           /* some value is not an integer 1..65535 */
    bool prompt_token_parts; /* some is not an integer */
    bool has_record_parts;   /* some row is not the first record of its line or object */
    bool cached_token_parts;
    bool has_text, has_models, has_score, has_outcome, has_cost, has_completion_tokens;
    bool has_propensities;
} tgr_facts;

static inline uint64_t tgr_larger(uint64_t one, uint64_t other)
{
    return one > other ? one : other;
}

/* Adds what is known of more rows. */
static inline void tgr_facts_add(tgr_facts *facts, const tgr_facts *more)
{
    facts->rows += more->rows;
    facts->nonzeros += more->nonzeros;
    facts->judged += more->judged;
    facts->untagged += more->untagged;
    facts->prompt_token_rows += more->prompt_token_rows;
    facts->cached_token_rows += more->cached_token_rows;
    facts->logged_cost_rows += more->logged_cost_rows;
    facts->paid_rows += more->paid_rows;
    facts->weight_rows += more->weight_rows;
    facts->propensity_rows += more->propensity_rows;
    facts->estimated_rows += more->estimated_rows;
    facts->unmeasured_rows += more->unmeasured_rows;
    for (int i = 0; i < TGR_ALIGNMENTS; i++) {
        facts->aligned[i] += more->aligned[i];
    }
    facts->dropped += more->dropped;
    facts->longest_row = tgr_larger(facts->longest_row, more->longest_row);
    facts->id_width = tgr_larger(facts->id_width, more->id_width);
    facts->longest_record = tgr_larger(facts->longest_record, more->longest_record);
    facts->has_record_parts |= more->has_record_parts;
    facts->largest = more->largest > facts->largest ? more->largest : facts->largest;
    facts->weighted |= more->weighted;
    facts->prompt_token_parts |= more->prompt_token_parts;
    facts->cached_token_parts |= more->cached_token_parts;
    facts->has_text |= more->has_text;
    facts->has_models |= more->has_models;
    facts->has_score |= more->has_score;
    facts->has_outcome |= more->has_outcome;
    facts->has_cost |= more->has_cost;
    facts->has_completion_tokens |= more->has_completion_tokens;
    facts->has_propensities |= more->has_propensities;
}

#endif
