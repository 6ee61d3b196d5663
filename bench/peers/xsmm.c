/* xsmm.c - libxsmm: tiles of 64 rows written out in full, multiplied by generated code; then the
 * best of each row. For sparse rows that is a lot of zeros: it is run where a query has an eighth
 * of the tags or more. */
#include <libxsmm.h>

#include "peer.h"

enum { ROWS = 64 };

static libxsmm_smmfunction multiply;

static void prepare(peer_data *data)
{
    libxsmm_blasint models = (libxsmm_blasint)data->models, rows = ROWS;
    libxsmm_blasint tags = (libxsmm_blasint)data->tags;
    const float one = 1;
    libxsmm_init();
    /* Column-major: scores(models x rows) += weights(models x tags) * x(tags x rows). */
    multiply = libxsmm_smmdispatch(models, rows, tags, NULL, NULL, NULL, &one, &one, NULL, NULL);
    if (multiply == NULL) {
        fprintf(stderr, "libxsmm has no code for these sizes\n");
        exit(1);
    }
}

static void decide_tile(peer_data *data, int64_t first, float *x, float *scores)
{
    int64_t rows = data->queries - first < ROWS ? data->queries - first : ROWS;
    memset(x, 0, (size_t)(ROWS * data->tags) * sizeof *x);
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t i = data->indptr[first + row]; i < data->indptr[first + row + 1]; i++) {
            x[row * data->tags + data->indices[i]] = data->values[i];
        }
    }
    for (int64_t row = 0; row < ROWS; row++) {
        memcpy(scores + row * data->models, data->bias, (size_t)data->models * sizeof *scores);
    }
    multiply(data->weights, x, scores);
    for (int64_t row = 0; row < rows; row++) {
        data->decision[first + row] = peer_best(scores + row * data->models, data->models);
    }
}

static void decide(peer_data *data)
{
#pragma omp parallel num_threads(data->threads)
    {
        float *x = aligned_alloc(64, (size_t)(ROWS * data->tags) * sizeof *x);
        float *scores = aligned_alloc(64, (size_t)(ROWS * data->models) * sizeof *scores);
#pragma omp for schedule(dynamic, 1)
        for (int64_t first = 0; first < data->queries; first += ROWS) {
            decide_tile(data, first, x, scores);
        }
        free(x);
        free(scores);
    }
}

int main(int count, char **words)
{
    return peer_main(count, words, &(peer){LIBXSMM_VERSION, prepare, decide, NULL});
}
