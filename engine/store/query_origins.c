/* query_origins.c - what only copying a query file needs: where each query is from, and its text.
 */
#include <string.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/checksum.h"
#include "engine/store/probe.h"
#include "engine/store/query_source.h"

#define LONGEST_TEXT ((size_t)1 << 30) /* a record of a log is shorter */

/* Whole numbers only: what others call a position may be anything. */
static tgr_status open_integers(tgr_query_file *file, hid_t group, const char *name, uint64_t rows,
                                tgr_array *array, tgr_error *error)
{
    if (H5Lexists(group, name, H5P_DEFAULT) <= 0) {
        return TGR_OK;
    }
    tgr_status status = tgr_array_open(&file->source->file, group, name, array, error);
    if (status == TGR_ERR_INPUT ||
        (status == TGR_OK && (array->kind != TGR_ARRAY_INTEGER || array->rank != 1))) {
        tgr_array_close(array);
        return TGR_OK;
    }
    return status == TGR_OK ? tgr_array_expect(array, 1, rows, error) : status;
}

static tgr_status open_places(tgr_query_file *file, hid_t obs, tgr_error *error)
{
    struct tgr_query_source *source = file->source;
    uint64_t rows = file->rows;
    tgr_status status = TGR_OK;
    TGR_TRY(open_integers(file, obs, "position", rows, &source->position, error));
    TGR_TRY(open_integers(file, obs, "record_bytes", rows, &source->record_bytes, error));
    TGR_TRY(open_integers(file, obs, "record_part", rows, &source->record_part, error));
    file->has_positions = source->position.dataset != 0;
    file->has_record_bytes = source->record_bytes.dataset != 0;
    file->has_record_parts = source->record_part.dataset != 0;
done:
    return status;
}

/* ---- what the sources were ------------------------------------------------------------- */

static tgr_status read_sizes(tgr_query_file *file, hid_t own, uint64_t count, tgr_error *error)
{
    tgr_array bytes = {0}, hashes = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(open_integers(file, own, "source_bytes", count, &bytes, error));
    TGR_TRY(open_integers(file, own, "source_hashes", count, &hashes, error));
    if (!bytes.dataset || !hashes.dataset || hashes.width != sizeof(uint64_t)) {
        goto done;
    }
    file->source_bytes = tgr_mem_alloc((size_t)count, sizeof *file->source_bytes);
    file->source_hashes = tgr_mem_alloc((size_t)count, sizeof *file->source_hashes);
    if (!file->source_bytes || !file->source_hashes) {
        TGR_TRY(tgr_fail_memory(error, "the names of the logs"));
    }
    TGR_TRY(tgr_array_read_int64(&bytes, 0, count, file->source_bytes, error));
    TGR_TRY(tgr_array_read_raw(&hashes, 0, count, file->source_hashes, error));
done:
    tgr_array_close(&bytes);
    tgr_array_close(&hashes);
    return status;
}

static tgr_status open_sizes(tgr_query_file *file, tgr_error *error)
{
    const tgr_h5_file *h5 = &file->source->file;
    hid_t uns = 0, own = 0;
    tgr_status status = TGR_OK;
    if (!file->source->own || !file->sources) {
        return TGR_OK;
    }
    TGR_TRY(tgr_h5_group(h5, h5->id, "uns", &uns, error));
    if (uns) {
        TGR_TRY(tgr_h5_group(h5, uns, "tagroute", &own, error));
    }
    if (own) {
        TGR_TRY(read_sizes(file, own, tgr_strings_count(file->sources), error));
    }
done:
    tgr_h5_close(own);
    tgr_h5_close(uns);
    return status;
}

static tgr_status open_text(tgr_query_file *file, hid_t obs, tgr_error *error)
{
    tgr_array *text = &file->source->text;
    tgr_status status = tgr_texts_open(&file->source->file, obs, "text", text, error);
    if (status != TGR_OK || !text->dataset) {
        return status;
    }
    if (!tgr_array_is_text(text)) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: %s does not hold strings", file->path,
                        text->name.text);
    }
    text->text_max = LONGEST_TEXT;
    return tgr_array_expect(text, 1, file->rows, error);
}

/* ---- what is not read ------------------------------------------------------------------ */

typedef struct listing {
    const char *group, *index;
    tgr_buffer *names;
} listing;

