/* mkl.c - MKL's sparse BLAS: blocks of rows in CSR, with hints, times a dense row-major matrix, one
 * thread a block; then the best of each row. */
#include <mkl.h>

#include "peer.h"

static sparse_matrix_t *blocks;
static int64_t block_count, block_rows;
static const struct matrix_descr general = {.type = SPARSE_MATRIX_TYPE_GENERAL};

static void check(sparse_status_t status)
{
    if (status != SPARSE_STATUS_SUCCESS) {
        fprintf(stderr, "MKL says %d\n", (int)status);
        exit(1);
    }
}

static int64_t rows_of(const peer_data *data, int64_t block)
{
    int64_t rest = data->queries - block * block_rows;
    return rest < block_rows ? rest : block_rows;
}

static void add_block(const peer_data *data, int64_t block)
{
    int64_t first = block * block_rows, rows = rows_of(data, block), entry = data->indptr[first];
    MKL_INT *start = malloc(((size_t)rows + 1) * sizeof *start);
    for (int64_t row = 0; row <= rows; row++) {
        start[row] = (MKL_INT)(data->indptr[first + row] - entry);
    }
    check(mkl_sparse_s_create_csr(&blocks[block], SPARSE_INDEX_BASE_ZERO, (MKL_INT)rows,
                                  (MKL_INT)data->tags, start, start + 1, data->indices + entry,
                                  data->values + entry));
    check(mkl_sparse_set_mm_hint(blocks[block], SPARSE_OPERATION_NON_TRANSPOSE, general,
                                 SPARSE_LAYOUT_ROW_MAJOR, (MKL_INT)data->models, 1000));
    check(mkl_sparse_optimize(blocks[block]));
}

static void prepare(peer_data *data)
{
    mkl_set_num_threads(1); /* of a call: threads take blocks */
    block_rows = peer_block_rows(data);
    block_count = (data->queries + block_rows - 1) / block_rows;
    blocks = malloc((size_t)block_count * sizeof *blocks);
    for (int64_t block = 0; block < block_count; block++) {
        add_block(data, block);
    }
}

static void run(peer_data *data, int decide)
{
    const int64_t models = data->models;
#pragma omp parallel num_threads(data->threads)
    {
        float *scores = aligned_alloc(64, (size_t)(block_rows * models) * sizeof *scores);
#pragma omp for schedule(dynamic, 1)
        for (int64_t block = 0; block < block_count; block++) {
            int64_t rows = rows_of(data, block);
            for (int64_t row = 0; row < rows; row++) {
                memcpy(scores + row * models, data->bias, (size_t)models * sizeof *scores);
            }
            check(mkl_sparse_s_mm(SPARSE_OPERATION_NON_TRANSPOSE, 1.0F, blocks[block], general,
                                  SPARSE_LAYOUT_ROW_MAJOR, data->weights, (MKL_INT)models,
                                  (MKL_INT)models, 1.0F, scores, (MKL_INT)models));
            for (int64_t row = 0; decide && row < rows; row++) {
                data->decision[block * block_rows + row] = peer_best(scores + row * models, models);
            }
        }
        free(scores);
    }
}

static void decide(peer_data *data)
{
    run(data, 1);
}

static void score(peer_data *data)
{
    run(data, 0);
}

int main(int count, char **words)
{
    return peer_main(count, words, &(peer){PEER_TEXT(INTEL_MKL_VERSION), prepare, decide, score});
}
