/* columns.c - private tables, pieces in parallel, one total. */
#include "engine/fit/columns.h"

#include <omp.h>

#include "engine/base/memory.h"

bool tgr_fit_columns_open(tgr_fit_columns *work, uint32_t columns, bool reals, int threads)
{
    *work = (tgr_fit_columns){0};
    size_t column_bytes = sizeof(uint64_t) + (reals ? sizeof(tgr_sum) + sizeof(bool) : 0);
    size_t wanted = tgr_tables_worth_it(columns * column_bytes, threads);
    work->tables = tgr_mem_zalloc(wanted, sizeof *work->tables);
    while (work->tables != NULL && work->table_count < wanted) {
        if (!tgr_column_sums_open(&work->tables[work->table_count], columns, reals)) {
            tgr_column_sums_free(&work->tables[work->table_count]);
            break; /* the tables there are will do */
        }
        work->table_count++;
    }
    return work->table_count > 0;
}

void tgr_fit_columns_free(tgr_fit_columns *work)
{
    for (size_t i = 0; i < work->table_count; i++) {
        tgr_column_sums_free(&work->tables[i]);
    }
    tgr_mem_free(work->tables);
    tgr_fit_pieces_free(&work->pieces);
    *work = (tgr_fit_columns){0};
}

bool tgr_fit_columns_add(tgr_fit_columns *work, const tgr_csr *x, bool binary,
                         const tgr_weight *weights, size_t *bad_row)
{
    *bad_row = x->rows;
    if (!tgr_fit_pieces_cut(&work->pieces, x, work->table_count)) {
        return false;
    }
    size_t first_bad = x->rows;
    const size_t *bounds = work->pieces.bounds;
#pragma omp parallel for num_threads((int)work->table_count) schedule(dynamic, 1)                  \
    reduction(min                                                                                  \
              : first_bad)
    for (size_t piece = 0; piece < work->pieces.count; piece++) {
        tgr_column_sums *table = &work->tables[omp_get_thread_num()];
        size_t bad, begin = bounds[piece], end = bounds[piece + 1];
        if (weights == NULL
                ? !tgr_column_sums_add(table, x, binary, begin, end, &bad)
                : !tgr_column_sums_add_weighted(table, x, binary, weights, begin, end, &bad)) {
            first_bad = bad < first_bad ? bad : first_bad;
        }
    }
    *bad_row = first_bad;
    return first_bad == x->rows;
}

void tgr_fit_columns_merge(const tgr_fit_columns *work, tgr_sum *sums, bool *seen)
{
    for (size_t i = 0; i < work->table_count; i++) {
        tgr_column_sums_merge(&work->tables[i], sums, seen);
    }
}
