/* pack.c - see pack.h. */
#include "engine/router/pack.h"

#include <math.h>
#include <string.h>

#include "engine/router/schema.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "router files hold little-endian arrays, which are written and read as they lie in memory"
#endif

void tgr_router_arrays(const tgr_router *router, tgr_router_array arrays[TGR_ROUTER_ARRAYS])
{
    size_t tags = router->tags == NULL ? 0 : tgr_strings_count(router->tags);
    arrays[0] = (tgr_router_array){"counts", router->counts, tags * sizeof(double)};
    arrays[1] = (tgr_router_array){"bias", router->bias, router->model_count * sizeof(float)};
    arrays[2] =
        (tgr_router_array){"weights", router->weights, tags * router->model_count * sizeof(float)};
    for (size_t i = 0; i < TGR_ROUTER_ARRAYS; i++) {
        if (arrays[i].bytes == NULL) { /* a router in the making */
            arrays[i].bytes = "";
            arrays[i].length = 0;
        }
    }
}

int tgr_pack_to_buffer(void *buffer, const char *bytes, size_t length)
{
    tgr_buffer_add(buffer, bytes, length);
    return 0;
}

void tgr_pack_text(msgpack_packer *packer, const char *text, size_t length)
{
    msgpack_pack_str(packer, length);
    msgpack_pack_str_body(packer, text, length);
}

static void pack_word(msgpack_packer *packer, const char *word)
{
    tgr_pack_text(packer, word, strlen(word));
}

static void pack_word_pair(msgpack_packer *packer, const char *key, const char *word)
{
    pack_word(packer, key);
    if (word == NULL) {
        msgpack_pack_nil(packer);
    } else {
        pack_word(packer, word);
    }
}

static void pack_real_pair(msgpack_packer *packer, const char *key, double value)
{
    pack_word(packer, key);
    msgpack_pack_double(packer, value);
}

static void pack_boolean_pair(msgpack_packer *packer, const char *key, bool value)
{
    pack_word(packer, key);
    if (value) {
        msgpack_pack_true(packer);
    } else {
        msgpack_pack_false(packer);
    }
}

/* Pairs kept from the file that was read, as they stood there. */
static void pack_unknown(msgpack_packer *packer, const tgr_buffer *pairs)
{
    if (pairs->length > 0) {
        packer->callback(packer->data, pairs->bytes, pairs->length);
    }
}

static void pack_supports(msgpack_packer *packer, const tgr_model *model)
{
    pack_word(packer, "supports");
    msgpack_pack_array(packer, model->support_count);
    for (size_t i = 0; i < model->support_count; i++) {
        pack_word(packer, model->supports[i]);
    }
}

static void pack_price(msgpack_packer *packer, double price)
{
    if (isnan(price)) {
        msgpack_pack_nil(packer);
    } else {
        msgpack_pack_double(packer, price);
    }
}

static void pack_steps(msgpack_packer *packer, const tgr_model *model)
{
    pack_word(packer, "long_prompts");
    msgpack_pack_array(packer, model->step_count);
    for (size_t i = 0; i < model->step_count; i++) {
        const tgr_price_step *step = &model->steps[i];
        msgpack_pack_array(packer, 4);
        msgpack_pack_double(packer, step->above);
        pack_price(packer, step->in);
        pack_price(packer, step->out);
        pack_price(packer, step->cached);
    }
}

static void pack_entry(msgpack_packer *packer, const tgr_price_entry *entry)
{
    pack_word(packer, "price_entry");
    msgpack_pack_map(packer, 4);
    pack_word_pair(packer, "name", entry->name);
    pack_word_pair(packer, "map", entry->map);
    pack_word_pair(packer, "tier", tgr_tier_name(entry->tier));
    pack_word(packer, "prices");
    msgpack_pack_map(packer, entry->rate_count);
    for (size_t i = 0; i < entry->rate_count; i++) {
        char name[TGR_RATE_NAME];
        tgr_rate_name(&entry->rates[i], name);
        pack_real_pair(packer, name, entry->rates[i].usd);
    }
}

