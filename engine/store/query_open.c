/* query_open.c - opens a query file, tagroute's own or any AnnData file, and checks its parts
 * against each other. */
#include <inttypes.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/probe.h"
#include "engine/store/query_source.h"

/* Opens the dataset that names a data frame's rows: the one that its `_index` attribute names. */
static tgr_status open_index(const tgr_h5_file *h5, hid_t frame, tgr_array *index, tgr_error *error)
{
    char *name = NULL;
    tgr_status status = tgr_h5_text_attribute(h5, frame, "_index", &name, error);
    if (status == TGR_OK) {
        status = tgr_texts_open(h5, frame, name ? name : "_index", index, error);
    }
    if (status == TGR_OK && !name && !index->dataset) {
        status = tgr_texts_open(h5, frame, "index", index, error);
    }
    tgr_mem_free(name);
    return status;
}

static tgr_status open_frame(const tgr_h5_file *h5, const char *name, hid_t *frame,
                             tgr_error *error)
{
    tgr_status status = tgr_h5_group(h5, h5->id, name, frame, error);
    if (status == TGR_OK && *frame == 0) {
        status = tgr_fail(error, TGR_ERR_INPUT, "%s: not an AnnData file: it has no /%s", h5->path,
                          name);
    }
    return status;
}

static tgr_status read_tags(tgr_query_file *file, tgr_error *error)
{
    const tgr_h5_file *h5 = &file->source->file;
    hid_t var = 0;
    tgr_array index = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(open_frame(h5, "var", &var, error));
    TGR_TRY(open_index(h5, var, &index, error));
    if (!index.dataset) {
        status = tgr_fail(error, TGR_ERR_INPUT, "%s: /var does not name the tags", file->path);
        goto done;
    }
    TGR_TRY(tgr_array_expect(&index, 1, file->columns, error));
    TGR_TRY(tgr_texts_distinct(&index, "tag", &file->tags, error));
done:
    tgr_array_close(&index);
    tgr_h5_close(var);
    return status;
}

static tgr_status open_codes(tgr_query_file *file, hid_t obs, tgr_error *error)
{
    struct tgr_query_source *source = file->source;
    const struct {
        const char *name;
        tgr_code_column *column;
        tgr_strings **names;
    } columns[] = {
        {"split", &source->split, &file->splits},
        {"category", &source->category, &file->categories},
        {"allow", &source->allow, &file->allows},
        {"deny", &source->deny, &file->denies},
        {"needs", &source->needs, &file->needs},
        {"logged_model", &source->logged_model, &file->logged_models},
        {"prompt_tokens_from", &source->tokens_from, &file->tokens_from},
    };
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        tgr_status status = tgr_code_column_open(&source->file, obs, columns[i].name, file->rows,
                                                 columns[i].column, columns[i].names, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    return TGR_OK;
}

static tgr_status open_obs(tgr_query_file *file, tgr_error *error)
{
    struct tgr_query_source *source = file->source;
    hid_t obs = 0;
    tgr_status status = TGR_OK;
    TGR_TRY(open_frame(&source->file, "obs", &obs, error));
    TGR_TRY(open_index(&source->file, obs, &source->ids, error));
    if (source->ids.dataset) {
        TGR_TRY(tgr_array_expect(&source->ids, 1, file->rows, error));
    }
    TGR_TRY(open_codes(file, obs, error));
    TGR_TRY(tgr_number_column_open(&source->file, obs, "prompt_tokens", file->rows,
                                   &source->prompt_tokens, error));
    TGR_TRY(tgr_number_column_open(&source->file, obs, "cached_prompt_tokens", file->rows,
                                   &source->cached_tokens, error));
    TGR_TRY(tgr_number_column_open(&source->file, obs, "logged_cost", file->rows,
                                   &source->logged_cost, error));
    TGR_TRY(tgr_number_column_open(&source->file, obs, "propensity", file->rows,
                                   &source->propensity, error));
    TGR_TRY(
        tgr_number_column_open(&source->file, obs, "weight", file->rows, &source->weight, error));
    file->has_logged_cost = source->logged_cost.present;
    file->has_weight = source->weight.present;
    file->has_ids = source->ids.dataset != 0;
    file->id_width = source->ids.kind == TGR_ARRAY_FIXED && file->has_ids ? source->ids.width : 0;
    file->has_prompt_tokens = source->prompt_tokens.present;
    file->has_cached_tokens = source->cached_tokens.present;
    file->has_text = H5Lexists(obs, "text", H5P_DEFAULT) > 0;
done:
    tgr_h5_close(obs);
    return status;
}

static tgr_status open_obsm(tgr_query_file *file, tgr_error *error)
{
    struct tgr_query_source *source = file->source;
    const struct {
        const char *name;
        tgr_matrix_column *column;
        bool *has;
    } columns[] = {
        {"score", &source->score, &file->has_score},
        {"outcome", &source->outcome, &file->has_outcome},
        {"cost", &source->cost, &file->has_cost},
        {"completion_tokens", &source->completion_tokens, &file->has_completion_tokens},
        {"propensity", &source->propensities, &file->has_propensities},
    };
    hid_t obsm;
    tgr_status status = tgr_h5_group(&source->file, source->file.id, "obsm", &obsm, error);
    for (size_t i = 0; status == TGR_OK && obsm && i < sizeof(columns) / sizeof(columns[0]); i++) {
        status = tgr_matrix_column_open(&source->file, obsm, columns[i].name, file->rows,
                                        file->models, columns[i].column, error);
        *columns[i].has = status == TGR_OK && columns[i].column->present;
    }
    file->has_propensity = file->has_propensities || source->propensity.present;
    tgr_h5_close(obsm);
    return status;
}

/* ---- 10x ------------------------------------------------------------------------------- */

/* A 10x file has /matrix in place of all of AnnData's parts. */
static tgr_status find_10x(const tgr_h5_file *h5, hid_t *matrix, tgr_error *error)
{
    *matrix = 0;
    if (H5Lexists(h5->id, "X", H5P_DEFAULT) != 0) {
        return TGR_OK;
    }
    hid_t found;
    tgr_status status = tgr_h5_child(h5, h5->id, "matrix", &found, error);
    if (status == TGR_OK && found && H5Iget_type(found) == H5I_GROUP &&
        H5Lexists(found, "barcodes", H5P_DEFAULT) > 0) {
        *matrix = found;
    } else if (status == TGR_OK) {
        tgr_h5_close(found);
    }
    return status;
}

/* The features' distinct names: of today's files, or of the first ones. */
static tgr_status read_features(tgr_query_file *file, hid_t matrix, tgr_error *error)
{
    const tgr_h5_file *h5 = &file->source->file;
    hid_t features = 0;
    tgr_array names = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_h5_group(h5, matrix, "features", &features, error));
    if (features) {
        TGR_TRY(tgr_texts_open(h5, features, "id", &names, error));
    } else {
        TGR_TRY(tgr_texts_open(h5, matrix, "genes", &names, error));
    }
    if (!names.dataset) {
        status =
            tgr_fail(error, TGR_ERR_INPUT, "%s: /matrix does not name its features", file->path);
        goto done;
    }
    TGR_TRY(tgr_array_expect(&names, 1, file->columns, error));
    TGR_TRY(tgr_texts_distinct(&names, "feature", &file->tags, error));
done:
    tgr_array_close(&names);
    tgr_h5_close(features);
    return status;
}

