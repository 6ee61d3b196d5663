/* price_choice.c - see price_choice.h. */
#include "engine/router/price_choice.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/router/price_entry.h"

tgr_router *tgr_named_router(const tgr_strings *names)
{
    uint32_t count = tgr_strings_count(names);
    tgr_router *router = tgr_router_new();
    bool complete = router != NULL;
    if (complete) {
        router->models = tgr_mem_alloc(count, sizeof *router->models);
        complete = router->models != NULL;
    }
    for (uint32_t i = 0; complete && i < count; i++) {
        tgr_model_init(&router->models[i]);
        router->model_count++;
        router->models[i].name = tgr_mem_string(tgr_strings_get(names, i, NULL));
        complete = router->models[i].name != NULL;
    }
    if (!complete) {
        tgr_router_free(router);
        router = NULL;
    }
    return router;
}

/* ---- words about some models --------------------------------------------------------------------
 */

/* The five lists of words. */
typedef struct word_list {
    const char *const **words;
    size_t *count;
} word_list;

#define LISTS 5

static void list_words(tgr_price_options *options, word_list lists[LISTS])
{
    lists[0] = (word_list){&options->aliases, &options->alias_count};
    lists[1] = (word_list){&options->prices, &options->price_count};
    lists[2] = (word_list){&options->completion_tokens, &options->completion_token_count};
    lists[3] = (word_list){&options->costs, &options->cost_count};
    lists[4] = (word_list){&options->token_ratios, &options->token_ratio_count};
}

/* Whether words are about a model of the router, or about all. */
static bool is_about(const tgr_router *router, const char *word)
{
    bool about = strchr(word, '=') == NULL;
    for (size_t i = 0; i < router->model_count && !about; i++) {
        size_t length = strlen(router->models[i].name);
        about = strncmp(word, router->models[i].name, length) == 0 && word[length] == '=';
    }
    return about;
}

static tgr_status set_own_prices(tgr_router *router, const tgr_price_options *given,
                                 const tgr_run *run, tgr_error *error)
{
    tgr_price_options options = {0};
    word_list lists[LISTS];
    const char **chosen[LISTS] = {NULL};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_options_copy(&options, sizeof options, given, error));
    list_words(&options, lists);
    for (size_t i = 0; i < LISTS; i++) {
        size_t kept = 0;
        chosen[i] = tgr_mem_alloc(*lists[i].count, sizeof *chosen[i]);
        TGR_TRY(chosen[i] == NULL ? tgr_fail_memory(error, "words about prices") : TGR_OK);
        for (size_t k = 0; k < *lists[i].count; k++) {
            if (is_about(router, (*lists[i].words)[k])) {
                chosen[i][kept++] = (*lists[i].words)[k];
            }
        }
        *lists[i].words = chosen[i];
        *lists[i].count = kept;
    }
    TGR_TRY(tgr_router_set_prices(router, &options, run, error));
done:
    for (size_t i = 0; i < LISTS; i++) {
        tgr_mem_free(chosen[i]);
    }
    return status;
}

tgr_status tgr_router_price_each(tgr_router *router, const tgr_price_options *options,
                                 const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; i < router->model_count && status == TGR_OK; i++) {
        tgr_error why;
        tgr_router *one = tgr_router_new();
        if (one == NULL) {
            return tgr_fail_memory(error, "prices");
        }
        one->models = &router->models[i];
        one->model_count = 1;
        status = set_own_prices(one, options, run, &why);
        one->models = NULL;
        one->model_count = 0;
        tgr_router_free(one);
        if (status == TGR_ERR_ARGUMENT) {
            tgr_run_message(run, TGR_WARNING, "%s; it stays without", why.message);
            status = TGR_OK;
        } else if (status != TGR_OK) {
            tgr_fail(error, status, "%s", why.message);
        }
    }
    return status;
}

/* ---- checking -----------------------------------------------------------------------------------
 */

/* The models that words name; of an alias its first '=' ends the name, of a price its last. */
static bool add_named(tgr_strings *names, const char *const *words, size_t count, bool first)
{
    bool added = true;
    for (size_t i = 0; i < count && added; i++) {
        const char *equals = first ? strchr(words[i], '=') : strrchr(words[i], '=');
        added = equals == NULL || equals == words[i] ||
                tgr_strings_add(names, words[i], (size_t)(equals - words[i])) != TGR_STRING_NONE;
    }
    return added;
}

tgr_status tgr_price_options_check(const tgr_price_options *given, tgr_error *error)
{
    tgr_price_options options = {0};
    tgr_strings *names = tgr_strings_new();
    tgr_router *router = NULL;
    tgr_status status = names == NULL ? tgr_fail_memory(error, "words about prices") : TGR_OK;
    TGR_TRY(status);
    TGR_TRY(tgr_options_copy(&options, sizeof options, given, error));
    if (options.tier != NULL && options.map == NULL) {
        TGR_TRY(
            tgr_fail(error, TGR_ERR_ARGUMENT, "a tier is one of a price map's: name the map, too"));
    }
    if (!add_named(names, options.aliases, options.alias_count, true) ||
        !add_named(names, options.prices, options.price_count, false) ||
        !add_named(names, options.token_ratios, options.token_ratio_count, false) ||
        (router = tgr_named_router(names)) == NULL) {
        TGR_TRY(tgr_fail_memory(error, "words about prices"));
    }
    tgr_tier tier;
    if (options.tier != NULL && !tgr_tier_by_name(options.tier, &tier)) {
        status = tgr_tier_unknown(options.tier, error);
        goto done;
    }
    options.tier = NULL; /* which models it is asked of is not known yet */
    status = tgr_router_set_prices(router, &options, NULL, error);
done:
    tgr_router_free(router);
    tgr_strings_free(names);
    return status;
}
