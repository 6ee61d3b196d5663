/* query_create.c - a new query file: groups, datasets, and what is known before its columns. */
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/store/query_writer.h"

/* ---- what the file is made of ---------------------------------------------------------- */

typedef struct categorical {
    const char *name;
    const tgr_names *names;
    tgr_dataset codes, categories;
} categorical;

enum { CATEGORICALS = 8 + TGR_MORE_COLUMNS };

static void list_categoricals(const tgr_query_plan *plan, categorical list[CATEGORICALS])
{
    const categorical all[] = {
        {"category", &plan->categories, TGR_DATASET_CATEGORY, TGR_DATASET_CATEGORY_NAMES},
        {"split", &plan->splits, TGR_DATASET_SPLIT, TGR_DATASET_SPLIT_NAMES},
        {"allow", &plan->allows, TGR_DATASET_ALLOW, TGR_DATASET_ALLOW_NAMES},
        {"deny", &plan->denies, TGR_DATASET_DENY, TGR_DATASET_DENY_NAMES},
        {"needs", &plan->needs, TGR_DATASET_NEEDS, TGR_DATASET_NEEDS_NAMES},
        {"source", &plan->sources, TGR_DATASET_SOURCE, TGR_DATASET_SOURCE_NAMES},
        {"prompt_tokens_from", &plan->tokens_from, TGR_DATASET_TOKENS_FROM,
         TGR_DATASET_TOKENS_FROM_NAMES},
        {"logged_model", &plan->logged_models, TGR_DATASET_LOGGED_MODEL,
         TGR_DATASET_LOGGED_MODEL_NAMES},
    };
    memcpy(list, all, sizeof(all));
    for (int i = 0; i < TGR_MORE_COLUMNS; i++) {
        list[CATEGORICALS - TGR_MORE_COLUMNS + i] = (categorical){
            plan->kept_columns[i], &plan->kept[i], (tgr_dataset)(TGR_DATASET_KEPT + i),
            (tgr_dataset)(TGR_DATASET_KEPT_NAMES + i)};
    }
}

/* Opens the stream of a dataset; its name is the last part of its path. */
static tgr_status open_stream(tgr_query_writer *writer, tgr_anndata at, tgr_dataset dataset,
                              tgr_element element, uint64_t rows, size_t columns, tgr_error *error)
{
    const tgr_query_plan *plan = writer->plan;
    tgr_stream_plan stream = {.name = strrchr(tgr_dataset_path(dataset), '/') + 1,
                              .element = element,
                              .width = plan->id_width ? plan->id_width : 1,
                              .rows = rows,
                              .columns = columns,
                              .compress = plan->compress};
    return tgr_stream_open(&writer->streams[dataset], at, &stream, error);
}

/* Creates a dataset of strings and fills it. */
static tgr_status write_names(tgr_query_writer *writer, tgr_anndata at, tgr_dataset dataset,
                              const tgr_names *names, tgr_error *error)
{
    tgr_status status =
        open_stream(writer, at, dataset, TGR_ELEMENT_VARIABLE, names->count, 0, error);
    if (status == TGR_OK) {
        status = tgr_stream_put_names(&writer->streams[dataset], names->names, names->count, error);
    }
    return status;
}

/* ---- opening --------------------------------------------------------------------------- */

