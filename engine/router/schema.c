/* schema.c - what holds of every router, whoever made it: names, ranges, finite numbers. */
#include "engine/router/schema.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "kernels/kernels.h"

const tgr_model_number tgr_model_numbers[TGR_MODEL_NUMBERS] = {
    {"input_cost_per_token", offsetof(tgr_model, price_in), false},
    {"output_cost_per_token", offsetof(tgr_model, price_out), false},
    {"cost", offsetof(tgr_model, cost), false},
    {"mean_cost", offsetof(tgr_model, mean_cost), true},
    {"mean_completion_tokens", offsetof(tgr_model, mean_completion_tokens), false},
    {"mean_score", offsetof(tgr_model, mean_score), true},
    {"mean_reward", offsetof(tgr_model, mean_reward), true},
    {"max_input_tokens", offsetof(tgr_model, max_input_tokens), false},
    {"cache_read_input_token_cost", offsetof(tgr_model, price_cached), false},
    {"token_ratio", offsetof(tgr_model, token_ratio), false},
    {"assumed_completion_tokens", offsetof(tgr_model, assumed_completion_tokens), false},
};

/* The length of the UTF-8 sequence at bytes, 0 where there is none: neither overlong nor a
 * surrogate nor beyond U+10FFFF. */
static size_t sequence(const unsigned char *bytes, size_t left)
{
    unsigned char lead = bytes[0];
    if (lead < 0x80) {
        return lead != 0;
    }
    size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || length > left) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool refused = (lead == 0xe0 && bytes[1] < 0xa0) || (lead == 0xed && bytes[1] > 0x9f) ||
                   (lead == 0xf0 && bytes[1] < 0x90) || (lead == 0xf4 && bytes[1] > 0x8f);
    return refused ? 0 : length;
}

bool tgr_name_is_text(const char *bytes, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t step = sequence((const unsigned char *)bytes + at, length - at);
        if (step == 0) {
            return false;
        }
        at += step;
    }
    return true;
}

static tgr_status check_model(const tgr_router *router, size_t number, tgr_error *error)
{
    const tgr_model *model = &router->models[number];
    if (model->name == NULL || model->name[0] == '\0') {
        return tgr_fail(error, TGR_ERR_INPUT, "model %zu has no name", number);
    }
    if (!tgr_name_is_text(model->name, strlen(model->name))) {
        return tgr_fail(error, TGR_ERR_INPUT, "the name of model %zu is not UTF-8", number);
    }
    for (size_t i = 0; i < TGR_MODEL_NUMBERS; i++) {
        const tgr_model_number *field = &tgr_model_numbers[i];
        double value = tgr_model_get(model, field);
        if (isinf(value) || (value < 0 && !field->may_be_below)) {
            return tgr_fail(
                error, TGR_ERR_INPUT, "\"%s\" of model \"%s\" is %g; it must be a finite number%s",
                field->name, model->name, value, field->may_be_below ? "" : " of at least zero");
        }
    }
    if (model->token_ratio == 0) {
        return tgr_fail(error, TGR_ERR_INPUT, "\"token_ratio\" of model \"%s\" is 0", model->name);
    }
    return TGR_OK;
}

static tgr_status check_models(const tgr_router *router, tgr_error *error)
{
    if (router->model_count == 0 || router->model_count > TGR_MODELS_MAX) {
        return tgr_fail(error, TGR_ERR_INPUT, "a router has 1 to %d models, not %zu",
                        TGR_MODELS_MAX, router->model_count);
    }
    if (router->reference >= router->model_count) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "the reference is model %zu of %zu; models count from 0", router->reference,
                        router->model_count);
    }
    tgr_status status = TGR_OK;
    tgr_strings *names = tgr_strings_new();
    if (names == NULL) {
        return tgr_fail_memory(error, "the models' names");
    }
    for (size_t i = 0; i < router->model_count; i++) {
        TGR_TRY(check_model(router, i, error));
        const char *name = router->models[i].name;
        uint32_t number = tgr_strings_add(names, name, strlen(name));
        if (number == TGR_STRING_NONE) {
            status = tgr_fail_memory(error, "the models' names");
            goto done;
        }
        if (number != i) {
            status = tgr_fail(error, TGR_ERR_INPUT, "model \"%s\" is there twice", name);
            goto done;
        }
    }
done:
    tgr_strings_free(names);
    return status;
}

static tgr_status check_tags(const tgr_router *router, tgr_error *error)
{
    uint32_t tags = (uint32_t)tgr_router_tags(router);
    for (uint32_t i = 0; i < tags; i++) {
        size_t length;
        const char *tag = tgr_strings_get(router->tags, i, &length);
        if (!tgr_name_is_text(tag, length)) {
            return tgr_fail(error, TGR_ERR_INPUT, "tag %u is not UTF-8 text without NUL", i);
        }
        if (!(router->counts[i] >= 0) || isinf(router->counts[i])) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "the count of tag \"%s\" is %g, not a finite number of "
                            "at least zero",
                            tag, router->counts[i]);
        }
    }
    return TGR_OK;
}

static tgr_status check_scores(const tgr_router *router, tgr_error *error)
{
    size_t models = router->model_count;
    for (size_t k = 0; k < models; k++) {
        if (!isfinite(router->bias[k])) {
            return tgr_fail(error, TGR_ERR_INPUT, "the bias of model \"%s\" is not finite",
                            router->models[k].name);
        }
    }
    size_t entries = tgr_router_tags(router) * models;
    for (size_t i = 0; i < entries; i++) {
        if (!isfinite(router->weights[i])) {
            size_t length;
            return tgr_fail(error, TGR_ERR_INPUT,
                            "the weight of tag \"%s\" for model \"%s\" is not finite",
                            tgr_strings_get(router->tags, (uint32_t)(i / models), &length),
                            router->models[i % models].name);
        }
    }
    return TGR_OK;
}

static tgr_status check_settings(const tgr_router *router, tgr_error *error)
{
    const char *const words[] = {router->scorer, router->tagger_kind, router->tagger_digest,
                                 tgr_count_name(router->count)};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i] == NULL || !tgr_name_is_text(words[i], strlen(words[i]))) {
            return tgr_fail(
                error, TGR_ERR_INPUT,
                "the scorer's name and count and the tagger's kind and digest must be text");
        }
    }
    bool finite = isfinite(router->min_count);
    for (size_t i = 0; i < 3; i++) {
        finite = finite && isfinite(router->rewards[i]);
    }
    if (!finite) {
        return tgr_fail(error, TGR_ERR_INPUT, "the scorer's rewards and min_count must be finite");
    }
    for (size_t i = 0; i < router->quantile_count; i++) {
        const tgr_margin_quantile *quantile = &router->quantiles[i];
        if (!(quantile->share > 0 && quantile->share < 1) || !isfinite(quantile->threshold)) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "quantile %zu is not a share between 0 and 1 and a finite threshold",
                            i);
        }
    }
    return TGR_OK;
}

tgr_status tgr_router_check(const tgr_router *router, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(check_models(router, error));
    if (router->tags == NULL || router->counts == NULL || router->bias == NULL ||
        router->weights == NULL) {
        return tgr_fail(error, TGR_ERR_INPUT, "the router has no scores yet");
    }
    TGR_TRY(check_tags(router, error));
    TGR_TRY(check_scores(router, error));
    TGR_TRY(check_settings(router, error));
done:
    return status;
}