static bool is_known(const listing *list, const char *name)
{
    static const char *const known[] = {
        "category",
        "split",
        "allow",
        "deny",
        "needs",
        "source",
        "position",
        "record_bytes",
        "record_part",
        "logged_model",
        "logged_cost",
        "propensity",
        "weight",
        "text",
        "score",
        "cost",
        "completion_tokens",
        "outcome",
        "_index",
        "index",
        "barcode",
        "",
        "prompt_tokens",
        "cached_prompt_tokens",
        "prompt_tokens_from",
        "__categories",
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(name, known[i]) == 0) {
            return true;
        }
    }
    return list->index && strcmp(name, list->index) == 0;
}

static herr_t list_member(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    listing *list = data;
    (void)group;
    (void)info;
    if (!is_known(list, name)) {
        tgr_buffer_format(list->names, "%s%s/%.100s", list->names->length > 0 ? ", " : "",
                          list->group, name);
    }
    return list->names->length > 300; /* enough for a sentence */
}

static tgr_status list_members(const tgr_h5_file *h5, const char *name, tgr_buffer *names,
                               tgr_error *error)
{
    char *index = NULL;
    hid_t group = 0;
    hsize_t at = 0;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_h5_group(h5, h5->id, name, &group, error));
    if (group) {
        TGR_TRY(tgr_h5_text_attribute(h5, group, "_index", &index, error));
        listing list = {name, index, names};
        H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &at, list_member, &list);
    }
done:
    tgr_mem_free(index);
    tgr_h5_close(group);
    return status;
}

/* Files of tagroute's own hold nothing else. */
static tgr_status list_left_out(tgr_query_file *file, tgr_error *error)
{
    static const char *const groups[] = {"obs", "obsm", "layers"};
    tgr_buffer names = {0};
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < sizeof(groups) / sizeof(groups[0]); i++) {
        status = list_members(&file->source->file, groups[i], &names, error);
    }
    if (status == TGR_OK && names.failed) {
        status = tgr_fail_memory(error, "the names of columns");
    }
    if (status == TGR_OK) {
        file->left_out = names.bytes;
        names = (tgr_buffer){0};
    }
    tgr_buffer_free(&names);
    return status;
}

/* ---- opening --------------------------------------------------------------------------- */

static tgr_status open_origins(tgr_query_file *file, tgr_error *error)
{
    struct tgr_query_source *source = file->source;
    hid_t obs = 0;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_h5_group(&source->file, source->file.id, "obs", &obs, error));
    if (obs) {
        TGR_TRY(tgr_code_column_open(&source->file, obs, "source", file->rows, &source->source,
                                     &file->sources, error));
        TGR_TRY(open_places(file, obs, error));
        TGR_TRY(open_text(file, obs, error));
    }
    TGR_TRY(open_sizes(file, error));
    file->has_text = source->text.dataset != 0;
    if (!source->own) {
        TGR_TRY(list_left_out(file, error));
    }
done:
    tgr_h5_close(obs);
    return status;
}

/* Strings of variable length carry one sum over all of them. */
static tgr_status verify_strings(const tgr_query_file *file, tgr_error *error)
{
    static const tgr_dataset strings[] = {
        TGR_DATASET_TAGS,        TGR_DATASET_MODELS,       TGR_DATASET_CATEGORY_NAMES,
        TGR_DATASET_SPLIT_NAMES, TGR_DATASET_ALLOW_NAMES,  TGR_DATASET_DENY_NAMES,
        TGR_DATASET_NEEDS_NAMES, TGR_DATASET_SOURCE_NAMES, TGR_DATASET_TEXT,
    };
    const tgr_h5_file *h5 = &file->source->file;
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < sizeof(strings) / sizeof(strings[0]); i++) {
        hid_t object;
        status = tgr_layout_open(h5, strings[i], &object, error);
        if (status == TGR_OK && object) {
            status = tgr_checksum_verify(h5, object, error);
        }
    }
    return status;
}

/* In the child. */
static tgr_status try_origins(void *data, tgr_error *error)
{
    tgr_query_file *file = data;
    const struct tgr_query_source *source = file->source;
    tgr_status status = open_origins(file, error);
    if (status == TGR_OK) {
        tgr_array_touch(&source->source.codes);
        tgr_array_touch(&source->position);
        tgr_array_touch(&source->record_bytes);
        tgr_array_touch(&source->record_part);
        tgr_array_touch(&source->text);
    }
    if (status == TGR_OK && source->own) {
        status = verify_strings(file, error);
    }
    return status;
}

tgr_status tgr_query_open_origins(tgr_query_file *file, tgr_error *error)
{
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = tgr_probe(file->path, try_origins, file, error);
    if (status == TGR_OK) {
        status = open_origins(file, error);
    }
    tgr_h5_quiet_end(&quiet);
    return status;
}
