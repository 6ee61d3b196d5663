/* graphblas.c - SuiteSparse:GraphBLAS: C += X W with C and W full, its fastest way; then the best
 * of each row of C. */
#include <GraphBLAS.h>

#include "peer.h"

enum { BLOCK_SCORES = 1 << 18 }; /* fewer cost more in calls than in caches */

static GrB_Matrix *blocks;
static GrB_Matrix weights;
static int64_t block_count, block_rows;

static void check(GrB_Info info)
{
    if (info != GrB_SUCCESS) {
        fprintf(stderr, "GraphBLAS says %d\n", (int)info);
        exit(1);
    }
}

static void *copy(const void *from, size_t bytes)
{
    void *to = malloc(bytes + 64);
    memcpy(to, from, bytes);
    return to;
}

static void add_block(const peer_data *data, int64_t block)
{
    int64_t first = block * block_rows;
    int64_t rows = data->queries - first < block_rows ? data->queries - first : block_rows;
    size_t entries = (size_t)(data->indptr[first + rows] - data->indptr[first]);
    GrB_Index *start = malloc(((size_t)rows + 1) * sizeof *start);
    GrB_Index *column = malloc((entries + 1) * sizeof *column);
    for (int64_t row = 0; row <= rows; row++) {
        start[row] = (GrB_Index)(data->indptr[first + row] - data->indptr[first]);
    }
    for (size_t i = 0; i < entries; i++) {
        column[i] = (GrB_Index)data->indices[data->indptr[first] + (int64_t)i];
    }
    void *value = copy(data->values + data->indptr[first], entries * sizeof(float));
    check(GrB_Matrix_new(&blocks[block], GrB_FP32, (GrB_Index)rows, (GrB_Index)data->tags));
    check(GxB_Matrix_pack_CSR(blocks[block], &start, &column, &value,
                              ((GrB_Index)rows + 1) * sizeof *start,
                              (entries > 0 ? entries : 1) * sizeof *column,
                              (entries > 0 ? entries : 1) * sizeof(float), false, false, NULL));
}

static void prepare(peer_data *data)
{
    check(GrB_init(GrB_NONBLOCKING));
    check(GxB_set(GxB_NTHREADS, data->threads));
    check(GxB_set(GxB_FORMAT, GxB_BY_ROW));
    block_rows = BLOCK_SCORES / data->models;
    block_count = (data->queries + block_rows - 1) / block_rows;
    blocks = malloc((size_t)block_count * sizeof *blocks);
    for (int64_t block = 0; block < block_count; block++) {
        add_block(data, block);
    }
    size_t bytes = (size_t)(data->tags * data->models) * sizeof(float);
    void *values = copy(data->weights, bytes);
    check(GrB_Matrix_new(&weights, GrB_FP32, (GrB_Index)data->tags, (GrB_Index)data->models));
    check(GxB_Matrix_pack_FullR(weights, &values, bytes, false, NULL));
}

/* Scores of a block, to be freed. */
static float *score_block(const peer_data *data, int64_t block, int64_t *rows)
{
    GrB_Index count;
    check(GrB_Matrix_nrows(&count, blocks[block]));
    *rows = (int64_t)count;
    size_t bytes = count * (size_t)data->models * sizeof(float);
    float *scores = malloc(bytes);
#pragma omp parallel for schedule(static) num_threads(data->threads)
    for (int64_t row = 0; row < *rows; row++) {
        memcpy(scores + row * data->models, data->bias, (size_t)data->models * sizeof(float));
    }
    GrB_Matrix c;
    void *values = scores;
    check(GrB_Matrix_new(&c, GrB_FP32, count, (GrB_Index)data->models));
    check(GxB_Matrix_pack_FullR(c, &values, bytes, false, NULL));
    check(GrB_mxm(c, NULL, GrB_PLUS_FP32, GrB_PLUS_TIMES_SEMIRING_FP32, blocks[block], weights,
                  NULL));
    bool same;
    GrB_Index size;
    check(GxB_Matrix_unpack_FullR(c, &values, &size, &same, NULL));
    check(GrB_Matrix_free(&c));
    return values;
}

static void decide(peer_data *data)
{
    for (int64_t block = 0; block < block_count; block++) {
        int64_t rows;
        float *scores = score_block(data, block, &rows);
        int16_t *decision = data->decision + block * block_rows;
#pragma omp parallel for schedule(static) num_threads(data->threads)
        for (int64_t row = 0; row < rows; row++) {
            decision[row] = peer_best(scores + row * data->models, data->models);
        }
        free(scores);
    }
}

static void score(peer_data *data)
{
    for (int64_t block = 0; block < block_count; block++) {
        int64_t rows;
        free(score_block(data, block, &rows));
    }
}

int main(int count, char **words)
{
    const char *version = PEER_TEXT(GxB_IMPLEMENTATION_MAJOR) "." PEER_TEXT(
        GxB_IMPLEMENTATION_MINOR) "." PEER_TEXT(GxB_IMPLEMENTATION_SUB);
    return peer_main(count, words, &(peer){version, prepare, decide, score});
}
