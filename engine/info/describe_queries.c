/* describe_queries.c - a query file in a screenful, every byte of it read. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/exact.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/base/weight.h"
#include "engine/info/sheet.h"
#include "engine/plausible/file_prices.h"
#include "engine/plausible/oddities.h"
#include "engine/store/query_read.h"

#define BATCH_ROWS     ((size_t)64 * 1024)
#define BATCH_NONZEROS ((size_t)4 * 1024 * 1024)
#define SHOWN_MODELS   12
#define SHOWN_NAMES    8

typedef struct model_facts {
    uint64_t scores, costs, outcomes[3];
    tgr_sum score, cost;
    bool inexact; /* a value too large for the exact sum */
} model_facts;

typedef struct query_facts {
    model_facts *models;
    uint64_t *splits, *categories; /* queries of each */
    uint64_t tokens_known, restricted, empty;
    tgr_sum tokens;
    uint64_t cached_known, estimated;
    uint64_t weighted; /* with a weight */
    tgr_sum weight;    /* of all */
    tgr_oddities odd;
} query_facts;

static void add_number(model_facts *facts, float value, uint64_t *count, tgr_sum *sum)
{
    if (!isnan(value)) {
        (*count)++;
        facts->inexact |= !tgr_exact_fits(value);
        *sum += tgr_exact_fits(value) ? tgr_exact_term(value) : 0;
    }
}

static void add_models(query_facts *facts, const tgr_batch *batch, size_t row, size_t models)
{
    for (size_t model = 0; model < models; model++) {
        size_t place = row * models + model;
        model_facts *one = &facts->models[model];
        if (batch->score != NULL) {
            add_number(one, batch->score[place], &one->scores, &one->score);
        }
        if (batch->cost != NULL) {
            add_number(one, batch->cost[place], &one->costs, &one->cost);
        }
        if (batch->outcome != NULL && batch->outcome[place] >= 0) {
            one->outcomes[batch->outcome[place]]++;
        }
    }
}

static bool restricted(const tgr_batch *batch, size_t row)
{
    return (batch->allow != NULL && batch->allow[row] >= 0) ||
           (batch->deny != NULL && batch->deny[row] >= 0) ||
           (batch->needs != NULL && batch->needs[row] >= 0);
}

static void add_weight(query_facts *facts, const tgr_batch *batch, size_t row)
{
    if (batch->weight != NULL) {
        facts->weighted += !isnan(batch->weight[row]);
        facts->weight += tgr_weight_of(batch->weight[row]);
    }
}

static void add_batch(query_facts *facts, const tgr_batch *batch, size_t models)
{
    for (size_t row = 0; row < batch->rows; row++) {
        facts->empty += batch->x.indptr[row] == batch->x.indptr[row + 1];
        facts->restricted += restricted(batch, row);
        if (batch->split != NULL && batch->split[row] >= 0) {
            facts->splits[batch->split[row]]++;
        }
        if (batch->category != NULL && batch->category[row] >= 0) {
            facts->categories[batch->category[row]]++;
        }
        if (batch->prompt_tokens != NULL && tgr_exact_fits(batch->prompt_tokens[row])) {
            facts->tokens_known++;
            facts->tokens += tgr_exact_term(batch->prompt_tokens[row]);
        }
        facts->cached_known += batch->cached_tokens != NULL && !isnan(batch->cached_tokens[row]);
        add_weight(facts, batch, row);
        facts->estimated += batch->tokens_from != NULL && batch->tokens_from[row] >= 0;
        add_models(facts, batch, row, models);
    }
    tgr_oddities_add(&facts->odd, batch);
}

static tgr_status gather(query_facts *facts, tgr_query_file *file, const tgr_run *run,
                         tgr_error *error)
{
    const unsigned want = TGR_WANT_SPLIT | TGR_WANT_CATEGORY | TGR_WANT_ELIGIBILITY |
                          TGR_WANT_PROMPT_TOKENS | TGR_WANT_SCORE | TGR_WANT_OUTCOME |
                          TGR_WANT_COST | TGR_WANT_WEIGHT | TGR_ODDITY_WANTS;
    tgr_batch batch = {0};
    tgr_status status = TGR_OK;
    for (uint64_t row = 0; row < file->rows; row += batch.rows) {
        TGR_TRY(tgr_run_check(run, error));
        TGR_TRY(tgr_query_read(file, row, BATCH_ROWS, BATCH_NONZEROS, want, &batch, error));
        add_batch(facts, &batch, tgr_strings_count(file->models));
        tgr_run_progress(run, "reading", "queries", row + batch.rows, file->rows, row + batch.rows);
    }
done:
    tgr_batch_free(&batch);
    return status;
}

