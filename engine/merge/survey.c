/* survey.c - the first pass over query files to be united: what their rows amount to. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "engine/merge/unite.h"

static void count_tags(tgr_columns *columns, const uint32_t *numbers, const tgr_csr *x)
{
    tgr_facts *facts = &columns->facts;
    int64_t end = x->indptr[x->rows];
    for (int64_t i = 0; i < end; i++) {
        float value = tgr_union_value(x, i);
        facts->weighted |= !(value >= 1 && value <= UINT16_MAX && value == floorf(value));
        facts->largest = value > facts->largest ? value : facts->largest;
        tgr_tag_count(&columns->tags.tags[numbers[tgr_csr_column(x, i)]], value);
    }
    facts->nonzeros += (uint64_t)end;
    for (size_t row = 0; row < x->rows; row++) {
        facts->untagged += x->indptr[row] == x->indptr[row + 1];
    }
}

static void count_tokens(const double *tokens, size_t rows, uint64_t *known, bool *parts)
{
    for (size_t row = 0; tokens != NULL && row < rows; row++) {
        if (!isnan(tokens[row])) {
            (*known)++;
            *parts |= tokens[row] != floor(tokens[row]);
        }
    }
}

/* The width of the ids that a batch brings, or will be given. */
static uint64_t id_width(const tgr_query_file *file, const tgr_batch *batch)
{
    uint64_t width = 0;
    if (batch->ids.offsets == NULL) {
        return (uint64_t)snprintf(NULL, 0, "%s@%" PRIu64, tgr_union_base_name(file->path),
                                  batch->first_row + batch->rows);
    }
    for (size_t row = 0; row < batch->rows; row++) {
        width = tgr_larger(width, batch->ids.offsets[row + 1] - batch->ids.offsets[row]);
    }
    return width;
}

static void measure_records(tgr_facts *facts, const int64_t *bytes, size_t rows)
{
    for (size_t row = 0; bytes != NULL && row < rows; row++) {
        facts->longest_record =
            tgr_larger(facts->longest_record, bytes[row] > 0 ? (uint64_t)bytes[row] : 0);
    }
}

tgr_status tgr_union_survey(tgr_union *all, tgr_pass *pass, const tgr_run *run, tgr_error *error)
{
    const unsigned want = TGR_WANT_IDS | TGR_WANT_PROMPT_TOKENS | TGR_WANT_CACHED_TOKENS |
                          TGR_WANT_PLACES | TGR_WANT_LOGGED | TGR_WANT_WEIGHT;
    tgr_facts *facts = &all->columns.facts;
    tgr_batch *batch;
    size_t file;
    bool parts = false;
    tgr_status status;
    while ((status = tgr_pass_next(pass, want, "reading", run, &batch, &file, error)) == TGR_OK &&
           batch != NULL) {
        count_tags(&all->columns, all->files[file].tags, &batch->x);
        count_tokens(batch->prompt_tokens, batch->rows, &facts->prompt_token_rows,
                     &facts->prompt_token_parts);
        count_tokens(batch->cached_tokens, batch->rows, &facts->cached_token_rows,
                     &facts->cached_token_parts);
        count_tokens(batch->logged_cost, batch->rows, &facts->logged_cost_rows, &parts);
        count_tokens(batch->weight, batch->rows, &facts->weight_rows, &parts);
        count_tokens(batch->propensity, batch->rows, &facts->propensity_rows, &parts);
        measure_records(facts, batch->record_bytes, batch->rows);
        facts->id_width = tgr_larger(facts->id_width, id_width(pass->files[file], batch));
    }
    return status;
}