static tgr_status open_x(tgr_query_writer *writer, tgr_error *error)
{
    const tgr_query_plan *plan = writer->plan;
    const int64_t shape[2] = {(int64_t)plan->rows, plan->tags.count};
    static const tgr_element values[] = {
        [TGR_U8] = TGR_ELEMENT_U8, [TGR_U16] = TGR_ELEMENT_U16, [TGR_F32] = TGR_ELEMENT_F32};
    tgr_element integer = plan->nonzeros <= INT32_MAX ? TGR_ELEMENT_I32 : TGR_ELEMENT_I64;
    tgr_element index = plan->compact ? TGR_ELEMENT_U16 : integer;
    tgr_anndata x;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_anndata_group(writer->file, "X", "csr_matrix", "0.1.0", &x, error));
    TGR_TRY(tgr_anndata_pair(x, "shape", shape, error));
    TGR_TRY(open_stream(writer, x, TGR_DATASET_INDPTR, integer, plan->rows + 1, 0, error));
    TGR_TRY(open_stream(writer, x, TGR_DATASET_INDICES, index, plan->nonzeros, 0, error));
    TGR_TRY(open_stream(writer, x, TGR_DATASET_DATA, values[plan->value_type], plan->nonzeros, 0,
                        error));
done:
    tgr_h5_close(x.group);
    return status;
}

static tgr_status open_categorical(tgr_query_writer *writer, tgr_anndata obs,
                                   const categorical *column, tgr_error *error)
{
    tgr_element element = column->names->count <= INT8_MAX    ? TGR_ELEMENT_I8
                          : column->names->count <= INT16_MAX ? TGR_ELEMENT_I16
                                                              : TGR_ELEMENT_I32;
    tgr_anndata group;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_anndata_group(obs, column->name, "categorical", "0.2.0", &group, error));
    TGR_TRY(tgr_anndata_flag(group, "ordered", false, error));
    TGR_TRY(open_stream(writer, group, column->codes, element, writer->plan->rows, 0, error));
    TGR_TRY(write_names(writer, group, column->categories, column->names, error));
done:
    tgr_h5_close(group.group);
    return status;
}

/* Where the records stand in their logs. */
static tgr_status open_places(tgr_query_writer *writer, tgr_anndata obs, tgr_error *error)
{
    const tgr_query_plan *plan = writer->plan;
    tgr_element length = plan->longest_record <= UINT16_MAX  ? TGR_ELEMENT_U16
                         : plan->longest_record <= INT32_MAX ? TGR_ELEMENT_I32
                                                             : TGR_ELEMENT_I64;
    tgr_status status = TGR_OK;
    if (!plan->no_positions) {
        TGR_TRY(
            open_stream(writer, obs, TGR_DATASET_POSITION, TGR_ELEMENT_I64, plan->rows, 0, error));
    }
    if (plan->longest_record > 0) {
        TGR_TRY(open_stream(writer, obs, TGR_DATASET_RECORD_BYTES, length, plan->rows, 0, error));
    }
    if (plan->has_record_parts) {
        TGR_TRY(open_stream(writer, obs, TGR_DATASET_RECORD_PART, TGR_ELEMENT_I32, plan->rows, 0,
                            error));
    }
done:
    return status;
}

/* What tokens are stored as. all: every query has a whole number of them. */
static tgr_element token_element(bool all)
{
    return all ? TGR_ELEMENT_I64 : TGR_ELEMENT_F64;
}

