/* kept.c - PATH, or NAME=PATH. */
#include "engine/ingest/kept.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/log/json.h"

#define NAME_MOST 100 /* bytes */

static bool is_taken(const char *name)
{
    static const char *const taken[] = {
        "category",     "split",         "allow",        "deny",
        "needs",        "source",        "position",     "record_bytes",
        "record_part",  "prompt_tokens", "text",         "cached_prompt_tokens",
        "logged_model", "logged_cost",   "propensity",   "prompt_tokens_from",
        "_index",       "index",         "__categories", "weight",
    };
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        if (strcmp(name, taken[i]) == 0) {
            return true;
        }
    }
    return false;
}

static tgr_status check_name(const tgr_kept_field *kept, size_t which, tgr_error *error)
{
    const char *name = kept[which].name;
    size_t length = strlen(name);
    if (length == 0 || length > NAME_MOST || kept[which].path[0] == '\0' ||
        !tgr_utf8_valid(name, length)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a field to keep is named by its path, and its column by at most %d bytes: "
                        "metadata.team, or team=metadata.team",
                        NAME_MOST);
    }
    if (strchr(name, '/') != NULL || name[0] == '.' || is_taken(name)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "no column of kept fields can be called '%.*s'; give it another name: "
                        "NAME=PATH",
                        NAME_MOST, name);
    }
    for (size_t i = 0; i < which; i++) {
        if (strcmp(kept[i].name, name) == 0) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "two fields to keep are called '%.*s'",
                            NAME_MOST, name);
        }
    }
    return TGR_OK;
}

tgr_status tgr_kept_open(const tgr_ingest_options *options, tgr_kept_field kept[TGR_KEEP_MAX],
                         tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (options->keep_count > TGR_KEEP_MAX) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "at most %d fields are kept, not %zu",
                        TGR_KEEP_MAX, options->keep_count);
    }
    for (size_t i = 0; i < options->keep_count && status == TGR_OK; i++) {
        const char *given = options->keep[i], *equals = strchr(given, '=');
        kept[i].path = equals != NULL ? equals + 1 : given;
        kept[i].name = equals != NULL ? tgr_mem_string_n(given, (size_t)(equals - given))
                                      : tgr_mem_string(given);
        status = kept[i].name == NULL ? tgr_fail_memory(error, "the names of columns")
                                      : check_name(kept, i, error);
    }
    return status;
}

void tgr_kept_free(tgr_kept_field kept[TGR_KEEP_MAX])
{
    for (size_t i = 0; i < TGR_KEEP_MAX; i++) {
        tgr_mem_free(kept[i].name);
    }
}
