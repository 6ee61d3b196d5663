/* decide_finish.c - rows that the kernels have decided: the router's numbers of their models, the
 * fallback, and how many there are of each kind. */
#include <math.h>
#include <string.h>

#include "engine/base/wide.h"
#include "engine/decide_parts.h"

static bool has_known_tag(const tgr_serve *serve, const tgr_csr *x, size_t row)
{
    if (serve->unknown_tags == 0) {
        return x->indptr[row] < x->indptr[row + 1];
    }
    for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
        if (serve->known[x->indices[entry]]) {
            return true;
        }
    }
    return false;
}

bool tgr_decide_falls_back(const tgr_decide *decide, const tgr_csr *x, size_t row, bool eligible)
{
    int fallback = decide->plan.fallback;
    if (fallback < 0 || !eligible) {
        return fallback >= 0;
    }
    if (decide->plan.source != NULL && decide->plan.source->knows_all) {
        return false;
    }
    return !has_known_tag(decide->serve, x, row) &&
           tgr_decide_eligible(decide, row, (size_t)fallback);
}

static void send_to_fallback(tgr_decide *decide, size_t row)
{
    size_t count = decide->plan.threshold_count;
    for (size_t i = row * count; i < (row + 1) * count; i++) {
        decide->model[i] = (int16_t)decide->plan.fallback;
        if (decide->margin != NULL) {
            decide->margin[i] = NAN;
        }
    }
}

/* Sends a row to the fallback where that is its place; whether it did. */
static bool falls_back(tgr_decide *decide, size_t row, bool known)
{
    int fallback = decide->plan.fallback;
    bool undecided = decide->model[row * decide->plan.threshold_count] == TGR_UNDECIDED;
    bool serves = undecided || (!known && tgr_decide_eligible(decide, row, (size_t)fallback));
    if (serves) {
        send_to_fallback(decide, row);
    }
    return serves;
}

#define FEW_MODELS 16  /* that comparing with each, many rows at a time, is faster for */
#define FEW_ROWS   512 /* that stay in the first-level cache meanwhile */

/* Router's numbers of the places of few models. */
TGR_WIDE(void, number_few,
         (int16_t *restrict model, size_t count, const uint16_t *order, size_t models),
         (model, count, order, models))
{
    int16_t numbers[FEW_ROWS];
    for (size_t now; count > 0; model += now, count -= now) {
        now = count < FEW_ROWS ? count : FEW_ROWS;
        for (size_t i = 0; i < now; i++) {
            numbers[i] = TGR_UNDECIDED;
        }
        for (size_t place = 0; place < models; place++) {
            const int16_t from = (int16_t)place, to = (int16_t)order[place];
            for (size_t i = 0; i < now; i++) {
                numbers[i] = model[i] == from ? to : numbers[i];
            }
        }
        memcpy(model, numbers, now * sizeof *model);
    }
}

/* Router's numbers of the places, behind that of none. */
static void number_choices(const tgr_decide *decide, size_t begin, size_t end)
{
    const uint16_t *order = decide->serve->order;
    int16_t *model = decide->model;
    if (decide->serve->models <= FEW_MODELS) {
        number_few(model + begin, end - begin, order, decide->serve->models);
        return;
    }
    for (size_t i = begin; i < end; i++) {
        model[i] = model[i] < 0 ? TGR_UNDECIDED : (int16_t)order[model[i]];
    }
}

TGR_WIDE(uint64_t, count_negative, (const int16_t *values, size_t count), (values, count))
{
    uint64_t total = 0;
    for (size_t now; count > 0; values += now, count -= now) {
        uint16_t found = 0;
        now = count < FEW_ROWS ? count : FEW_ROWS;
        for (size_t i = 0; i < now; i++) {
            found = (uint16_t)(found + (values[i] < 0));
        }
        total += found;
    }
    return total;
}

static uint64_t count_undecided(const tgr_decide *decide, size_t begin, size_t end)
{
    size_t thresholds = decide->plan.threshold_count;
    uint64_t count = 0;
    if (thresholds == 1) {
        return count_negative(decide->model + begin, end - begin);
    }
    for (size_t row = begin; row < end; row++) {
        count += decide->model[row * thresholds] == TGR_UNDECIDED;
    }
    return count;
}

static bool row_is_known(const tgr_decide *decide, const tgr_csr *x, size_t row)
{
    return decide->serve->unknown_tags == 0 ? x->indptr[row] < x->indptr[row + 1]
                                            : has_known_tag(decide->serve, x, row);
}

TGR_WIDE(uint64_t, count_empty, (const int64_t *indptr, size_t rows), (indptr, rows))
{
    uint64_t count = 0;
    for (size_t row = 0; row < rows; row++) {
        count += indptr[row] == indptr[row + 1];
    }
    return count;
}

static uint64_t count_unknown(const tgr_decide *decide, const tgr_csr *x, size_t begin, size_t end)
{
    uint64_t count = 0;
    if (decide->serve->unknown_tags == 0) {
        return count_empty(x->indptr + begin, end - begin);
    }
    for (size_t row = begin; row < end; row++) {
        count += !has_known_tag(decide->serve, x, row);
    }
    return count;
}

tgr_row_counts tgr_decide_finish(tgr_decide *decide, const tgr_csr *x, size_t begin, size_t end)
{
    size_t count = decide->plan.threshold_count;
    tgr_row_counts counts = {.undecided = count_undecided(decide, begin, end)};
    number_choices(decide, begin * count, end * count);
    counts.no_known_tag = count_unknown(decide, x, begin, end);
    if (decide->plan.fallback < 0 || counts.undecided + counts.no_known_tag == 0) {
        return counts;
    }
    for (size_t row = begin; row < end; row++) {
        counts.fell_back += falls_back(decide, row, row_is_known(decide, x, row));
    }
    counts.undecided = 0; /* they all fell back */
    return counts;
}
