/* plan.c - numbering and plan of the query file. */
#include "engine/ingest/plan.h"

#include <inttypes.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"

#define COMPACT_TAGS ((uint32_t)1 << 16) /* columns that a uint16 index can name */

/* The tags' statistics in their final order. */
static bool order_statistics(tgr_numbering *numbering, const tgr_tag_table *table)
{
    uint32_t columns = numbering->tags.count;
    numbering->tag_queries = tgr_mem_alloc(columns, sizeof *numbering->tag_queries);
    numbering->tag_counts = tgr_mem_alloc(columns, sizeof *numbering->tag_counts);
    if (numbering->tag_queries == NULL || numbering->tag_counts == NULL) {
        return false;
    }
    for (uint32_t number = 0; number < table->count; number++) {
        uint32_t column = numbering->tags.place[number];
        if (column != UINT32_MAX) {
            numbering->tag_queries[column] = table->tags[number].queries;
            numbering->tag_counts[column] = tgr_tag_occurrences(&table->tags[number]);
        }
    }
    return true;
}

/* What is known of each source. */
static bool list_sources(tgr_numbering *numbering, const tgr_columns *columns)
{
    uint32_t count = numbering->sources.count;
    numbering->source_bytes = tgr_mem_alloc(count, sizeof *numbering->source_bytes);
    numbering->source_hashes = tgr_mem_zalloc(count, sizeof *numbering->source_hashes);
    if (numbering->source_bytes == NULL || numbering->source_hashes == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        numbering->source_bytes[i] = -1;
    }
    for (size_t i = 0; i < columns->log_count; i++) {
        const tgr_log_rows *log = &columns->logs[i];
        uint32_t place = numbering->sources.place[log->source];
        if (log->mark.length != TGR_LENGTH_UNKNOWN) {
            numbering->source_bytes[place] = (int64_t)log->mark.length;
            numbering->source_hashes[place] = log->mark.content;
        }
    }
    return true;
}

tgr_status tgr_numbering_make(tgr_numbering *numbering, const tgr_columns *columns,
                              tgr_error *error)
{
    bool complete = tgr_order_tags(&numbering->tags, &columns->tags) &&
                    order_statistics(numbering, &columns->tags) &&
                    tgr_order_by_bytes(&numbering->models, columns->models) &&
                    tgr_order_by_arrival(&numbering->sources, columns->sources) &&
                    list_sources(numbering, columns);
    for (int i = 0; i < TGR_CODED_COLUMNS && complete; i++) {
        complete = tgr_order_by_bytes(&numbering->coded[i], columns->coded[i].names);
    }
    if (!complete) {
        return tgr_fail_memory(error, "the order of the tags");
    }
    if (numbering->tags.count > INT32_MAX) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%" PRIu32 " distinct tags are more than a query file can hold; leave out "
                        "rare ones, or split the logs",
                        numbering->tags.count);
    }
    return TGR_OK;
}

void tgr_numbering_free(tgr_numbering *numbering)
{
    tgr_order_free(&numbering->tags);
    tgr_order_free(&numbering->models);
    tgr_order_free(&numbering->sources);
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        tgr_order_free(&numbering->coded[i]);
    }
    tgr_mem_free(numbering->tag_queries);
    tgr_mem_free(numbering->tag_counts);
    tgr_mem_free(numbering->source_bytes);
    tgr_mem_free(numbering->source_hashes);
    *numbering = (tgr_numbering){0};
}

static tgr_names names_of(const tgr_order *order)
{
    return (tgr_names){order->names, order->count};
}

static bool fits_compact(uint32_t tags, const tgr_assembly *assembly, const tgr_run *run)
{
    if (assembly->compact && tags > COMPACT_TAGS) {
        tgr_run_message(run, TGR_WARNING,
                        "column indices are not compact: there are %" PRIu32 " tags, and 16 bits "
                        "number no more than %" PRIu32,
                        tags, COMPACT_TAGS);
    }
    return assembly->compact && tags <= COMPACT_TAGS;
}

static tgr_value_type value_type_of(const tgr_columns *columns)
{
    if (columns->facts.weighted) {
        return TGR_F32;
    }
    return columns->facts.largest > UINT8_MAX ? TGR_U16 : TGR_U8;
}

void tgr_ingest_plan_make(tgr_query_plan *plan, const tgr_columns *columns,
                          const tgr_numbering *numbering, const tgr_assembly *assembly,
                          const tgr_run *run)
{
    *plan = (tgr_query_plan){
        .rows = columns->facts.rows,
        .nonzeros = columns->facts.nonzeros,
        .value_type = value_type_of(columns),
        .compact = fits_compact(numbering->tags.count, assembly, run),
        .compress = assembly->compress,
        .tags = names_of(&numbering->tags),
        .tag_queries = numbering->tag_queries,
        .tag_counts = numbering->tag_counts,
        .models = names_of(&numbering->models),
        .categories = names_of(&numbering->coded[TGR_CODED_CATEGORY]),
        .splits = names_of(&numbering->coded[TGR_CODED_SPLIT]),
        .allows = names_of(&numbering->coded[TGR_CODED_ALLOW]),
        .denies = names_of(&numbering->coded[TGR_CODED_DENY]),
        .needs = names_of(&numbering->coded[TGR_CODED_NEEDS]),
        .tokens_from = names_of(&numbering->coded[TGR_CODED_TOKENS_FROM]),
        .logged_models = names_of(&numbering->coded[TGR_CODED_LOGGED_MODEL]),
        .has_logged_cost = columns->facts.logged_cost_rows > 0,
        .has_weight = columns->facts.weight_rows > 0 ||
                      (assembly->judged != NULL && assembly->judged->has_weight),
        .has_propensity = columns->facts.propensity_rows > 0,
        .has_propensities = columns->facts.has_propensities,
        .skipped = assembly->skipped,
        .sources = names_of(&numbering->sources),
        .source_bytes = numbering->source_bytes,
        .source_hashes = numbering->source_hashes,
        .longest_record = columns->facts.longest_record,
        .has_record_parts = columns->facts.has_record_parts,
        .id_width = columns->facts.id_width,
        .has_text = columns->facts.has_text,
        .has_prompt_tokens = columns->facts.prompt_token_rows > 0,
        .all_prompt_tokens = columns->facts.prompt_token_rows == columns->facts.rows &&
                             !columns->facts.prompt_token_parts,
        .has_cached_tokens = columns->facts.cached_token_rows > 0,
        .all_cached_tokens = columns->facts.cached_token_rows == columns->facts.rows &&
                             !columns->facts.cached_token_parts,
        .has_score = columns->facts.has_score,
        .has_outcome = columns->facts.has_outcome,
        .has_cost = columns->facts.has_cost,
        .has_completion_tokens = columns->facts.has_completion_tokens,
        .tagger_kind = assembly->tagger_kind,
        .tagger_digest = assembly->tagger_digest,
        .tagger_settings = assembly->tagger_settings,
        .tagger_settings_length = assembly->tagger_settings_length,
        .category_tag = assembly->category_tag,
        .router_tags = columns->tags.numbered,
        .shard = assembly->shard,
        .shards = assembly->shards,
        .run_digest = assembly->run_digest,
    };
    for (int i = 0; i < TGR_KEEP_MAX; i++) {
        plan->kept[i] = names_of(&numbering->coded[TGR_CODED_KEPT + i]);
        plan->kept_columns[i] = assembly->kept_columns[i];
    }
}
