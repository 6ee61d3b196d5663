/* eligibility.c - see eligibility.h. The distinct lists of a file become masks once; a row's mask
 * is then a few words ANDed. */
#include "engine/router/eligibility.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/wide.h"
#include "engine/router/name_list.h"

/* What a list is being turned into. */
typedef struct list_mask {
    const tgr_serve *serve;
    const tgr_router *router;
    uint64_t *mask;
} list_mask;

static void set_bit(uint64_t *mask, size_t place)
{
    mask[place / 64] |= UINT64_C(1) << place % 64;
}

static void set_all(const tgr_serve *serve, uint64_t *mask)
{
    memset(mask, 0xff, serve->mask_words * sizeof *mask);
    if (serve->models % 64 != 0) {
        mask[serve->mask_words - 1] = (UINT64_C(1) << serve->models % 64) - 1;
    }
}

static void add_model(void *user, const char *name, size_t length)
{
    (void)length;
    list_mask *list = user;
    int model = tgr_router_find_model(list->router, name);
    if (model >= 0) {
        set_bit(list->mask, list->serve->place[model]);
    }
}

static void remove_model(void *user, const char *name, size_t length)
{
    (void)length;
    list_mask *list = user;
    int model = tgr_router_find_model(list->router, name);
    if (model >= 0) {
        size_t place = list->serve->place[model];
        list->mask[place / 64] &= ~(UINT64_C(1) << place % 64);
    }
}

static bool model_supports(const tgr_model *model, const char *need)
{
    for (size_t i = 0; i < model->support_count; i++) {
        if (strcmp(model->supports[i], need) == 0) {
            return true;
        }
    }
    return false;
}

static void keep_able(void *user, const char *need, size_t length)
{
    (void)length;
    list_mask *list = user;
    for (size_t place = 0; place < list->serve->models; place++) {
        if (!model_supports(&list->router->models[list->serve->order[place]], need)) {
            list->mask[place / 64] &= ~(UINT64_C(1) << place % 64);
        }
    }
}

static tgr_status read_lists(const tgr_serve *serve, const tgr_router *router, const char *path,
                             const char *column, const tgr_strings *lists, bool starts_full,
                             tgr_name_visit visit, uint64_t *masks, tgr_error *error)
{
    char *scratch = NULL;
    size_t scratch_size = 0;
    tgr_status status = TGR_OK;
    for (uint32_t i = 0; i < tgr_strings_count(lists); i++) {
        size_t length;
        const char *text = tgr_strings_get(lists, i, &length);
        void *memory = scratch;
        if (!tgr_mem_grow(&memory, &scratch_size, length + 1, 1)) {
            status = tgr_fail_memory(error, "the lists of models");
            goto done;
        }
        scratch = memory;
        list_mask list = {serve, router, masks + (size_t)i * serve->mask_words};
        if (starts_full) {
            set_all(serve, list.mask);
        }
        if (!tgr_name_list_read(text, length, scratch, visit, &list)) {
            status =
                tgr_fail(error, TGR_ERR_INPUT,
                         "%s: value %u of obs column \"%s\" is not a JSON list of strings: %.200s",
                         path, (unsigned)i, column, text);
            goto done;
        }
    }
done:
    tgr_mem_free(scratch);
    return status;
}

static tgr_status open_lists(const tgr_serve *serve, const tgr_router *router, const char *path,
                             const char *column, const tgr_strings *lists, bool starts_full,
                             tgr_name_visit visit, uint64_t **masks, tgr_error *error)
{
    if (lists == NULL) {
        return TGR_OK;
    }
    *masks = tgr_mem_zalloc((size_t)tgr_strings_count(lists) * serve->mask_words, sizeof **masks);
    if (*masks == NULL) {
        return tgr_fail_memory(error, "the lists of models");
    }
    return read_lists(serve, router, path, column, lists, starts_full, visit, *masks, error);
}

static bool capabilities_known(const tgr_router *router)
{
    for (size_t k = 0; k < router->model_count; k++) {
        if (router->models[k].supports_known) {
            return true;
        }
    }
    return false;
}

static tgr_status open_token_limits(tgr_serve *serve, const tgr_router *router, tgr_error *error)
{
    serve->token_limit = tgr_mem_alloc(serve->models, sizeof *serve->token_limit);
    if (serve->token_limit == NULL) {
        return tgr_fail_memory(error, "the models' token limits");
    }
    serve->least_token_limit = INFINITY;
    for (size_t place = 0; place < serve->models; place++) {
        double limit = router->models[serve->order[place]].max_input_tokens;
        serve->token_limit[place] = isnan(limit) ? INFINITY : limit;
        serve->any_token_limit = serve->any_token_limit || !isnan(limit);
        serve->least_token_limit = fmin(serve->least_token_limit, serve->token_limit[place]);
    }
    return TGR_OK;
}