static void take_shape(tgr_query_file *file)
{
    file->rows = file->source->x.rows;
    file->columns = file->source->x.columns;
    file->nonzeros = file->source->x.nonzeros;
    file->value_type = file->source->x.value_type;
}

static tgr_status open_10x(tgr_query_file *file, hid_t matrix, tgr_error *error)
{
    struct tgr_query_source *source = file->source;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_x_open_10x(&source->file, matrix, &source->x, error));
    take_shape(file);
    TGR_TRY(read_features(file, matrix, error));
    TGR_TRY(tgr_texts_open(&source->file, matrix, "barcodes", &source->ids, error));
    TGR_TRY(tgr_array_expect(&source->ids, 1, file->rows, error));
    file->has_ids = true;
done:
    return status;
}

/* ---- opening --------------------------------------------------------------------------- */

static tgr_status open_all(tgr_query_file *file, const char *path, tgr_error *error)
{
    hid_t matrix = 0;
    tgr_status status = TGR_OK;
    file->path = tgr_mem_string(path);
    file->digest = tgr_mem_string("");
    file->tagger_digest = tgr_mem_string("");
    file->tagger_kind = tgr_mem_string("");
    file->models = tgr_strings_new();
    file->source = tgr_mem_zalloc(1, sizeof(*file->source));
    if (!file->path || !file->digest || !file->tagger_digest || !file->tagger_kind ||
        !file->models || !file->source) {
        return tgr_fail_memory(error, path);
    }
    TGR_TRY(tgr_h5_open(file->path, &file->source->file, error));
    TGR_TRY(find_10x(&file->source->file, &matrix, error));
    if (matrix) {
        TGR_TRY(open_10x(file, matrix, error));
        goto done;
    }
    TGR_TRY(tgr_query_read_header(file, error));
    TGR_TRY(tgr_x_open(&file->source->file, file->source->own, &file->source->x, error));
    take_shape(file);
    TGR_TRY(read_tags(file, error));
    TGR_TRY(open_obs(file, error));
    TGR_TRY(open_obsm(file, error));
done:
    tgr_h5_close(matrix);
    return status;
}

