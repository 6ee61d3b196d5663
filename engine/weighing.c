/* weighing.c - one look at all weights, for the unit that they are counted in. */
#include "engine/weighing.h"

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/pass_walk.h"

#define ROWS ((size_t)256 * 1024) /* looked at in one go */
/* Of a count, that are left: sums over all models, and replicates that count a query twenty times.
 */
#define SPARE_BITS 6
/* So many queries of the largest costs fit an exact sum. */
#define MOST_BITS 41

/* What is seen of weights. */
typedef struct seen {
    tgr_sum total;   /* in units of 2^-40 */
    uint64_t zeros;  /* of the lowest bits, that all weights have */
    uint64_t others; /* than 1 */
} seen;

static void see(seen *all, tgr_weight weight)
{
    uint64_t zeros = (uint64_t)__builtin_ctzll((uint64_t)weight);
    all->total += weight;
    all->zeros = zeros < all->zeros ? zeros : all->zeros;
    all->others += weight != TGR_WEIGHT_ONE;
}

static tgr_status see_rows(tgr_query_file *file, int code, uint64_t first, size_t count,
                           double *weights, int32_t *codes, seen *all, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (code >= 0) {
        TGR_TRY(tgr_query_read_split(file, first, count, codes, error));
    }
    if (file->has_weight) {
        TGR_TRY(tgr_query_read_weights(file, first, count, weights, error));
    }
    for (size_t i = 0; i < count; i++) {
        if (code < 0 || codes[i] == code) {
            see(all, file->has_weight ? tgr_weight_of(weights[i]) : TGR_WEIGHT_ONE);
        }
    }
done:
    return status;
}

/* The rows of a file that lie in the range of the pass, of which the file's first is number
 * `before`. */
static tgr_status see_file(const tgr_pass *pass, size_t number, uint64_t before, const tgr_run *run,
                           double *weights, int32_t *codes, seen *all, tgr_error *error)
{
    tgr_query_file *file = pass->files[number];
    int code = tgr_pass_split_code(pass, number);
    uint64_t row = pass->begin > before ? pass->begin - before : 0;
    uint64_t end = pass->end > before ? pass->end - before : 0;
    end = end < file->rows ? end : file->rows;
    tgr_status status = TGR_OK;
    if (pass->split != NULL && code < 0) {
        return TGR_OK; /* none of its queries is taken */
    }
    while (status == TGR_OK && row < end) {
        size_t now = end - row < ROWS ? (size_t)(end - row) : ROWS;
        status = tgr_run_check(run, error);
        if (status == TGR_OK) {
            status = see_rows(file, code, row, now, weights, codes, all, error);
        }
        row += now;
    }
    return status;
}

static tgr_status see_all(const tgr_pass *pass, const tgr_run *run, seen *all, tgr_error *error)
{
    double *weights = tgr_mem_alloc(ROWS, sizeof *weights);
    int32_t *codes = tgr_mem_alloc(ROWS, sizeof *codes);
    tgr_status status = weights == NULL || codes == NULL
                            ? tgr_fail_memory(error, "the weights of queries")
                            : TGR_OK;
    uint64_t before = 0;
    for (size_t i = 0; status == TGR_OK && i < pass->file_count; i++) {
        status = see_file(pass, i, before, run, weights, codes, all, error);
        before += pass->files[i]->rows;
    }
    tgr_mem_free(weights);
    tgr_mem_free(codes);
    return status;
}

static unsigned bits_of(uint64_t number)
{
    return number == 0 ? 0 : 64 - (unsigned)__builtin_clzll(number);
}

tgr_status tgr_weighing_find(tgr_weighing *weighing, const tgr_pass *pass, size_t models,
                             const tgr_run *run, tgr_error *error)
{
    bool any = false;
    seen all = {.zeros = 40};
    *weighing = (tgr_weighing){0};
    for (size_t i = 0; i < pass->file_count; i++) {
        any |= pass->files[i]->has_weight;
    }
    if (!any) {
        return TGR_OK; /* as every process of a crew finds */
    }
    tgr_status status = TGR_OK;
    TGR_TRY(see_all(pass, run, &all, error));
    TGR_TRY(tgr_crew_sum_wide(run, &all.total, 1, error));
    TGR_TRY(tgr_crew_sum(run, &all.others, 1, error));
    TGR_TRY(tgr_crew_least(run, &all.zeros, 1, error));
    unsigned total = bits_of((uint64_t)(all.total >> 40)), spare = SPARE_BITS + bits_of(models);
    if (total > MOST_BITS) {
        TGR_TRY(tgr_fail(error, TGR_ERR_INPUT,
                         "%s: the weights add up to more than 2^%d queries, which is more than is "
                         "summed exactly; scale them down",
                         pass->files[0]->path, MOST_BITS));
    }
    unsigned needed = 40 - (unsigned)all.zeros, most = 63 - spare - total;
    *weighing = (tgr_weighing){all.others > 0, needed < most ? needed : most};
done:
    return status;
}
