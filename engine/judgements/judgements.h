/* judgements.h - what was found of (query, model) pairs apart from the log, by id of the query. */
#ifndef TGR_JUDGEMENTS_JUDGEMENTS_H
#define TGR_JUDGEMENTS_JUDGEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/strings.h"

typedef struct tgr_pair_judgement {
    uint32_t id, model; /* numbers in order of arrival */
    float score;        /* NaN missing */
    float propensity;   /* the model's chance of being asked; NaN missing */
    double weight;      /* of the query; NaN missing */
    int8_t outcome;     /* -1 missing, 0 loss, 1 tie, 2 win */
    uint64_t order;     /* of arrival */
} tgr_pair_judgement;

/* Starts with tgr_judgements_open. */
typedef struct tgr_judgements {
    tgr_strings *ids, *models;
    tgr_pair_judgement *pairs; /* once settled: by id, then model, each pair once */
    size_t count, capacity;
    size_t *begin; /* once settled: ids + 1 places in pairs */
    bool *seen;    /* ids that a query has */
    bool has_score, has_outcome, has_weight, has_propensity;
    uint64_t joined_rows;

    uint32_t *numbers; /* models: of a union of query files */
} tgr_judgements;

bool tgr_judgements_open(tgr_judgements *judged);
void tgr_judgements_free(tgr_judgements *judged); /* harmless on a zeroed structure */

/* Adds one, whose id, model and order are set here; false where memory is short. */
bool tgr_judgements_add(tgr_judgements *judged, const char *id, size_t id_length, const char *model,
                        size_t model_length, const tgr_pair_judgement *pair);

/* After the last: sorts, and of several of a pair keeps the last. False where memory is short. */
bool tgr_judgements_settle(tgr_judgements *judged);

/* Once settled: an id whose pairs come with different weights; TGR_STRING_NONE where none does. */
uint32_t tgr_judgements_odd_weights(const tgr_judgements *judged, double weights[2]);

/* The number of an id, TGR_STRING_NONE where nothing was judged of it. */
uint32_t tgr_judgements_find(const tgr_judgements *judged, const char *id, size_t length);

#endif