static void pack_model(msgpack_packer *packer, const tgr_model *model)
{
    size_t known = 0;
    for (size_t i = 0; i < TGR_MODEL_NUMBERS; i++) {
        known += !isnan(tgr_model_get(model, &tgr_model_numbers[i]));
    }
    bool stepped = model->step_count > 0, pinned = model->entry.name != NULL;
    msgpack_pack_map(packer,
                     1 + known + model->supports_known + stepped + pinned + model->unknown_pairs);
    pack_word_pair(packer, "name", model->name);
    for (size_t i = 0; i < TGR_MODEL_NUMBERS; i++) {
        double value = tgr_model_get(model, &tgr_model_numbers[i]);
        if (!isnan(value)) {
            pack_real_pair(packer, tgr_model_numbers[i].name, value);
        }
    }
    if (model->supports_known) {
        pack_supports(packer, model);
    }
    if (stepped) {
        pack_steps(packer, model);
    }
    if (pinned) {
        pack_entry(packer, &model->entry);
    }
    pack_unknown(packer, &model->unknown);
}

static void pack_models(msgpack_packer *packer, const tgr_router *router)
{
    pack_word(packer, "models");
    msgpack_pack_array(packer, router->model_count);
    for (size_t i = 0; i < router->model_count; i++) {
        pack_model(packer, &router->models[i]);
    }
}

static void pack_scorer(msgpack_packer *packer, const tgr_router *router)
{
    pack_word(packer, "scorer");
    msgpack_pack_map(packer, 4 + (size_t)router->unknown_scorer_pairs);
    pack_word_pair(packer, "name", router->scorer);
    pack_word_pair(packer, "count", tgr_count_name(router->count));
    pack_word(packer, "rewards");
    msgpack_pack_map(packer, 3);
    pack_real_pair(packer, "win", router->rewards[0]);
    pack_real_pair(packer, "tie", router->rewards[1]);
    pack_real_pair(packer, "loss", router->rewards[2]);
    pack_real_pair(packer, "min_count", router->min_count);
    pack_unknown(packer, &router->unknown_scorer);
}

static void pack_tagger(msgpack_packer *packer, const tgr_router *router)
{
    pack_word(packer, "tagger");
    msgpack_pack_map(packer, 4 + (size_t)router->tagger_setting_count);
    pack_word_pair(packer, "kind", router->tagger_kind);
    pack_word(packer, "version");
    msgpack_pack_int(packer, TGR_TAGGER_VERSION);
    pack_boolean_pair(packer, "category_tag", router->category_tag);
    pack_word_pair(packer, "digest", router->tagger_digest);
    pack_unknown(packer, &router->tagger_settings);
}

static void pack_quantiles(msgpack_packer *packer, const tgr_router *router)
{
    pack_word(packer, "quantiles");
    msgpack_pack_array(packer, router->quantile_count);
    for (size_t i = 0; i < router->quantile_count; i++) {
        msgpack_pack_array(packer, 2);
        msgpack_pack_double(packer, router->quantiles[i].share);
        msgpack_pack_double(packer, router->quantiles[i].threshold);
    }
}

static void pack_tags(msgpack_packer *packer, const tgr_router *router)
{
    uint32_t tags = router->tags == NULL ? 0 : tgr_strings_count(router->tags);
    pack_word(packer, "tags");
    msgpack_pack_array(packer, tags);
    for (uint32_t i = 0; i < tags; i++) {
        size_t length;
        const char *tag = tgr_strings_get(router->tags, i, &length);
        tgr_pack_text(packer, tag, length);
    }
}

uint32_t tgr_router_pairs(const tgr_router *router)
{
    return 8 + router->unknown_pairs;
}

void tgr_router_pack(const tgr_router *router, msgpack_packer *packer)
{
    pack_word_pair(packer, "format", TGR_ROUTER_FORMAT);
    pack_word(packer, "version");
    msgpack_pack_int(packer, TGR_ROUTER_VERSION);
    pack_models(packer, router);
    pack_word(packer, "reference");
    msgpack_pack_uint64(packer, router->reference);
    pack_scorer(packer, router);
    pack_tagger(packer, router);
    pack_quantiles(packer, router);
    pack_unknown(packer, &router->unknown);
    pack_tags(packer, router);
}
