/* excess.c - looks closely only where a limit may be passed. */
#include "engine/ingest/excess.h"

#include <inttypes.h>

#include "engine/base/error.h"
#include "kernels/kernels.h"

/* The number within the part of the first name that is one too many; TGR_STRING_NONE: none is. */
static uint32_t first_excess(const tgr_strings *names, const tgr_strings *of_part, uint32_t most)
{
    uint32_t known = tgr_strings_count(names), count = tgr_strings_count(of_part);
    if (count <= most && known <= most - count) {
        return TGR_STRING_NONE;
    }
    for (uint32_t number = 0; number < count; number++) {
        size_t length;
        const char *text = tgr_strings_get(of_part, number, &length);
        if (tgr_strings_find(names, text, length) == TGR_STRING_NONE && known++ >= most) {
            return number;
        }
    }
    return TGR_STRING_NONE;
}

static uint64_t row_of_code(const tgr_part *part, tgr_coded which, uint32_t number)
{
    const int32_t *codes = (const int32_t *)(const void *)part->coded[which].codes.bytes;
    uint64_t row = 0;
    while (row < part->facts.rows && codes[row] != (int32_t)number) {
        row++;
    }
    return row;
}

static uint64_t row_of_model(const tgr_part *part, uint32_t number)
{
    const char *at = part->models_done.bytes;
    for (uint64_t row = 0; row < part->facts.rows; row++) {
        uint32_t count;
        memcpy(&count, at, sizeof count);
        at += sizeof count;
        const tgr_spooled_model *models = (const tgr_spooled_model *)(const void *)at;
        for (uint32_t i = 0; i < count; i++) {
            if (models[i].model == number) {
                return row;
            }
        }
        at += count * sizeof *models;
    }
    return part->facts.rows;
}

tgr_status tgr_excess_check(const tgr_columns *columns, const tgr_part *part, uint64_t *row,
                            tgr_error *error)
{
    static const char *const keys[TGR_CODED_KEPT] = {
        "category", "split", "allow", "deny", "needs", "prompt_tokens_from", "model"};
    tgr_status status = TGR_OK;
    *row = part->facts.rows;
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        uint32_t number =
            first_excess(columns->coded[i].names, part->coded[i].names, TGR_CODED_MAX);
        uint64_t found = number == TGR_STRING_NONE ? *row : row_of_code(part, (tgr_coded)i, number);
        if (found < *row) {
            *row = found;
            status = tgr_fail(error, TGR_ERR_INPUT,
                              "more than %" PRIu32 " distinct values of \"%s\"; it should say what "
                              "many queries share, not what each one is",
                              TGR_CODED_MAX, i < TGR_CODED_KEPT ? keys[i] : "a field to keep");
        }
    }
    uint32_t number = first_excess(columns->models, part->models, TGR_MODELS_MAX);
    uint64_t found = number == TGR_STRING_NONE ? *row : row_of_model(part, number);
    if (found < *row) {
        *row = found;
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "more than %d distinct models in all; the keys of \"models\" should be "
                          "names of models, the same in every record",
                          TGR_MODELS_MAX);
    }
    return status;
}
