/* plain.c - the loop that somebody would write, on all threads; with PEER_MODELS the number of
 * models is a constant and rows of weights are padded, so that the compiler makes vectors of it. */
#include "peer.h"

#ifdef PEER_MODELS
enum { most = PEER_MODELS, wide = most <= 4 ? 4 : most <= 8 ? 8 : (most + 15) / 16 * 16 };
#define MODELS(data) ((void)(data), PEER_MODELS)
#define WIDE(data)   wide
#else
enum { most = 1024, wide = most };
#define MODELS(data) ((data)->models)
#define WIDE(data)   ((data)->models)
#endif

static float *weights, *bias;

static void prepare(peer_data *data)
{
    const int64_t models = data->models, width = WIDE(data);
    weights = aligned_alloc(64, (size_t)(data->tags * width + 16) / 16 * 64);
    bias = aligned_alloc(64, wide * sizeof *bias);
    if (models > most || weights == NULL || bias == NULL) {
        fprintf(stderr, "compiled for at most %d models, and there are %d\n", most, (int)models);
        exit(1);
    }
    memset(weights, 0, (size_t)(data->tags * width) * sizeof *weights);
    memset(bias, 0, wide * sizeof *bias);
    for (int64_t tag = 0; tag < data->tags; tag++) {
        memcpy(weights + tag * width, data->weights + tag * models,
               (size_t)models * sizeof *weights);
    }
    memcpy(bias, data->bias, (size_t)models * sizeof *bias);
}

static void decide(peer_data *data)
{
    const int64_t width = WIDE(data);
#pragma omp parallel for schedule(dynamic, 4096) num_threads(data->threads)
    for (int64_t row = 0; row < data->queries; row++) {
        float scores[wide];
        for (int64_t k = 0; k < width; k++) {
            scores[k] = bias[k];
        }
        for (int64_t entry = data->indptr[row]; entry < data->indptr[row + 1]; entry++) {
            const float value = data->values[entry];
            const float *of_tag = weights + data->indices[entry] * width;
            for (int64_t k = 0; k < width; k++) {
                scores[k] += value * of_tag[k];
            }
        }
        data->decision[row] = peer_best(scores, MODELS(data));
    }
}

int main(int count, char **words)
{
    return peer_main(count, words, &(peer){"gcc " __VERSION__, prepare, decide, NULL});
}
