/* paid.c - a look-up for each model of a part, then row after row. */
#include "engine/ingest/paid.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/ingest/put.h"
#include "engine/log/fingerprint.h"
#include "engine/router/price_choice.h"
#include "engine/router/row_costs.h"

/* ---- opening ------------------------------------------------------------------------------------
 */

static void describe_words(const char *what, const char *const *words, size_t count,
                           tgr_buffer *text)
{
    for (size_t i = 0; i < count; i++) {
        tgr_buffer_format(text, "%s %s\n", what, words[i]);
    }
}

static tgr_status describe(const tgr_price_options *given, tgr_buffer *text, const tgr_run *run,
                           tgr_error *error)
{
    tgr_price_options options = {0};
    tgr_status status = tgr_options_copy(&options, sizeof options, given, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_buffer_format(text, "tier %s cold %d\n", options.tier == NULL ? "" : options.tier,
                      options.cold_cache);
    describe_words("alias", options.aliases, options.alias_count, text);
    describe_words("price", options.prices, options.price_count, text);
    describe_words("ratio", options.token_ratios, options.token_ratio_count, text);
    return options.map == NULL ? TGR_OK
                               : tgr_fingerprint_add(options.map, "prices", text, run, error);
}

tgr_status tgr_paid_open(tgr_paid *paid, const tgr_price_options *options, tgr_buffer *described,
                         const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (options == NULL) {
        return TGR_OK;
    }
    paid->options = options;
    paid->names = tgr_strings_new();
    TGR_TRY(paid->names == NULL ? tgr_fail_memory(error, "prices") : TGR_OK);
    TGR_TRY(tgr_price_options_check(options, error));
    TGR_TRY(describe(options, described, run, error));
done:
    return status;
}

void tgr_paid_free(tgr_paid *paid)
{
    uint32_t count = paid->names == NULL ? 0 : tgr_strings_count(paid->names);
    for (uint32_t i = 0; paid->routers != NULL && i < count; i++) {
        tgr_router_free(paid->routers[i]);
    }
    tgr_strings_free(paid->names);
    tgr_mem_free(paid->routers);
    tgr_mem_free(paid->prices);
    tgr_mem_free(paid->models);
    *paid = (tgr_paid){0};
}

/* ---- models -------------------------------------------------------------------------------------
 */

/* A router of one model; without prices where they are not to be had, which a warning says. */
static tgr_status price_model(const tgr_paid *paid, const char *name, size_t length,
                              tgr_router **router, const tgr_run *run, tgr_error *error)
{
    tgr_strings *one = tgr_strings_new();
    *router = NULL;
    if (one != NULL && tgr_strings_add(one, name, length) != TGR_STRING_NONE) {
        *router = tgr_named_router(one);
    }
    tgr_strings_free(one);
    return *router == NULL ? tgr_fail_memory(error, "prices")
                           : tgr_router_price_each(*router, paid->options, run, error);
}

/* What is known of a logged model; NULL: no prices. */
static tgr_status find_model(tgr_paid *paid, const char *name, size_t length,
                             const tgr_model **model, const tgr_run *run, tgr_error *error)
{
    uint32_t before = tgr_strings_count(paid->names);
    uint32_t number = tgr_strings_find(paid->names, name, length);
    if (number == TGR_STRING_NONE) {
        void *routers = paid->routers;
        bool enough =
            tgr_mem_grow(&routers, &paid->capacity, (size_t)before + 1, sizeof *paid->routers);
        paid->routers = routers;
        if (!enough) {
            return tgr_fail_memory(error, "prices");
        }
        paid->routers[before] = NULL;
        number = tgr_strings_add(paid->names, name, length);
        if (number == TGR_STRING_NONE) {
            return tgr_fail_memory(error, "prices");
        }
        tgr_status status = price_model(paid, name, length, &paid->routers[number], run, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    const tgr_model *found = &paid->routers[number]->models[0];
    *model = isnan(found->price_in) || isnan(found->price_out) ? NULL : found;
    return TGR_OK;
}

static tgr_status find_models(tgr_paid *paid, const tgr_part *part, const tgr_run *run,
                              tgr_error *error)
{
    const tgr_strings *names = part->coded[TGR_CODED_LOGGED_MODEL].names;
    uint32_t count = tgr_strings_count(names);
    void *prices = (void *)(uintptr_t)paid->prices, *models = paid->models;
    bool enough = tgr_mem_grow(&prices, &paid->price_capacity, count, sizeof *paid->prices);
    paid->prices = prices;
    enough = enough && tgr_mem_grow(&models, &paid->model_capacity, count, sizeof *paid->models);
    paid->models = models;
    tgr_status status = enough ? TGR_OK : tgr_fail_memory(error, "prices");
    for (uint32_t i = 0; i < count && status == TGR_OK; i++) {
        size_t length;
        const char *name = tgr_strings_get(names, i, &length);
        paid->models[i] = tgr_strings_find(part->models, name, length);
        status = find_model(paid, name, length, &paid->prices[i], run, error);
    }
    return status;
}

/* ---- rows ---------------------------------------------------------------------------------------
 */

static double value_of(const tgr_buffer *column, uint64_t known, uint64_t row)
{
    double value = NAN;
    if (known > 0) {
        memcpy(&value, column->bytes + row * sizeof value, sizeof value);
    }
    return value;
}

/* The completion tokens of one model among those of a row, at *at, which moves on to the next. */
static double take_completion(const char **at, uint32_t model)
{
    uint32_t count;
    double completion = NAN;
    memcpy(&count, *at, sizeof count);
    *at += sizeof count;
    for (uint32_t i = 0; i < count; i++, *at += sizeof(tgr_spooled_model)) {
        tgr_spooled_model entry;
        memcpy(&entry, *at, sizeof entry);
        completion = entry.model == model ? (double)entry.completion_tokens : completion;
    }
    return completion;
}

static void put_cost(tgr_part *part, uint64_t row, double cost)
{
    tgr_facts *facts = &part->facts;
    const double missing = NAN;
    for (uint64_t i = 0; facts->logged_cost_rows == 0 && i < facts->rows; i++) {
        tgr_put(&part->logged_costs, &missing, sizeof missing);
    }
    if (!part->logged_costs.failed) {
        memcpy(part->logged_costs.bytes + row * sizeof cost, &cost, sizeof cost);
        facts->logged_cost_rows++;
        facts->paid_rows++;
    }
}

static tgr_status estimate_rows(const tgr_paid *paid, tgr_part *part, tgr_error *error)
{
    const tgr_facts facts = part->facts;
    const char *at = part->models_done.bytes;
    for (uint64_t row = 0; row < facts.rows && !part->logged_costs.failed; row++) {
        int32_t code;
        memcpy(&code, part->coded[TGR_CODED_LOGGED_MODEL].codes.bytes + row * sizeof code,
               sizeof code);
        double completion = take_completion(&at, code < 0 ? UINT32_MAX : paid->models[code]);
        double logged = value_of(&part->logged_costs, part->facts.logged_cost_rows, row);
        if (code < 0 || paid->prices[code] == NULL || !isnan(logged) || isnan(completion)) {
            continue;
        }
        double prompt = value_of(&part->prompt_tokens, facts.prompt_token_rows, row);
        double cached = value_of(&part->cached_tokens, facts.cached_token_rows, row);
        double spent =
            isnan(prompt) ? NAN : tgr_model_spent(paid->prices[code], prompt, cached, completion);
        if (isfinite(spent)) {
            put_cost(part, row, spent);
        }
    }
    return part->logged_costs.failed ? tgr_fail_memory(error, "the costs of a log") : TGR_OK;
}

tgr_status tgr_paid_estimate(tgr_paid *paid, tgr_part *part, const tgr_run *run, tgr_error *error)
{
    const tgr_facts *facts = &part->facts;
    if (paid->options == NULL || !part->coded[TGR_CODED_LOGGED_MODEL].used ||
        !facts->has_completion_tokens || facts->prompt_token_rows == 0) {
        return TGR_OK;
    }
    tgr_status status = find_models(paid, part, run, error);
    return status == TGR_OK ? estimate_rows(paid, part, error) : status;
}

/* ---- telling ------------------------------------------------------------------------------------
 */

static bool is_of_some(const char *word, const tgr_strings *models)
{
    uint32_t count = tgr_strings_count(models);
    bool found = false;
    for (uint32_t i = 0; i < count && !found; i++) {
        size_t length;
        const char *name = tgr_strings_get(models, i, &length);
        found = strncmp(word, name, length) == 0 && word[length] == '=';
    }
    return found;
}

static void tell_unused(const char *const *words, size_t count, const tgr_strings *models,
                        const tgr_run *run)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_of_some(words[i], models)) {
            tgr_run_message(run, TGR_WARNING, "\"%s\": no call in the logs is of that model",
                            words[i]);
        }
    }
}

void tgr_paid_tell(const tgr_paid *paid, const tgr_strings *models, const tgr_run *run)
{
    tgr_price_options options = {0};
    if (paid->options != NULL &&
        tgr_options_copy(&options, sizeof options, paid->options, NULL) == TGR_OK) {
        tell_unused(options.aliases, options.alias_count, models, run);
        tell_unused(options.prices, options.price_count, models, run);
        tell_unused(options.token_ratios, options.token_ratio_count, models, run);
    }
}
