/* peer.h - what every compiled peer does alike: arrays in, then one pass over them a command.
 *
 * A peer is called with a FOLDER of `tagroute bench --dump` and a number of threads. It loads and
 * lays out the queries, decides them once to warm up, prints a line of JSON about itself, and then
 * answers each line of its input: `decide` and `score` with the seconds they took, by the clock and
 * of processors; `write FILE` once decisions are there.
 */
#ifndef TGR_PEER_H
#define TGR_PEER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PEER_TEXT_(x) #x
#define PEER_TEXT(x)  PEER_TEXT_(x)

typedef struct peer_data {
    int64_t queries, tags, models, nonzeros;
    int64_t *indptr;   /* queries + 1 */
    int32_t *indices;  /* nonzeros */
    float *values;     /* nonzeros */
    float *weights;    /* tags x models */
    float *bias;       /* models */
    int16_t *decision; /* queries */
    int threads;
} peer_data;

typedef struct peer {
    const char *version;
    void (*prepare)(peer_data *data);
    void (*decide)(peer_data *data); /* scores and decides all queries */
    void (*score)(peer_data *data);  /* scores them a block at a time; NULL: no way of its own */
} peer;

/* Rows of a block whose scores stay in the second-level cache. */
static inline int64_t peer_block_rows(const peer_data *data)
{
    int64_t rows = (1 << 18) / (4 * data->models) / 64 * 64;
    return rows < 1024 ? 1024 : rows;
}

/* The best of a query's scores; the first of equals. Of many, the most first and then where it is:
 * compilers make vectors of both. */
static inline int16_t peer_best(const float *scores, int64_t models)
{
    int32_t found = 0;
    if (models < 32) {
        for (int32_t k = 1; k < models; k++) {
            found = scores[k] > scores[found] ? k : found;
        }
        return (int16_t)found;
    }
    float most = scores[0];
#pragma omp simd reduction(max : most)
    for (int32_t k = 1; k < models; k++) {
        most = scores[k] > most ? scores[k] : most;
    }
    found = INT32_MAX;
#pragma omp simd reduction(min : found)
    for (int32_t k = 0; k < models; k++) {
        int32_t here = scores[k] == most ? k : INT32_MAX;
        found = here < found ? here : found;
    }
    return (int16_t)found;
}

static inline void *peer_read(const char *folder, const char *name, size_t *bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    *bytes = (size_t)ftell(file);
    rewind(file);
    void *memory = aligned_alloc(64, (*bytes + 127) / 64 * 64);
    if (memory == NULL || fread(memory, 1, *bytes, file) != *bytes) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    return memory;
}

static inline void peer_load(peer_data *data, const char *folder)
{
    size_t bytes;
    data->indptr = (int64_t *)peer_read(folder, "indptr.i64", &bytes);
    data->queries = (int64_t)(bytes / 8) - 1;
    data->indices = (int32_t *)peer_read(folder, "indices.u32", &bytes);
    data->nonzeros = (int64_t)(bytes / 4);
    data->values = (float *)peer_read(folder, "values.f32", &bytes);
    data->bias = (float *)peer_read(folder, "bias.f32", &bytes);
    data->models = (int64_t)(bytes / 4);
    data->weights = (float *)peer_read(folder, "weights.f32", &bytes);
    data->tags = (int64_t)(bytes / 4) / data->models;
    data->decision = (int16_t *)aligned_alloc(64, ((size_t)data->queries * 2 + 127) / 64 * 64);
}

static inline double peer_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static inline void peer_time(peer_data *data, void (*pass)(peer_data *))
{
    double wall = peer_clock(CLOCK_MONOTONIC), busy = peer_clock(CLOCK_PROCESS_CPUTIME_ID);
    pass(data);
    busy = peer_clock(CLOCK_PROCESS_CPUTIME_ID) - busy;
    printf("%.9f %.9f\n", peer_clock(CLOCK_MONOTONIC) - wall, busy);
}

static inline void peer_write(const peer_data *data, const char *path)
{
    FILE *file = fopen(path, "wb");
    size_t count = (size_t)data->queries;
    if (file == NULL || fwrite(data->decision, 2, count, file) != count || fclose(file) != 0) {
        fprintf(stderr, "%s: cannot be written\n", path);
        exit(1);
    }
    printf("written\n");
}

static inline int peer_main(int count, char **words, const peer *does)
{
    if (count != 3) {
        fprintf(stderr, "usage: %s FOLDER THREADS\n", words[0]);
        return 2;
    }
    peer_data data;
    memset(&data, 0, sizeof data);
    data.threads = atoi(words[2]);
    peer_load(&data, words[1]);
    does->prepare(&data);
    does->decide(&data);
    printf("{\"version\": \"%s\", \"scores\": %s}\n", does->version,
           does->score != NULL ? "true" : "false");
    fflush(stdout);
    char line[4096];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "write ", 6) == 0) {
            peer_write(&data, line + 6);
        } else {
            peer_time(&data, strcmp(line, "score") == 0 ? does->score : does->decide);
        }
        fflush(stdout);
    }
    return 0;
}

#endif