static void describe_names(tgr_sheet *sheet, const char *label, const tgr_strings *names,
                           const uint64_t *queries)
{
    uint32_t count = names == NULL ? 0 : tgr_strings_count(names);
    tgr_buffer line = {0};
    char grouped[32];
    tgr_json_object(&sheet->json, label);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = tgr_strings_get(names, i, NULL);
        if (i < SHOWN_NAMES) {
            tgr_buffer_format(&line, "%s%.40s %s", i > 0 ? ", " : "", name,
                              tgr_sheet_grouped(grouped, queries[i]));
        }
        tgr_json_unsigned(&sheet->json, name, queries[i]);
    }
    tgr_json_end_object(&sheet->json);
    if (line.length > 0 && !line.failed) {
        tgr_sheet_line(sheet, label, "%s%s", line.bytes, count > SHOWN_NAMES ? ", ..." : "");
    }
    tgr_buffer_free(&line);
}

static void describe_model(tgr_sheet *sheet, const char *name, const model_facts *facts, bool shown)
{
    char scored[32], judged[32], score[32], cost[32], accepted[32];
    uint64_t outcomes = facts->outcomes[0] + facts->outcomes[1] + facts->outcomes[2];
    double unknown = facts->inexact ? NAN : 1;
    double mean_score = unknown * tgr_exact_value(facts->score) / (double)facts->scores;
    double mean_cost = unknown * tgr_exact_value(facts->cost) / (double)facts->costs;
    double accept = (double)(facts->outcomes[1] + facts->outcomes[2]) / (double)outcomes;
    if (shown) {
        tgr_sheet_line(sheet, "", "%-32s %12s %8s %12s %8s %11s", name,
                       tgr_sheet_grouped(scored, facts->scores),
                       tgr_sheet_short(score, mean_score, 4), tgr_sheet_grouped(judged, outcomes),
                       tgr_sheet_short(accepted, accept, 4), tgr_sheet_short(cost, mean_cost, 4));
    }
    tgr_json_object(&sheet->json, NULL);
    tgr_json_string(&sheet->json, "name", name);
    tgr_json_unsigned(&sheet->json, "scores", facts->scores);
    tgr_json_number(&sheet->json, "mean_score", mean_score);
    tgr_json_unsigned(&sheet->json, "losses", facts->outcomes[0]);
    tgr_json_unsigned(&sheet->json, "ties", facts->outcomes[1]);
    tgr_json_unsigned(&sheet->json, "wins", facts->outcomes[2]);
    tgr_json_unsigned(&sheet->json, "costs", facts->costs);
    tgr_json_number(&sheet->json, "mean_cost", mean_cost);
    tgr_json_end_object(&sheet->json);
}

static void describe_models(tgr_sheet *sheet, const tgr_query_file *file, const query_facts *facts)
{
    uint32_t count = tgr_strings_count(file->models);
    tgr_sheet_line(sheet, "models", count == 0 ? "none" : "%-32s %12s %8s %12s %8s %11s", "",
                   "scored", "mean", "with outcome", "accepted", "USD/query");
    tgr_json_array(&sheet->json, "models");
    for (uint32_t i = 0; i < count; i++) {
        describe_model(sheet, tgr_strings_get(file->models, i, NULL), &facts->models[i],
                       i < SHOWN_MODELS);
    }
    tgr_json_end_array(&sheet->json);
    if (count > SHOWN_MODELS) {
        tgr_sheet_line(sheet, "", "... %u models more; --json lists them all",
                       count - SHOWN_MODELS);
    }
}

static void describe_matrix(tgr_sheet *sheet, const tgr_query_file *file, const query_facts *facts)
{
    static const char *const types[] = {
        [TGR_U8] = "uint8", [TGR_U16] = "uint16", [TGR_F32] = "float32"};
    char note[96], grouped[32];
    snprintf(note, sizeof note, "(%s without a tag)", tgr_sheet_grouped(grouped, facts->empty));
    tgr_sheet_count(sheet, "queries", "queries", file->rows, note);
    tgr_json_unsigned(&sheet->json, "without_tags", facts->empty);
    tgr_sheet_count(sheet, "tags", "tags", file->columns, NULL);
    snprintf(note, sizeof note, "(%.2f a query, %s)",
             file->rows == 0 ? 0.0 : (double)file->nonzeros / (double)file->rows,
             types[file->value_type]);
    tgr_sheet_count(sheet, "non-zeros", "nonzeros", file->nonzeros, note);
    tgr_json_string(&sheet->json, "value_type", types[file->value_type]);
}

