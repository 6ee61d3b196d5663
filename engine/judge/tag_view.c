/* tag_view.c - counting the queries of each known tag. */
#include "engine/judge/tag_view.h"

#include <math.h>
#include <string.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/weighing.h"
#include "engine/simulate/tally.h"

/* What is counted beside single tags. */
typedef struct totals {
    uint64_t all, known, queries; /* by weight */
} totals;

static tgr_status find_tags(const tgr_router *router, const tgr_query_file *file, uint32_t **tags,
                            tgr_error *error)
{
    tgr_mem_free(*tags);
    *tags = tgr_mem_alloc(file->columns, sizeof **tags);
    if (*tags == NULL) {
        return tgr_fail_memory(error, "the tags of a file");
    }
    for (uint32_t column = 0; column < file->columns; column++) {
        size_t length;
        const char *text = tgr_strings_get(file->tags, column, &length);
        (*tags)[column] = tgr_strings_find(router->tags, text, length);
    }
    return TGR_OK;
}

static void count_batch(const tgr_batch *batch, const tgr_weighing *weighing, const uint32_t *tags,
                        uint64_t *counts, totals *sums, tgr_tag_view *view)
{
    const tgr_csr *x = &batch->x;
    for (size_t row = 0; row < batch->rows; row++) {
        uint64_t before = sums->known, weight = tgr_weighing_of(weighing, batch, row);
        for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
            uint32_t tag = tags[x->indices[entry]];
            if (tag != TGR_STRING_NONE) {
                counts[tag] += weight;
                sums->known += weight;
            }
        }
        view->no_known_tag += sums->known == before;
        sums->all += (uint64_t)(x->indptr[row + 1] - x->indptr[row]) * weight;
        sums->queries += weight;
    }
    view->queries += batch->rows;
}

static tgr_status unite(const tgr_run *run, uint64_t *counts, size_t tags, totals *sums,
                        tgr_tag_view *view, tgr_error *error)
{
    uint64_t all[] = {sums->all, sums->known, sums->queries, view->queries, view->no_known_tag};
    tgr_status status = tgr_crew_sum(run, counts, tags, error);
    if (status == TGR_OK) {
        status = tgr_crew_sum(run, all, sizeof all / sizeof *all, error);
    }
    *sums = (totals){all[0], all[1], all[2]};
    view->queries = all[3];
    view->no_known_tag = all[4];
    return status;
}

tgr_status tgr_tag_view_read(const tgr_router *router, const char *const *inputs,
                             size_t input_count, const char *split, const tgr_run *run,
                             uint64_t *counts, tgr_tag_view *view, tgr_error *error)
{
    tgr_pass pass;
    tgr_weighing weighing = {0};
    uint32_t *tags = NULL;
    size_t entered = SIZE_MAX;
    totals sums = {0};
    *view = (tgr_tag_view){0};
    tgr_status status = tgr_pass_open(&pass, inputs, input_count, split, error);
    if (status == TGR_OK) {
        status = tgr_pass_share(&pass, run, error);
    }
    if (status == TGR_OK) { /* room for as many tags of a query as there may be models */
        status = tgr_weighing_find(&weighing, &pass, TGR_MODELS_MAX, run, error);
    }
    while (status == TGR_OK) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(tgr_pass_next(&pass, tgr_weighing_wants(&weighing), "counting tags", run, &batch,
                              &file, error));
        if (batch == NULL) {
            break;
        }
        if (file != entered) {
            TGR_TRY(find_tags(router, pass.files[file], &tags, error));
            entered = file;
        }
        count_batch(batch, &weighing, tags, counts, &sums, view);
    }
    if (status == TGR_OK) {
        status = unite(run, counts, tgr_strings_count(router->tags), &sums, view, error);
    }
    view->tags = tgr_share((double)sums.known, (double)sums.queries);
    view->known_tags = tgr_share((double)sums.known, (double)sums.all);
done:
    tgr_mem_free(tags);
    tgr_pass_close(&pass);
    return status;
}

static double sum_of(const uint64_t *counts, size_t tags)
{
    uint64_t sum = 0;
    for (size_t tag = 0; tag < tags; tag++) {
        sum += counts[tag];
    }
    return (double)sum;
}

void tgr_tag_views_differ(const uint64_t *first, const uint64_t *second, size_t tags, double *drift,
                          double *unseen)
{
    double all_first = sum_of(first, tags), all_second = sum_of(second, tags), apart = 0;
    uint64_t lacking = 0;
    *drift = *unseen = NAN;
    if (all_first > 0 && all_second > 0) {
        for (size_t tag = 0; tag < tags; tag++) {
            apart += fabs((double)first[tag] / all_first - (double)second[tag] / all_second);
            lacking += second[tag] == 0 ? first[tag] : 0;
        }
        *drift = apart / 2;
        *unseen = (double)lacking / all_first;
    }
}
