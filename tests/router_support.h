/* router_support.h - what the router's tests share: routers made of seeds, files, MessagePack by
 * hand. */
#ifndef TGR_TESTS_ROUTER_SUPPORT_H
#define TGR_TESTS_ROUTER_SUPPORT_H

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/router/serve.h"
#include "tests/cmocka_all.h"

static inline uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline double random_unit(uint64_t *state)
{
    return (double)(next_random(state) >> 11) * 0x1p-53;
}

/* A temporary folder that the test changes into, so that file names are short. */
static char support_folder[64];

static inline int enter_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/tagroute-router-XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(folder) == NULL || strlen(folder) >= sizeof support_folder) {
        return -1;
    }
    strcpy(support_folder, folder);
    return chdir(support_folder);
}

static inline int leave_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", support_folder);
    return chdir("/") != 0 || system(command) != 0;
}

static inline void write_bytes(const char *path, const void *bytes, size_t length)
{
    unlink(path); /* cutting a file short makes some file systems wait for the disk */
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static inline char *read_bytes(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    char *bytes = malloc((size_t)size + 1);
    assert_non_null(bytes);
    *length = fread(bytes, 1, (size_t)size, file);
    assert_int_equal(*length, size);
    fclose(file);
    return bytes;
}

/* A router whose every field is set, models and tags named "m0", "t0" and so on. */
static inline tgr_router *make_router(size_t models, size_t tags, uint64_t seed)
{
    tgr_router *router = tgr_router_new();
    assert_non_null(router);
    router->models = tgr_mem_alloc(models, sizeof *router->models);
    router->model_count = models;
    for (size_t k = 0; k < models; k++) {
        char name[32];
        snprintf(name, sizeof name, "m%zu", k);
        tgr_model_init(&router->models[k]);
        router->models[k].name = tgr_mem_string(name);
    }
    router->reference = models - 1;
    router->tags = tgr_strings_new();
    router->counts = tgr_mem_alloc(tags, sizeof *router->counts);
    router->bias = tgr_mem_alloc(models, sizeof *router->bias);
    router->weights = tgr_mem_alloc(tags * models, sizeof *router->weights);
    for (size_t t = 0; t < tags; t++) {
        char tag[32];
        snprintf(tag, sizeof tag, "t%zu", t);
        assert_int_equal(tgr_strings_add(router->tags, tag, strlen(tag)), t);
        router->counts[t] = floor(random_unit(&seed) * 1000);
    }
    for (size_t k = 0; k < models; k++) {
        router->bias[k] = (float)(random_unit(&seed) - 0.5);
    }
    for (size_t i = 0; i < tags * models; i++) {
        router->weights[i] = (float)(random_unit(&seed) - 0.5);
    }
    router->scorer = tgr_mem_string("paper");
    router->rewards[0] = 1;
    router->rewards[1] = 0.15;
    router->rewards[2] = -1;
    router->min_count = 5;
    router->count = TGR_COUNT_RAW;
    router->tagger_kind = tgr_mem_string("given");
    router->tagger_digest = tgr_mem_zalloc(33, 1);
    tgr_tagger_digest("given", false, router->tagger_digest);
    assert_int_equal(tgr_router_update_digest(router, NULL), TGR_OK);
    return router;
}

/* Sets what a price map would have said of a model's capabilities, given in byte order. */
static inline void set_supports(tgr_model *model, const char *const *names, size_t count)
{
    tgr_model_free_supports(model);
    model->supports_known = true;
    model->supports = tgr_mem_alloc(count, sizeof *model->supports);
    for (size_t i = 0; i < count; i++) {
        model->supports[i] = tgr_mem_string(names[i]);
    }
    model->support_count = count;
}

/* A query file without a file: columns "t0", "u1", "t2", ... (every other tag is new to the
 * router), in an order of its own. */
static inline tgr_query_file *make_file(const tgr_router *router, uint32_t columns, uint64_t *seed)
{
    tgr_query_file *file = calloc(1, sizeof *file);
    assert_non_null(file);
    file->path = "queries.h5";
    file->tags = tgr_strings_new();
    file->models = tgr_strings_new();
    file->tagger_digest = "";
    file->digest = "";
    uint32_t step = columns > 1 ? columns - 1 : 1, at = 0;
    for (uint32_t i = 0; i < columns; i++, at = (at + step) % columns) {
        char tag[32];
        snprintf(tag, sizeof tag, "%c%u", at % 2 == 0 ? 't' : 'u', (unsigned)at);
        assert_int_equal(tgr_strings_add(file->tags, tag, strlen(tag)), i);
    }
    file->columns = columns;
    for (size_t k = 0; k < router->model_count; k++) {
        if (next_random(seed) % 3 > 0) {
            const char *name = router->models[router->model_count - 1 - k].name;
            tgr_strings_add(file->models, name, strlen(name));
        }
    }
    return file;
}

static inline void free_file(tgr_query_file *file)
{
    tgr_strings_free(file->tags);
    tgr_strings_free(file->models);
    tgr_strings_free(file->allows);
    tgr_strings_free(file->denies);
    tgr_strings_free(file->needs);
    free(file);
}

#endif
