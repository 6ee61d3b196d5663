/* query_origins.c - what only copying a query file needs: where each query is from, and its text.
 */
#include "engine/base/error.h"
#include "engine/store/checksum.h"
#include "engine/store/probe.h"
#include "engine/store/query_source.h"

#define LONGEST_TEXT ((size_t)1 << 30) /* a record of a log is shorter */

/* Whole numbers only: what others call a position may be anything. */
static tgr_status open_position(tgr_query_file *file, hid_t obs, tgr_error *error)
{
    tgr_array *position = &file->source->position;
    if (H5Lexists(obs, "position", H5P_DEFAULT) <= 0) {
        return TGR_OK;
    }
    tgr_status status = tgr_array_open(&file->source->file, obs, "position", position, error);
    if (status == TGR_ERR_INPUT ||
        (status == TGR_OK && (position->kind != TGR_ARRAY_INTEGER || position->rank != 1))) {
        tgr_array_close(position);
        return TGR_OK;
    }
    return status == TGR_OK ? tgr_array_expect(position, 1, file->rows, error) : status;
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

static tgr_status open_origins(tgr_query_file *file, tgr_error *error)
{
    struct tgr_query_source *source = file->source;
    hid_t obs = 0;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_h5_group(&source->file, source->file.id, "obs", &obs, error));
    if (obs) {
        TGR_TRY(tgr_code_column_open(&source->file, obs, "source", file->rows, &source->source,
                                     &file->sources, error));
        TGR_TRY(open_position(file, obs, error));
        TGR_TRY(open_text(file, obs, error));
    }
    file->has_positions = source->position.dataset != 0;
    file->has_text = source->text.dataset != 0;
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
