/* columns.c - sums by column. */
#include "engine/base/memory.h"
#include "engine/scorer/sums.h"

size_t tgr_tables_worth_it(size_t table_bytes, int threads)
{
    size_t spare = TGR_SPARE_TABLES / (table_bytes > 0 ? table_bytes : 1);
    size_t wanted = threads > 0 ? (size_t)threads : 1;
    return wanted < spare + 1 ? wanted : spare + 1;
}

bool tgr_column_sums_open(tgr_column_sums *sums, uint32_t columns, bool reals)
{
    *sums = (tgr_column_sums){.columns = columns};
    sums->counts = tgr_mem_zalloc(columns, sizeof *sums->counts);
    if (reals) {
        sums->terms = tgr_mem_zalloc(columns, sizeof *sums->terms);
        sums->seen = tgr_mem_zalloc(columns, sizeof *sums->seen);
    }
    return sums->counts != NULL && (!reals || (sums->terms != NULL && sums->seen != NULL));
}

void tgr_column_sums_free(tgr_column_sums *sums)
{
    tgr_mem_free(sums->counts);
    tgr_mem_free(sums->terms);
    tgr_mem_free(sums->seen);
    *sums = (tgr_column_sums){0};
}

static bool add_reals(tgr_column_sums *sums, const tgr_csr *x, size_t begin, size_t end,
                      size_t *bad_row)
{
    const float *values = x->values;
    for (size_t row = begin; row < end; row++) {
        for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
            if (!tgr_exact_fits(values[entry])) {
                *bad_row = row;
                return false;
            }
            size_t column = tgr_csr_column(x, entry);
            sums->terms[column] += tgr_exact_term(values[entry]);
            sums->seen[column] = true;
        }
    }
    return true;
}

bool tgr_column_sums_add(tgr_column_sums *sums, const tgr_csr *x, bool binary, size_t begin,
                         size_t end, size_t *bad_row)
{
    if (!binary && x->value_type == TGR_F32) {
        return add_reals(sums, x, begin, end, bad_row);
    }
    const uint8_t *bytes = x->values;
    const uint16_t *shorts = x->values;
    int64_t first = x->indptr[begin], last = x->indptr[end];
    if (binary) {
        for (int64_t entry = first; entry < last; entry++) {
            sums->counts[tgr_csr_column(x, entry)]++;
        }
    } else if (x->value_type == TGR_U8) {
        for (int64_t entry = first; entry < last; entry++) {
            sums->counts[tgr_csr_column(x, entry)] += bytes[entry];
        }
    } else {
        for (int64_t entry = first; entry < last; entry++) {
            sums->counts[tgr_csr_column(x, entry)] += shorts[entry];
        }
    }
    return true;
}

static double value_at(const tgr_csr *x, int64_t entry)
{
    return x->value_type == TGR_F32  ? (double)((const float *)x->values)[entry]
           : x->value_type == TGR_U8 ? (double)((const uint8_t *)x->values)[entry]
                                     : (double)((const uint16_t *)x->values)[entry];
}

bool tgr_column_sums_add_weighted(tgr_column_sums *sums, const tgr_csr *x, bool binary,
                                  const tgr_weight *weights, size_t begin, size_t end,
                                  size_t *bad_row)
{
    for (size_t row = begin; row < end; row++) {
        for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
            double value = binary ? 1 : value_at(x, entry);
            if (!tgr_exact_fits(value)) {
                *bad_row = row;
                return false;
            }
            size_t column = tgr_csr_column(x, entry);
            sums->terms[column] += tgr_weigh(weights[row], tgr_exact_term(value));
            sums->seen[column] = true;
        }
    }
    return true;
}

void tgr_column_sums_merge(const tgr_column_sums *sums, tgr_sum *total, bool *seen)
{
    for (uint32_t column = 0; column < sums->columns; column++) {
        total[column] += (tgr_sum)sums->counts[column] << 40;
        seen[column] |= sums->counts[column] > 0;
    }
    for (uint32_t column = 0; sums->terms != NULL && column < sums->columns; column++) {
        total[column] += sums->terms[column];
        seen[column] |= sums->seen[column];
    }
}