static void touch_columns(const struct tgr_query_source *source)
{
    const tgr_code_column *codes[] = {&source->split,      &source->category, &source->allow,
                                      &source->deny,       &source->needs,    &source->logged_model,
                                      &source->tokens_from};
    const tgr_matrix_column *matrices[] = {&source->score, &source->outcome, &source->cost,
                                           &source->completion_tokens, &source->propensities};
    const tgr_number_column *numbers[] = {&source->prompt_tokens, &source->cached_tokens,
                                          &source->logged_cost, &source->propensity,
                                          &source->weight};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        tgr_array_touch(&codes[i]->codes);
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        tgr_array_touch(&numbers[i]->values);
        tgr_array_touch(&numbers[i]->mask);
    }
    for (size_t i = 0; i < sizeof(matrices) / sizeof(matrices[0]); i++) {
        tgr_array_touch(&matrices[i]->dense);
        for (size_t model = 0; matrices[i]->frame && model < matrices[i]->models; model++) {
            tgr_array_touch(&matrices[i]->frame[model].values);
            tgr_array_touch(&matrices[i]->frame[model].mask);
        }
    }
}

/* In the child: opens the file and follows all that later reads would; closing is part of it. */
static tgr_status try_to_open(void *data, tgr_error *error)
{
    tgr_query_file *file = tgr_mem_zalloc(1, sizeof(*file));
    tgr_status status = file ? open_all(file, data, error) : TGR_ERR_NOMEM;
    if (status == TGR_OK) {
        const struct tgr_query_source *source = file->source;
        tgr_array_touch(&source->x.data);
        tgr_array_touch(&source->x.indices);
        tgr_array_touch(&source->x.indptr);
        tgr_array_touch(&source->ids);
        touch_columns(source);
    }
    tgr_query_close(file);
    return status;
}

tgr_status tgr_query_open(const char *path, tgr_query_file **file, tgr_error *error)
{
    tgr_h5_quiet quiet;
    *file = NULL;
    tgr_query_file *made = tgr_mem_zalloc(1, sizeof(*made));
    if (!made) {
        return tgr_fail_memory(error, path);
    }
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = tgr_probe(path, try_to_open, (void *)(uintptr_t)path, error);
    if (status == TGR_OK) {
        status = open_all(made, path, error);
    }
    tgr_h5_quiet_end(&quiet);
    if (status != TGR_OK) {
        tgr_query_close(made);
        return status;
    }
    *file = made;
    return TGR_OK;
}

static void close_source(struct tgr_query_source *source)
{
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    tgr_x_close(&source->x);
    tgr_array_close(&source->ids);
    tgr_code_column_close(&source->split);
    tgr_code_column_close(&source->category);
    tgr_code_column_close(&source->allow);
    tgr_code_column_close(&source->deny);
    tgr_code_column_close(&source->needs);
    tgr_code_column_close(&source->logged_model);
    tgr_code_column_close(&source->tokens_from);
    for (size_t i = 0; i < TGR_MORE_COLUMNS; i++) {
        tgr_code_column_close(&source->more[i]);
    }
    tgr_number_column_close(&source->prompt_tokens);
    tgr_number_column_close(&source->cached_tokens);
    tgr_number_column_close(&source->logged_cost);
    tgr_number_column_close(&source->propensity);
    tgr_number_column_close(&source->weight);
    tgr_matrix_column_close(&source->score);
    tgr_matrix_column_close(&source->outcome);
    tgr_matrix_column_close(&source->cost);
    tgr_matrix_column_close(&source->completion_tokens);
    tgr_matrix_column_close(&source->propensities);
    tgr_code_column_close(&source->source);
    tgr_array_close(&source->position);
    tgr_array_close(&source->record_bytes);
    tgr_array_close(&source->record_part);
    tgr_array_close(&source->text);
    tgr_h5_file_close(&source->file);
    tgr_h5_quiet_end(&quiet);
    tgr_mem_free(source);
}

void tgr_query_close(tgr_query_file *file)
{
    if (!file) {
        return;
    }
    if (file->source) {
        close_source(file->source);
    }
    tgr_strings_free(file->tags);
    tgr_strings_free(file->models);
    tgr_strings_free(file->splits);
    tgr_strings_free(file->categories);
    tgr_strings_free(file->allows);
    tgr_strings_free(file->denies);
    tgr_strings_free(file->needs);
    tgr_strings_free(file->tokens_from);
    tgr_strings_free(file->logged_models);
    for (size_t i = 0; i < TGR_MORE_COLUMNS; i++) {
        tgr_strings_free(file->more[i]);
    }
    tgr_strings_free(file->sources);
    tgr_strings_free(file->kept);
    tgr_mem_free(file->source_bytes);
    tgr_mem_free(file->source_hashes);
    tgr_mem_free(file->left_out);
    tgr_mem_free(file->path);
    tgr_mem_free(file->digest);
    tgr_mem_free(file->tagger_digest);
    tgr_mem_free(file->tagger_kind);
    tgr_mem_free(file->tagger_settings);
    tgr_mem_free(file);
}