static tgr_status open_obs(tgr_query_writer *writer, tgr_error *error)
{
    const tgr_query_plan *plan = writer->plan;
    categorical list[CATEGORICALS];
    const char *columns[CATEGORICALS + 9];
    size_t count = 0;
    tgr_anndata obs = {0};
    tgr_status status = TGR_OK;
    list_categoricals(plan, list);
    for (size_t i = 0; i < CATEGORICALS; i++) {
        if (list[i].names->count > 0) {
            columns[count++] = list[i].name;
        }
    }
    if (!plan->no_positions) {
        columns[count++] = "position";
    }
    if (plan->longest_record > 0) {
        columns[count++] = "record_bytes";
    }
    if (plan->has_record_parts) {
        columns[count++] = "record_part";
    }
    if (plan->has_prompt_tokens) {
        columns[count++] = "prompt_tokens";
    }
    if (plan->has_cached_tokens) {
        columns[count++] = "cached_prompt_tokens";
    }
    if (plan->has_logged_cost) {
        columns[count++] = "logged_cost";
    }
    if (plan->has_weight) {
        columns[count++] = "weight";
    }
    if (plan->has_propensity) {
        columns[count++] = "propensity";
    }
    if (plan->has_text) {
        columns[count++] = "text";
    }
    TGR_TRY(tgr_anndata_frame(writer->file, "obs", columns, count, &obs, error));
    TGR_TRY(open_stream(writer, obs, TGR_DATASET_IDS, TGR_ELEMENT_FIXED, plan->rows, 0, error));
    for (size_t i = 0; i < CATEGORICALS; i++) {
        if (list[i].names->count > 0) {
            TGR_TRY(open_categorical(writer, obs, &list[i], error));
        }
    }
    TGR_TRY(open_places(writer, obs, error));
    if (plan->has_prompt_tokens) {
        TGR_TRY(open_stream(writer, obs, TGR_DATASET_PROMPT_TOKENS,
                            token_element(plan->all_prompt_tokens), plan->rows, 0, error));
    }
    if (plan->has_cached_tokens) {
        TGR_TRY(open_stream(writer, obs, TGR_DATASET_CACHED_TOKENS,
                            token_element(plan->all_cached_tokens), plan->rows, 0, error));
    }
    if (plan->has_logged_cost) {
        TGR_TRY(open_stream(writer, obs, TGR_DATASET_LOGGED_COST, TGR_ELEMENT_F64, plan->rows, 0,
                            error));
    }
    if (plan->has_weight) {
        TGR_TRY(
            open_stream(writer, obs, TGR_DATASET_WEIGHT, TGR_ELEMENT_F64, plan->rows, 0, error));
    }
    if (plan->has_propensity) {
        TGR_TRY(open_stream(writer, obs, TGR_DATASET_PROPENSITY, TGR_ELEMENT_F64, plan->rows, 0,
                            error));
    }
    if (plan->has_text) {
        TGR_TRY(
            open_stream(writer, obs, TGR_DATASET_TEXT, TGR_ELEMENT_VARIABLE, plan->rows, 0, error));
    }
done:
    tgr_h5_close(obs.group);
    return status;
}

/* How often each tag stands: whole numbers unless tags carry weights. */
static tgr_status put_tag_counts(tgr_query_writer *writer, tgr_error *error)
{
    const tgr_query_plan *plan = writer->plan;
    tgr_stream *stream = &writer->streams[TGR_DATASET_TAG_COUNTS];
    if (plan->value_type == TGR_F32) {
        return tgr_stream_put(stream, plan->tag_counts, plan->tags.count, error);
    }
    tgr_status status = TGR_OK;
    for (uint32_t tag = 0; status == TGR_OK && tag < plan->tags.count; tag++) {
        int64_t count = (int64_t)plan->tag_counts[tag];
        status = tgr_stream_put(stream, &count, 1, error);
    }
    return status;
}

static tgr_status write_var(tgr_query_writer *writer, tgr_error *error)
{
    static const char *const columns[] = {"queries", "count"};
    const tgr_query_plan *plan = writer->plan;
    tgr_element counts = plan->value_type == TGR_F32 ? TGR_ELEMENT_F64 : TGR_ELEMENT_I64;
    tgr_anndata var;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_anndata_frame(writer->file, "var", columns, 2, &var, error));
    TGR_TRY(write_names(writer, var, TGR_DATASET_TAGS, &plan->tags, error));
    TGR_TRY(open_stream(writer, var, TGR_DATASET_TAG_QUERIES, TGR_ELEMENT_I64, plan->tags.count, 0,
                        error));
    TGR_TRY(tgr_stream_put(&writer->streams[TGR_DATASET_TAG_QUERIES], plan->tag_queries,
                           plan->tags.count, error));
    TGR_TRY(open_stream(writer, var, TGR_DATASET_TAG_COUNTS, counts, plan->tags.count, 0, error));
    TGR_TRY(put_tag_counts(writer, error));
