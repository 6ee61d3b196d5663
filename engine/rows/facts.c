/* facts.c - see facts.h. */
#include "engine/rows/facts.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/weight.h"
#include "engine/base/options.h"
#include "engine/base/strings.h"
#include "engine/router/schema.h"
#include "kernels/kernels.h"

static tgr_status check_names(const char *what, const char *const *names, size_t count,
                              tgr_error *error)
{
    tgr_strings *seen = tgr_strings_new();
    tgr_status status = seen == NULL ? tgr_fail_memory(error, what) : TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        const char *name = names[i];
        if (name == NULL || name[0] == '\0' || !tgr_name_is_text(name, strlen(name))) {
            status =
                tgr_fail(error, TGR_ERR_ARGUMENT, "%s: name %zu is empty or no UTF-8", what, i);
            break;
        }
        uint32_t number = tgr_strings_add(seen, name, strlen(name));
        if (number == TGR_STRING_NONE) {
            status = tgr_fail_memory(error, what);
        } else if (number != i) {
            status = tgr_fail(error, TGR_ERR_ARGUMENT, "%s: \"%s\" is there twice", what, name);
        }
    }
    tgr_strings_free(seen);
    return status;
}

static tgr_status check_codes(const char *what, const tgr_codes *codes, uint64_t rows,
                              tgr_error *error)
{
    if (codes->codes == NULL) {
        return TGR_OK;
    }
    tgr_status status = check_names(what, codes->names, codes->name_count, error);
    for (uint64_t row = 0; status == TGR_OK && row < rows; row++) {
        int32_t code = codes->codes[row];
        if (code < -1 || (code >= 0 && (size_t)code >= codes->name_count)) {
            status = tgr_fail(error, TGR_ERR_INPUT, "%s: row %llu has code %ld of %zu names", what,
                              (unsigned long long)row, (long)code, codes->name_count);
        }
    }
    return status;
}

static tgr_status check_cells(const char *what, const float *cells, uint64_t rows, size_t models,
                              float least, tgr_error *error)
{
    for (uint64_t i = 0; cells != NULL && i < rows * models; i++) {
        if (isinf(cells[i]) || cells[i] < least) {
            return tgr_fail(error, TGR_ERR_INPUT, "%s: row %llu has %g", what,
                            (unsigned long long)(i / models), (double)cells[i]);
        }
    }
    return TGR_OK;
}

static tgr_status check_outcomes(const int8_t *outcomes, uint64_t rows, size_t models,
                                 tgr_error *error)
{
    for (uint64_t i = 0; outcomes != NULL && i < rows * models; i++) {
        if (outcomes[i] < -1 || outcomes[i] > 2) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "outcome: row %llu has %d; -1 missing, 0 loss, 1 tie, 2 win",
                            (unsigned long long)(i / models), outcomes[i]);
        }
    }
    return TGR_OK;
}

static tgr_status check_weights(const double *weights, uint64_t rows, tgr_error *error)
{
    for (uint64_t row = 0; weights != NULL && row < rows; row++) {
        if (weights[row] < TGR_WEIGHT_LEAST || weights[row] > TGR_WEIGHT_MOST) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "weight: row %llu has %g, which is no weight from 2^-20 to 2^20",
                            (unsigned long long)row, weights[row]);
        }
    }
    return TGR_OK;
}

static tgr_status check_ids(const char *const *ids, uint64_t rows, tgr_error *error)
{
    for (uint64_t row = 0; ids != NULL && row < rows; row++) {
        if (ids[row] == NULL || !tgr_name_is_text(ids[row], strlen(ids[row]))) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "ids: that of row %llu is no UTF-8",
                            (unsigned long long)row);
        }
    }
    return TGR_OK;
}

tgr_status tgr_row_facts_take(tgr_row_facts *facts, const tgr_row_facts *given, uint64_t rows,
                              tgr_error *error)
{
    *facts = (tgr_row_facts){.size = sizeof *facts};
    if (given == NULL) {
        return TGR_OK;
    }
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_options_copy(facts, sizeof *facts, given, error));
    size_t models = facts->model_count;
    if (models > TGR_MODELS_MAX) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%zu models, and %d is the most", models,
                        TGR_MODELS_MAX);
    }
    TGR_TRY(check_names("models", facts->models, models, error));
    TGR_TRY(check_codes("split", &facts->split, rows, error));
    TGR_TRY(check_codes("category", &facts->category, rows, error));
    TGR_TRY(check_ids(facts->ids, rows, error));
    TGR_TRY(check_cells("score", facts->score, rows, models, -INFINITY, error));
    TGR_TRY(check_cells("cost", facts->cost, rows, models, 0, error));
    TGR_TRY(check_cells("completion_tokens", facts->completion_tokens, rows, models, 0, error));
    TGR_TRY(check_outcomes(facts->outcome, rows, models, error));
    TGR_TRY(check_weights(facts->weight, rows, error));
done:
    return status;
}
