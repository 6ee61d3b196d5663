/* sums.c - the counting loops of fit. */
#include "engine/scorer/sums.h"

#include "engine/base/memory.h"

/* What tables beyond the first may take, in bytes. */
#define SPARE_TABLES ((size_t)256 << 20)

static double value_at(const tgr_csr *x, int64_t entry)
{
    switch (x->value_type) {
    case TGR_U8:
        return ((const uint8_t *)x->values)[entry];
    case TGR_U16:
        return ((const uint16_t *)x->values)[entry];
    default:
        return ((const float *)x->values)[entry];
    }
}

static int64_t term_at(const tgr_csr *x, int64_t entry)
{
    switch (x->value_type) {
    case TGR_U8:
        return (int64_t)((const uint8_t *)x->values)[entry] << 40;
    case TGR_U16:
        return (int64_t)((const uint16_t *)x->values)[entry] << 40;
    default:
        return tgr_exact_term(((const float *)x->values)[entry]);
    }
}

bool tgr_count_columns(const tgr_csr *x, bool binary, tgr_sum *sums, bool *seen, size_t *bad_row)
{
    for (size_t row = 0; row < x->rows; row++) {
        for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
            if (!binary && x->value_type == TGR_F32 && !tgr_exact_fits(value_at(x, entry))) {
                *bad_row = row;
                return false;
            }
            uint32_t column = x->indices[entry];
            sums[column] += binary ? (int64_t)1 << 40 : term_at(x, entry);
            seen[column] = true;
        }
    }
    return true;
}

static size_t tables_worth_it(size_t table_bytes, int threads)
{
    size_t spare = SPARE_TABLES / (table_bytes > 0 ? table_bytes : 1);
    size_t wanted = threads > 0 ? (size_t)threads : 1;
    return wanted < spare + 1 ? wanted : spare + 1;
}

bool tgr_outcome_sums_open(tgr_outcome_sums *sums, size_t tags, size_t models, int threads)
{
    *sums = (tgr_outcome_sums){.tags = tags, .models = models};
    size_t cells;
    if (__builtin_mul_overflow(tags, models * 3, &cells) || cells > SIZE_MAX / sizeof(tgr_sum)) {
        return false;
    }
    size_t wanted = tables_worth_it(cells * sizeof(tgr_sum), threads);
    sums->tables = tgr_mem_zalloc(wanted, sizeof *sums->tables);
    if (sums->tables == NULL) {
        return false;
    }
    while (sums->table_count < wanted) {
        tgr_sum *table = tgr_mem_zalloc(cells, sizeof *table);
        if (table == NULL) {
            break; /* the tables there are will do */
        }
        sums->tables[sums->table_count++] = table;
    }
    return sums->table_count > 0;
}

void tgr_outcome_sums_free(tgr_outcome_sums *sums)
{
    for (size_t i = 0; i < sums->table_count; i++) {
        tgr_mem_free(sums->tables[i]);
    }
    tgr_mem_free(sums->tables);
    *sums = (tgr_outcome_sums){0};
}

/* The places of a row's judged outcomes in a tag's models x 3 cells. */
static size_t judged_cells(const int8_t *outcomes, size_t models, uint16_t *cells)
{
    size_t count = 0;
    for (size_t model = 0; model < models; model++) {
        if (outcomes[model] >= 0) {
            cells[count++] = (uint16_t)(3 * model + (size_t)outcomes[model]);
        }
    }
    return count;
}

static void add_row(tgr_sum *table, size_t tag_cells, const tgr_csr *x, size_t row,
                    const uint32_t *tag_of_column, const uint16_t *cells, size_t cell_count)
{
    for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
        uint32_t tag = tag_of_column[x->indices[entry]];
        if (tag == UINT32_MAX) {
            continue;
        }
        tgr_sum *of_tag = table + (size_t)tag * tag_cells;
        int64_t term = term_at(x, entry);
        for (size_t i = 0; i < cell_count; i++) {
            of_tag[cells[i]] += term;
        }
    }
}

static void add_rows(const tgr_outcome_sums *sums, tgr_sum *table, const tgr_csr *x, size_t begin,
                     size_t end, const uint32_t *tag_of_column, const int8_t *outcomes)
{
    uint16_t cells[TGR_MODELS_MAX];
    for (size_t row = begin; row < end; row++) {
        size_t count = judged_cells(outcomes + row * sums->models, sums->models, cells);
        if (count > 0) {
            add_row(table, 3 * sums->models, x, row, tag_of_column, cells, count);
        }
    }
}

void tgr_outcome_sums_add(tgr_outcome_sums *sums, const tgr_csr *x, const uint32_t *tag_of_column,
                          const int8_t *outcomes)
{
    size_t rows = x->rows, parts = sums->table_count;
#pragma omp parallel for num_threads((int)parts) schedule(static, 1)
    for (size_t part = 0; part < parts; part++) {
        add_rows(sums, sums->tables[part], x, rows * part / parts, rows * (part + 1) / parts,
                 tag_of_column, outcomes);
    }
}

const tgr_sum *tgr_outcome_sums_total(tgr_outcome_sums *sums)
{
    size_t cells = sums->tags * sums->models * 3;
    for (size_t i = 1; i < sums->table_count; i++) {
        for (size_t cell = 0; cell < cells; cell++) {
            sums->tables[0][cell] += sums->tables[i][cell];
        }
        tgr_mem_free(sums->tables[i]);
    }
    sums->table_count = 1;
    return sums->tables[0];
}