static void describe_rest(tgr_sheet *sheet, const tgr_query_file *file, const query_facts *facts)
{
    char note[64];
    snprintf(note, sizeof note, "(mean %.4g)",
             tgr_exact_value(facts->tokens) / (double)facts->tokens_known);
    tgr_sheet_count(sheet, "prompt tokens", "prompt_tokens_known", facts->tokens_known,
                    facts->tokens_known > 0 ? note : NULL);
    if (facts->estimated > 0) {
        tgr_sheet_count(sheet, "of these estimated", "prompt_tokens_estimated", facts->estimated,
                        NULL);
    }
    if (file->has_cached_tokens) {
        tgr_sheet_count(sheet, "cached tokens", "cached_prompt_tokens_known", facts->cached_known,
                        NULL);
    }
    if (file->has_weight) {
        snprintf(note, sizeof note, "(all queries together %.6g)", tgr_exact_value(facts->weight));
        tgr_sheet_count(sheet, "with a weight", "weighted", facts->weighted, note);
        tgr_json_number(&sheet->json, "weight", tgr_exact_value(facts->weight));
    }
    tgr_sheet_count(sheet, "restricted", "restricted", facts->restricted, NULL);
    tgr_sheet_line(sheet, "tagger", "%s%s",
                   file->tagger_digest[0] == '\0' ? "not recorded" : file->tagger_digest,
                   file->category_tag ? ", category as a tag" : "");
    tgr_json_string(&sheet->json, "tagger", file->tagger_digest);
    tgr_json_boolean(&sheet->json, "category_tag", file->category_tag);
    if (file->router_tags > 0) {
        tgr_sheet_line(sheet, "router's tags", "the first %s",
                       tgr_sheet_grouped(note, file->router_tags));
        tgr_json_unsigned(&sheet->json, "router_tags", file->router_tags);
    }
    if (file->shards > 0) {
        tgr_sheet_line(sheet, "shard", "%llu of %llu, run %s", (unsigned long long)file->shard,
                       (unsigned long long)file->shards, file->run_digest);
        tgr_json_unsigned(&sheet->json, "shard", file->shard);
        tgr_json_unsigned(&sheet->json, "shards", file->shards);
        tgr_json_string(&sheet->json, "run_digest", file->run_digest);
    }
    tgr_sheet_text(sheet, "digest", "digest", file->digest);
}

static tgr_status count_room(query_facts *facts, const tgr_query_file *file, tgr_error *error)
{
    facts->models = tgr_mem_zalloc(tgr_strings_count(file->models), sizeof *facts->models);
    facts->splits =
        tgr_mem_zalloc(file->splits ? tgr_strings_count(file->splits) : 0, sizeof(uint64_t));
    facts->categories = tgr_mem_zalloc(file->categories ? tgr_strings_count(file->categories) : 0,
                                       sizeof(uint64_t));
    bool fits = facts->models != NULL && facts->splits != NULL && facts->categories != NULL;
    return fits ? TGR_OK : tgr_fail_memory(error, "counting");
}

typedef struct odd_sheet {
    tgr_sheet *sheet;
    const char *label;
    size_t skip; /* bytes of the file's name before each sentence */
} odd_sheet;

static void put_oddity(void *user, const char *sentence)
{
    odd_sheet *to = user;
    tgr_sheet_line(to->sheet, to->label, "%s", sentence + to->skip);
    to->label = "";
}

/* What is odd about tokens and costs. */
static tgr_status describe_oddities(tgr_sheet *sheet, const tgr_query_file *file,
                                    const query_facts *facts, tgr_error *error)
{
    odd_sheet to = {sheet, "odd", strlen(file->path) + 2};
    tgr_oddities_json(&facts->odd, file, &sheet->json);
    return tgr_oddities_tell(&facts->odd, file, put_oddity, &to, error);
}

tgr_status tgr_describe_queries(tgr_sheet *sheet, const char *path, const tgr_price_options *prices,
                                const tgr_run *run, tgr_error *error)
{
    tgr_query_file *file = NULL;
    tgr_router *priced = NULL;
    query_facts facts = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_query_open(path, &file, error));
    if (prices != NULL) {
        TGR_TRY(tgr_file_prices(file, prices, true, &priced, run, error));
    }
    TGR_TRY(count_room(&facts, file, error));
    TGR_TRY(tgr_oddities_open(&facts.odd, file, priced, error));
    TGR_TRY(gather(&facts, file, run, error));
    TGR_TRY(tgr_query_verify(file, error));
    const char *title = file->digest[0] == '\0'
                            ? "query file, checked (not written by tagroute: no checksums)"
                            : "query file, every checksum verified";
    tgr_sheet_begin(sheet, path, title, "queries");
    describe_matrix(sheet, file, &facts);
    describe_names(sheet, "splits", file->splits, facts.splits);
    describe_names(sheet, "categories", file->categories, facts.categories);
    describe_models(sheet, file, &facts);
    describe_rest(sheet, file, &facts);
    TGR_TRY(describe_oddities(sheet, file, &facts, error));
    tgr_sheet_end(sheet);
done:
    tgr_query_close(file);
    tgr_router_free(priced);
    tgr_oddities_close(&facts.odd);
    tgr_mem_free(facts.models);
    tgr_mem_free(facts.splits);
    tgr_mem_free(facts.categories);
    return status;
}