done:
    tgr_h5_close(var.group);
    return status;
}

static tgr_status open_obsm(tgr_query_writer *writer, tgr_error *error)
{
    const tgr_query_plan *plan = writer->plan;
    const struct {
        bool present;
        tgr_dataset dataset;
        tgr_element element;
    } columns[] = {
        {plan->has_score, TGR_DATASET_SCORE, TGR_ELEMENT_F32},
        {plan->has_outcome, TGR_DATASET_OUTCOME, TGR_ELEMENT_I8},
        {plan->has_cost, TGR_DATASET_COST, TGR_ELEMENT_F32},
        {plan->has_completion_tokens, TGR_DATASET_COMPLETION_TOKENS, TGR_ELEMENT_F32},
        {plan->has_propensities, TGR_DATASET_PROPENSITIES, TGR_ELEMENT_F32},
    };
    tgr_anndata obsm;
    tgr_status status = tgr_anndata_group(writer->file, "obsm", "dict", "0.1.0", &obsm, error);
    for (size_t i = 0; status == TGR_OK && i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (columns[i].present && plan->models.count > 0) {
            status = open_stream(writer, obsm, columns[i].dataset, columns[i].element, plan->rows,
                                 plan->models.count, error);
        }
    }
    tgr_h5_close(obsm.group);
    return status;
}

/* Where the rows have their place in a larger whole. */
static tgr_status write_place(const tgr_query_plan *plan, tgr_anndata own, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (plan->router_tags > 0) {
        TGR_TRY(tgr_anndata_put_integer(own, "router_tags", plan->router_tags, error));
    }
    if (plan->shards > 0) {
        TGR_TRY(tgr_anndata_put_integer(own, "shard", (int64_t)plan->shard, error));
        TGR_TRY(tgr_anndata_put_integer(own, "shards", (int64_t)plan->shards, error));
        TGR_TRY(tgr_anndata_put_text(own, "run_digest", plan->run_digest ? plan->run_digest : "",
                                     error));
    }
done:
    return status;
}

/* What the logs were, so that others can be told from them. */
static tgr_status write_sources(tgr_query_writer *writer, tgr_anndata own, tgr_error *error)
{
    const tgr_query_plan *plan = writer->plan;
    uint32_t count = plan->sources.count;
    tgr_stream *streams = writer->streams;
    tgr_status status = TGR_OK;
    if (plan->source_bytes == NULL || count == 0) {
        return TGR_OK;
    }
    TGR_TRY(open_stream(writer, own, TGR_DATASET_SOURCE_BYTES, TGR_ELEMENT_I64, count, 0, error));
    TGR_TRY(tgr_stream_put(&streams[TGR_DATASET_SOURCE_BYTES], plan->source_bytes, count, error));
    TGR_TRY(open_stream(writer, own, TGR_DATASET_SOURCE_HASHES, TGR_ELEMENT_U64, count, 0, error));
    TGR_TRY(tgr_stream_put(&streams[TGR_DATASET_SOURCE_HASHES], plan->source_hashes, count, error));
done:
    return status;
}

/* Which columns of /obs hold fields that were asked for: their names, and each once more under its
 * number, so that its place does not depend on its name. */
