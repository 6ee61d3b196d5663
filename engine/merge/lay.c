/* lay.c - the pairs of each row that was judged, and where they stand. */
#include "engine/merge/lay.h"

#include <math.h>

/* Some pairs of one row. */
typedef struct span {
    const tgr_pair_judgement *begin, *end;
} span;

static span find(const tgr_laying *laying, size_t row)
{
    tgr_judgements *judged = laying->judged;
    const tgr_texts *ids = &laying->batch->ids;
    const span none = {NULL, NULL};
    if (judged == NULL || ids->offsets == NULL) {
        return none;
    }
    uint64_t from = ids->offsets[row];
    uint32_t id =
        tgr_judgements_find(judged, ids->bytes + from, (size_t)(ids->offsets[row + 1] - from));
    if (id == TGR_STRING_NONE) {
        return none;
    }
    judged->seen[id] = true;
    return (span){judged->pairs + judged->begin[id], judged->pairs + judged->begin[id + 1]};
}

static size_t rows_of(const tgr_laying *laying)
{
    return laying->judged == NULL ? 0 : laying->batch->rows;
}

static size_t cell_of(const tgr_laying *laying, size_t row, const tgr_pair_judgement *pair)
{
    const tgr_order *order = laying->models;
    return row * order->count + order->place[laying->judged->numbers[pair->model]];
}

void tgr_lay_count(const tgr_laying *laying)
{
    for (size_t row = 0; row < rows_of(laying); row++) {
        laying->judged->joined_rows += find(laying, row).begin != NULL;
    }
}

void tgr_lay_scores(const tgr_laying *laying, float *scores)
{
    for (size_t row = 0; row < rows_of(laying); row++) {
        for (span of = find(laying, row); of.begin != of.end; of.begin++) {
            scores[cell_of(laying, row, of.begin)] = of.begin->score;
        }
    }
}

void tgr_lay_outcomes(const tgr_laying *laying, int8_t *outcomes)
{
    for (size_t row = 0; row < rows_of(laying); row++) {
        for (span of = find(laying, row); of.begin != of.end; of.begin++) {
            outcomes[cell_of(laying, row, of.begin)] = of.begin->outcome;
        }
    }
}

void tgr_lay_propensities(const tgr_laying *laying, float *propensities)
{
    for (size_t row = 0; row < rows_of(laying); row++) {
        for (span of = find(laying, row); of.begin != of.end; of.begin++) {
            if (!isnan(of.begin->propensity)) {
                propensities[cell_of(laying, row, of.begin)] = of.begin->propensity;
            }
        }
    }
}

void tgr_lay_weights(const tgr_laying *laying, double *weights)
{
    for (size_t row = 0; row < rows_of(laying); row++) {
        for (span of = find(laying, row); of.begin != of.end; of.begin++) {
            if (!isnan(of.begin->weight)) {
                weights[row] = of.begin->weight;
            }
        }
    }
}
