/* router_settings.c - the keys `scorer`, `tagger` and `quantiles` of a router file. */
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/router_read.h"
#include "engine/router/schema.h"
#include "engine/router/tagger_settings.h"

static tgr_status read_rewards(const tgr_fields *scorer, size_t field, tgr_router *router,
                               tgr_error *error)
{
    static const char *const names[] = {"win", "tie", "loss"};
    tgr_status status = TGR_OK;
    tgr_item map;
    tgr_fields fields;
    TGR_TRY(tgr_fields_need(scorer, field, TGR_ITEM_MAP, &map, NULL, error));
    tgr_cursor cursor = scorer->at[field];
    TGR_TRY(tgr_fields_read(&fields, "scorer: rewards", names, 3, &cursor, NULL, NULL, error));
    for (size_t i = 0; i < 3; i++) {
        if (!tgr_fields_has(&fields, i)) {
            return tgr_fields_complain(scorer, field, "must hold \"win\", \"tie\" and \"loss\"",
                                       error);
        }
        TGR_TRY(tgr_fields_number(&fields, i, &router->rewards[i], error));
    }
done:
    return status;
}

tgr_status tgr_read_scorer(const tgr_fields *fields, tgr_router *router, tgr_error *error)
{
    enum { NAME, COUNT, REWARDS, MIN_COUNT, KEYS };
    static const char *const names[KEYS] = {"name", "count", "rewards", "min_count"};
    tgr_status status = TGR_OK;
    tgr_item map;
    tgr_fields scorer;
    char *count = NULL;
    TGR_TRY(tgr_fields_need(fields, TGR_KEY_SCORER, TGR_ITEM_MAP, &map, NULL, error));
    tgr_cursor cursor = fields->at[TGR_KEY_SCORER];
    TGR_TRY(tgr_fields_read(&scorer, "scorer", names, KEYS, &cursor, &router->unknown_scorer,
                            &router->unknown_scorer_pairs, error));
    TGR_TRY(tgr_fields_text(&scorer, NAME, &router->scorer, error));
    TGR_TRY(tgr_fields_text(&scorer, COUNT, &count, error));
    if (!tgr_count_by_name(count, &router->count)) {
        status =
            tgr_fields_complain(&scorer, COUNT, "must be \"raw\", \"binary\" or \"log\"", error);
        goto done;
    }
    TGR_TRY(read_rewards(&scorer, REWARDS, router, error));
    TGR_TRY(tgr_fields_number(&scorer, MIN_COUNT, &router->min_count, error));
done:
    tgr_mem_free(count);
    return status;
}

bool tgr_is_digest(const char *text)
{
    return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

static tgr_status read_tagger_version(const tgr_fields *tagger, size_t field, tgr_error *error)
{
    tgr_item item;
    tgr_status status = tgr_fields_need(tagger, field, TGR_ITEM_UNSIGNED, &item, NULL, error);
    if (status == TGR_OK && item.as.whole != TGR_TAGGER_VERSION) {
        return tgr_fail(error, TGR_ERR_UNSUPPORTED,
                        "its tags were made by version %llu of the tagger, and this tagroute knows "
                        "version %d; use a newer tagroute or fit the router again",
                        (unsigned long long)item.as.whole, TGR_TAGGER_VERSION);
    }
    return status;
}

/* One that is given has to be that of the settings. */
static tgr_status read_tagger_digest(const tgr_fields *tagger, size_t field, tgr_router *router,
                                     tgr_error *error)
{
    char digest[33];
    tgr_status status = TGR_OK;
    tgr_tagger_digest_of(router->tagger_kind, router->category_tag, &router->tagger_settings,
                         router->tagger_setting_count, digest);
    if (!tgr_fields_has(tagger, field)) {
        router->tagger_digest = tgr_mem_string(digest);
        return router->tagger_digest != NULL ? TGR_OK : tgr_fail_memory(error, "the router");
    }
    TGR_TRY(tgr_fields_text(tagger, field, &router->tagger_digest, error));
    if (!tgr_is_digest(router->tagger_digest)) {
        return tgr_fields_complain(tagger, field, "must be 32 hexadecimal digits", error);
    }
    if (strcmp(router->tagger_digest, digest) != 0) {
        return tgr_fields_complain(tagger, field,
                                   "does not match: the tagger was changed after it was written; "
                                   "delete this key to accept the change",
                                   error);
    }
done:
    return status;
}

tgr_status tgr_read_tagger(const tgr_fields *fields, tgr_router *router, tgr_error *error)
{
    enum { KIND, VERSION, CATEGORY_TAG, DIGEST, KEYS };
    static const char *const names[KEYS] = {"kind", "version", "category_tag", "digest"};
    tgr_status status = TGR_OK;
    tgr_item item;
    tgr_fields tagger;
    TGR_TRY(tgr_fields_need(fields, TGR_KEY_TAGGER, TGR_ITEM_MAP, &item, NULL, error));
    tgr_cursor cursor = fields->at[TGR_KEY_TAGGER];
    TGR_TRY(tgr_fields_read(&tagger, "tagger", names, KEYS, &cursor, &router->tagger_settings,
                            &router->tagger_setting_count, error));
    TGR_TRY(tgr_fields_text(&tagger, KIND, &router->tagger_kind, error));
    TGR_TRY(read_tagger_version(&tagger, VERSION, error));
    TGR_TRY(tgr_fields_need(&tagger, CATEGORY_TAG, TGR_ITEM_BOOLEAN, &item, NULL, error));
    router->category_tag = item.as.boolean;
    TGR_TRY(read_tagger_digest(&tagger, DIGEST, router, error));
done:
    return status;
}

static bool read_quantile(tgr_cursor *cursor, tgr_margin_quantile *quantile)
{
    tgr_item pair, share, threshold;
    return tgr_cursor_next(cursor, &pair) == TGR_CURSOR_OK && pair.kind == TGR_ITEM_ARRAY &&
           pair.count == 2 && tgr_cursor_next(cursor, &share) == TGR_CURSOR_OK &&
           tgr_item_number(&share, &quantile->share) &&
           tgr_cursor_next(cursor, &threshold) == TGR_CURSOR_OK &&
           tgr_item_number(&threshold, &quantile->threshold);
}

tgr_status tgr_read_quantiles(const tgr_fields *fields, tgr_router *router, tgr_error *error)
{
    if (!tgr_fields_has(fields, TGR_KEY_QUANTILES)) {
        return TGR_OK;
    }
    size_t most = sizeof router->quantiles / sizeof router->quantiles[0];
    tgr_item list;
    tgr_cursor cursor;
    tgr_status status =
        tgr_fields_need(fields, TGR_KEY_QUANTILES, TGR_ITEM_ARRAY, &list, &cursor, error);
    if (status != TGR_OK) {
        return status;
    }
    bool good = list.count <= most;
    for (uint32_t i = 0; good && i < list.count; i++) {
        good = read_quantile(&cursor, &router->quantiles[i]);
    }
    if (!good) {
        return tgr_fields_complain(fields, TGR_KEY_QUANTILES,
                                   "must be a list of at most 9 pairs [share, threshold]", error);
    }
    router->quantile_count = list.count;
    return TGR_OK;
}