tgr_status tgr_eligibility_open(tgr_serve *serve, const tgr_router *router,
                                const tgr_query_file *file, tgr_error *error)
{
    tgr_status status = TGR_OK;
    const tgr_strings *needs = capabilities_known(router) ? file->needs : NULL;
    serve->mask_words = (serve->models + 63) / 64;
    TGR_TRY(open_lists(serve, router, file->path, "allow", file->allows, false, add_model,
                       &serve->allow_masks, error));
    TGR_TRY(open_lists(serve, router, file->path, "deny", file->denies, true, remove_model,
                       &serve->deny_masks, error));
    TGR_TRY(open_lists(serve, router, file->path, "needs", needs, true, keep_able,
                       &serve->needs_masks, error));
    TGR_TRY(open_token_limits(serve, router, error));
    serve->any_mask = serve->allow_masks != NULL || serve->deny_masks != NULL ||
                      serve->needs_masks != NULL || file->has_eligible ||
                      (serve->any_token_limit && file->has_prompt_tokens);
done:
    return status;
}

/* A file's column of lists and the masks made of them. */
typedef struct listed {
    const int32_t *codes; /* NULL: restricts nothing */
    const uint64_t *masks;
} listed;

#define LISTED 3

static void batch_lists(const tgr_serve *serve, const tgr_batch *batch, listed lists[LISTED])
{
    lists[0] = (listed){serve->allow_masks == NULL ? NULL : batch->allow, serve->allow_masks};
    lists[1] = (listed){serve->deny_masks == NULL ? NULL : batch->deny, serve->deny_masks};
    lists[2] = (listed){serve->needs_masks == NULL ? NULL : batch->needs, serve->needs_masks};
}

TGR_WIDE(bool, some_listed, (const int32_t *codes, size_t rows), (codes, rows))
{
    unsigned found = 0;
    for (size_t row = 0; row < rows; row++) {
        found |= codes[row] >= 0;
    }
    return found != 0;
}

TGR_WIDE(bool, some_above, (const double *tokens, size_t rows, double limit), (tokens, rows, limit))
{
    unsigned above = 0;
    for (size_t row = 0; row < rows; row++) {
        above |= tokens[row] > limit;
    }
    return above != 0;
}

bool tgr_serve_restricts(const tgr_serve *serve, const tgr_batch *batch, size_t begin, size_t end)
{
    listed lists[LISTED];
    size_t rows = end - begin;
    batch_lists(serve, batch, lists);
    if (batch->eligible != NULL) {
        return true;
    }
    for (size_t i = 0; i < LISTED; i++) {
        if (lists[i].codes != NULL && some_listed(lists[i].codes + begin, rows)) {
            return true;
        }
    }
    return batch->prompt_tokens != NULL && serve->least_token_limit < INFINITY &&
           some_above(batch->prompt_tokens + begin, rows, serve->least_token_limit);
}

static void clear_place(uint64_t *mask, size_t place)
{
    mask[place / 64] &= ~(UINT64_C(1) << place % 64);
}

static void clear_unable(const tgr_serve *serve, const uint8_t *eligible, uint64_t *mask)
{
    for (size_t model = 0; model < serve->models; model++) {
        if (!eligible[model]) {
            clear_place(mask, serve->place[model]);
        }
    }
}

static void fill_row(const tgr_serve *serve, const tgr_batch *batch, const listed *lists,
                     size_t row, uint64_t *mask)
{
    set_all(serve, mask);
    for (size_t i = 0; i < LISTED; i++) {
        if (lists[i].codes == NULL || lists[i].codes[row] < 0) {
            continue;
        }
        const uint64_t *list = lists[i].masks + (size_t)lists[i].codes[row] * serve->mask_words;
        for (size_t word = 0; word < serve->mask_words; word++) {
            mask[word] &= list[word];
        }
    }
    if (batch->eligible != NULL) {
        clear_unable(serve, batch->eligible + row * serve->models, mask);
    }
    if (batch->prompt_tokens == NULL || !(batch->prompt_tokens[row] > serve->least_token_limit)) {
        return;
    }
    for (size_t place = 0; place < serve->models; place++) {
        if (batch->prompt_tokens[row] > serve->token_limit[place]) {
            clear_place(mask, place);
        }
    }
}

void tgr_serve_mask_rows(const tgr_serve *serve, const tgr_batch *batch, size_t begin, size_t end,
                         uint64_t *masks)
{
    listed lists[LISTED];
    batch_lists(serve, batch, lists);
    for (size_t row = begin; row < end; row++) {
        fill_row(serve, batch, lists, row, masks + row * serve->mask_words);
    }
}

bool tgr_serve_masks(const tgr_serve *serve, const tgr_router *router, const tgr_batch *batch,
                     uint64_t *masks)
{
    (void)router; /* what counts of it was taken when the serve was opened */
    if (!tgr_serve_restricts(serve, batch, 0, batch->rows)) {
        return false;
    }
    tgr_serve_mask_rows(serve, batch, 0, batch->rows, masks);
    return true;
}
