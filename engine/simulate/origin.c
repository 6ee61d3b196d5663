/* origin.c - copies of what is known of router, options and files. */
#include "engine/simulate/origin.h"

#include "engine/base/memory.h"

/* A copy of a text that says something, else NULL; false where memory is short. */
static bool copy(char **to, const char *text)
{
    bool says = text != NULL && text[0] != '\0';
    *to = says ? tgr_mem_string(text) : NULL;
    return !says || *to != NULL;
}

static bool copy_prices(tgr_origin_texts *texts, const tgr_router *router)
{
    texts->prices = tgr_mem_zalloc(router->model_count, sizeof *texts->prices);
    texts->price_texts = tgr_mem_zalloc(router->model_count, sizeof *texts->price_texts);
    bool copied = texts->prices != NULL && texts->price_texts != NULL;
    for (size_t i = 0; copied && i < router->model_count; i++) {
        texts->models = i + 1;
        copied = tgr_price_of_model(&router->models[i], &texts->prices[i], &texts->price_texts[i]);
    }
    return copied;
}

static bool copy_digests(tgr_origin_texts *texts, tgr_query_file *const *files, size_t count)
{
    texts->file_digests = tgr_mem_zalloc(count, sizeof *texts->file_digests);
    for (size_t i = 0; texts->file_digests != NULL && i < count; i++) {
        texts->files = i + 1;
        if (!copy(&texts->file_digests[i], files[i]->digest)) {
            return false;
        }
    }
    return texts->file_digests != NULL;
}

bool tgr_origin_fill(tgr_origin *origin, tgr_origin_texts *texts, const tgr_router *router,
                     const tgr_simulate_options *options, tgr_query_file *const *files,
                     size_t file_count)
{
    bool whole = router->scorer != NULL;
    bool copied = copy(&texts->router, router->digest) && copy(&texts->scorer, router->scorer) &&
                  copy(&texts->split, options->split) && copy(&texts->fallback, options->fallback);
    copied = copied && (!whole || copy_prices(texts, router));
    if (!copied || !copy_digests(texts, files, file_count)) {
        return false;
    }
    *origin = (tgr_origin){
        .router = texts->router,
        .scorer = texts->scorer,
        .counts = whole ? tgr_count_name(router->count) : NULL,
        .split = texts->split,
        .fallback = texts->fallback,
        .tags = router->tags == NULL ? 0 : tgr_strings_count(router->tags),
        .files = file_count,
        .file_digests = (const char *const *)texts->file_digests,
        .prices = texts->prices,
    };
    return true;
}

void tgr_origin_free(tgr_origin_texts *texts)
{
    for (size_t i = 0; i < texts->files; i++) {
        tgr_mem_free(texts->file_digests[i]);
    }
    tgr_mem_free(texts->file_digests);
    tgr_mem_free(texts->router);
    tgr_mem_free(texts->scorer);
    tgr_mem_free(texts->split);
    tgr_mem_free(texts->fallback);
    for (size_t i = 0; i < texts->models; i++) {
        tgr_price_texts_free(&texts->price_texts[i]);
    }
    tgr_mem_free(texts->price_texts);
    tgr_mem_free(texts->prices);
    *texts = (tgr_origin_texts){0};
}