static tgr_status write_kept(tgr_query_writer *writer, tgr_anndata own, tgr_error *error)
{
    const tgr_query_plan *plan = writer->plan;
    const char *names[TGR_MORE_COLUMNS];
    tgr_names columns = {names, 0};
    tgr_anndata kept = {0};
    tgr_status status = TGR_OK;
    for (uint32_t i = 0; i < TGR_MORE_COLUMNS; i++) {
        if (plan->kept[i].count > 0) {
            names[columns.count++] = plan->kept_columns[i];
        }
    }
    if (columns.count == 0) {
        return TGR_OK;
    }
    TGR_TRY(tgr_anndata_group(own, "kept", "dict", "0.1.0", &kept, error));
    TGR_TRY(write_names(writer, kept, TGR_DATASET_KEPT_COLUMNS, &columns, error));
    for (int i = 0; i < TGR_MORE_COLUMNS; i++) {
        char from[160], to[12];
        if (plan->kept[i].count > 0) {
            snprintf(from, sizeof(from), "/obs/%s", plan->kept_columns[i]);
            snprintf(to, sizeof(to), "%d", i);
            TGR_TRY(tgr_target_check(writer->file.target,
                                     H5Lcreate_hard(writer->file.group, from, kept.group, to,
                                                    H5P_DEFAULT, H5P_DEFAULT) >= 0,
                                     error));
        }
    }
done:
    tgr_h5_close(kept.group);
    return status;
}

/* How many records of the logs are no queries. */
static tgr_status write_skipped(const tgr_query_plan *plan, tgr_anndata own, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (int i = 0; plan->skipped != NULL && i < TGR_SKIP_REASONS; i++) {
        if (plan->skipped[i] > 0) {
            TGR_TRY(tgr_anndata_put_integer(own, tgr_skipped_names[i], (int64_t)plan->skipped[i],
                                            error));
        }
    }
done:
    return status;
}

/* Everything but the digest, which is known only at the end. */
static tgr_status write_uns(tgr_query_writer *writer, tgr_error *error)
{
    const tgr_query_plan *plan = writer->plan;
    tgr_anndata uns = {0}, own = {0}, tagger = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_anndata_group(writer->file, "uns", "dict", "0.1.0", &uns, error));
    TGR_TRY(tgr_anndata_group(uns, "tagroute", "dict", "0.1.0", &own, error));
    TGR_TRY(tgr_anndata_put_text(own, "format", TGR_QUERIES_FORMAT, error));
    TGR_TRY(tgr_anndata_put_integer(own, "version", TGR_FORMAT_VERSION, error));
    TGR_TRY(write_names(writer, own, TGR_DATASET_MODELS, &plan->models, error));
    TGR_TRY(write_sources(writer, own, error));
    TGR_TRY(write_kept(writer, own, error));
    TGR_TRY(write_skipped(plan, own, error));
    TGR_TRY(tgr_anndata_group(own, "tagger", "dict", "0.1.0", &tagger, error));
    TGR_TRY(
        tgr_anndata_put_text(tagger, "kind", plan->tagger_kind ? plan->tagger_kind : "", error));
    TGR_TRY(tgr_anndata_put_text(tagger, "digest", plan->tagger_digest ? plan->tagger_digest : "",
                                 error));
    TGR_TRY(tgr_anndata_put_flag(tagger, "category_tag", plan->category_tag, error));
    if (plan->tagger_settings_length > 0) {
        TGR_TRY(tgr_anndata_put_bytes(tagger, "settings", plan->tagger_settings,
                                      plan->tagger_settings_length, error));
    }
    TGR_TRY(write_place(plan, own, error));
done:
    tgr_h5_close(tagger.group);
    tgr_h5_close(own.group);
    tgr_h5_close(uns.group);
    return status;
}

tgr_status tgr_query_create(tgr_query_writer *writer, const char *path, tgr_error *error)
{
    static const char *const empty[] = {"layers", "varm", "obsp", "varp"};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_target_open(&writer->target, path, error));
    writer->file = (tgr_anndata){writer->target.file, &writer->target};
    TGR_TRY(tgr_anndata_encode(writer->file, "anndata", "0.1.0", error));
    TGR_TRY(open_x(writer, error));
    TGR_TRY(open_obs(writer, error));
    TGR_TRY(write_var(writer, error));
    TGR_TRY(open_obsm(writer, error));
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        TGR_TRY(tgr_anndata_empty_dict(writer->file, empty[i], error));
    }
    TGR_TRY(write_uns(writer, error));
done:
    return status;
}
