/* store_tool.c - lets scripts reach the store: writes sample files, prints what a file is read as.
 *
 *   store_tool write PATH ROWS [compact] [compress] [weights] [wide] [gaps]
 *   store_tool dump PATH             one JSON object; refusals as {"status": ..., "error": ...}
 *   store_tool decide PATH THRESHOLDS [ids] [margins]
 */
#include "tests/test_store_support.h"

#include "engine/base/json_write.h"
#include "engine/store/decisions.h"
#include "engine/store/kind.h"

static bool given(int count, char **words, const char *word)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0) {
            return true;
        }
    }
    return false;
}

static int finish(tgr_status status, const tgr_error *error)
{
    if (status != TGR_OK) {
        tgr_buffer buffer = {0};
        tgr_json json;
        tgr_json_begin(&json, &buffer, false);
        tgr_json_object(&json, NULL);
        tgr_json_string(&json, "status", tgr_status_name(status));
        tgr_json_string(&json, "error", error->message);
        tgr_json_end_object(&json);
        printf("%s\n", buffer.bytes);
        tgr_buffer_free(&buffer);
    }
    return status == TGR_OK ? 0 : 1;
}

static int write_sample(int count, char **words)
{
    tgr_error error;
    sample_shape shape = {.rows = strtoull(words[1], NULL, 10),
                          .tags = 200,
                          .models = 3,
                          .categories = 5,
                          .some_tokens = given(count, words, "gaps")};
    shape.value_type = given(count, words, "weights") ? TGR_F32
                       : given(count, words, "wide")  ? TGR_U16
                                                      : TGR_U8;
    sample made = sample_make(&shape);
    made.plan.compact = given(count, words, "compact");
    made.plan.compress = given(count, words, "compress");
    tgr_status status = sample_write(&made, words[0], 1000, &error);
    sample_free(&made);
    return finish(status, &error);
}

/* ---- dump ------------------------------------------------------------------------------ */

static void names(tgr_json *json, const char *key, const tgr_strings *strings)
{
    if (!strings) {
        return;
    }
    tgr_json_array(json, key);
    for (uint32_t i = 0; i < tgr_strings_count(strings); i++) {
        size_t length;
        const char *text = tgr_strings_get(strings, i, &length);
        tgr_json_string_n(json, NULL, text, length);
    }
    tgr_json_end_array(json);
}

static void codes(tgr_json *json, const char *key, const int32_t *values,
                  const tgr_strings *strings, size_t rows)
{
    if (!values) {
        return;
    }
    tgr_json_array(json, key);
    for (size_t row = 0; row < rows; row++) {
        size_t length;
        tgr_json_string(json, NULL,
                        values[row] < 0 ? NULL
                                        : tgr_strings_get(strings, (uint32_t)values[row], &length));
    }
    tgr_json_end_array(json);
}

static void floats(tgr_json *json, const char *key, const float *values, size_t count)
{
    if (!values) {
        return;
    }
    tgr_json_array(json, key);
    for (size_t i = 0; i < count; i++) {
        tgr_json_float(json, NULL, values[i]);
    }
    tgr_json_end_array(json);
}

static double value_at(const tgr_csr *x, size_t at)
{
    return x->value_type == TGR_F32   ? (double)((const float *)x->values)[at]
           : x->value_type == TGR_U16 ? ((const uint16_t *)x->values)[at]
                                      : ((const uint8_t *)x->values)[at];
}

static void dump_x(tgr_json *json, const tgr_csr *x)
{
    static const char *const types[] = {"u8", "u16", "f32"};
    tgr_json_string(json, "value_type", types[x->value_type]);
    tgr_json_array(json, "x");
    for (size_t row = 0; row < x->rows; row++) {
        tgr_json_array(json, NULL);
        for (int64_t at = x->indptr[row]; at < x->indptr[row + 1]; at++) {
            tgr_json_array(json, NULL);
            tgr_json_unsigned(json, NULL, x->indices[at]);
            tgr_json_number(json, NULL, value_at(x, (size_t)at));
            tgr_json_end_array(json);
        }
        tgr_json_end_array(json);
    }
    tgr_json_end_array(json);
}

static void dump_obs(tgr_json *json, const tgr_query_file *file, const tgr_batch *batch)
{
    size_t rows = batch->rows;
    if (batch->ids.bytes) {
        tgr_json_array(json, "ids");
        for (size_t row = 0; row < rows; row++) {
            uint64_t begin = batch->ids.offsets[row], end = batch->ids.offsets[row + 1];
            tgr_json_string_n(json, NULL, batch->ids.bytes + begin, (size_t)(end - begin));
        }
        tgr_json_end_array(json);
    }
    codes(json, "split", batch->split, file->splits, rows);
    codes(json, "category", batch->category, file->categories, rows);
    codes(json, "allow", batch->allow, file->allows, rows);
    codes(json, "deny", batch->deny, file->denies, rows);
    codes(json, "needs", batch->needs, file->needs, rows);
    if (batch->prompt_tokens) {
        tgr_json_array(json, "prompt_tokens");
        for (size_t row = 0; row < rows; row++) {
            tgr_json_number(json, NULL, batch->prompt_tokens[row]);
        }
        tgr_json_end_array(json);
    }
}

static void dump_batch(tgr_json *json, const tgr_query_file *file, const tgr_batch *batch)
{
    size_t cells = batch->rows * tgr_strings_count(file->models);
    dump_x(json, &batch->x);
    dump_obs(json, file, batch);
    floats(json, "score", batch->score, cells);
    floats(json, "cost", batch->cost, cells);
    floats(json, "completion_tokens", batch->completion_tokens, cells);
    if (batch->outcome) {
        tgr_json_array(json, "outcome");
        for (size_t i = 0; i < cells; i++) {
            tgr_json_integer(json, NULL, batch->outcome[i]);
        }
        tgr_json_end_array(json);
    }
}

static int dump(const char *path)
{
    tgr_error error;
    tgr_query_file *file;
    tgr_file_kind kind;
    tgr_batch batch = {0};
    tgr_buffer buffer = {0};
    tgr_json json;
    tgr_status status = tgr_query_open(path, &file, &error);
    if (status == TGR_OK) {
        status = tgr_query_verify(file, &error);
    }
    if (status == TGR_OK) {
        status = tgr_query_read(file, 0, SIZE_MAX, SIZE_MAX, WANT_ALL, &batch, &error);
    }
    if (status == TGR_OK) {
        status = tgr_file_kind_of(path, &kind, &error);
    }
    if (status == TGR_OK) {
        tgr_json_begin(&json, &buffer, false);
        tgr_json_object(&json, NULL);
        tgr_json_integer(&json, "kind", kind);
        tgr_json_unsigned(&json, "rows", file->rows);
        tgr_json_unsigned(&json, "columns", file->columns);
        tgr_json_string(&json, "digest", file->digest);
        tgr_json_string(&json, "tagger_digest", file->tagger_digest);
        tgr_json_boolean(&json, "category_tag", file->category_tag);
        names(&json, "tags", file->tags);
        names(&json, "models", file->models);
        dump_batch(&json, file, &batch);
        tgr_json_end_object(&json);
        printf("%s\n", buffer.bytes);
    }
    tgr_buffer_free(&buffer);
    tgr_batch_free(&batch);
    tgr_query_close(file);
    return finish(status, &error);
}

/* ---- decide ---------------------------------------------------------------------------- */

#define DECISIONS 500

static int decide(int count, char **words)
{
    tgr_error error;
    size_t thresholds = strtoul(words[1], NULL, 10);
    uint64_t random = SEED;
    static const char *const digests[] = {"q1", ""};
    double *numbers = sample_array(thresholds, sizeof(double));
    int16_t *model = sample_array(DECISIONS * thresholds, sizeof(int16_t));
    float *margin = sample_array(DECISIONS * thresholds, sizeof(float));
    tgr_texts ids = sample_texts(DECISIONS, "q", false, &random);
    for (size_t i = 0; i < DECISIONS * thresholds; i++) {
        numbers[i % thresholds] = (double)(i % thresholds) / 3;
        model[i] = (int16_t)((int)(i % 5) - 1 > 2 ? 0 : (int)(i % 5) - 1);
        margin[i] = model[i] < 0 ? NAN : (float)i / 7.0f;
    }
    tgr_decisions_plan plan = {.rows = DECISIONS,
                               .models = sample_models,
                               .model_count = 3,
                               .reference = sample_models[0],
                               .policy = TGR_POLICY_UTILITY,
                               .thresholds = numbers,
                               .threshold_count = thresholds,
                               .ids = given(count, words, "ids"),
                               .margins = given(count, words, "margins"),
                               .id_width = 64,
                               .router_digest = "r",
                               .query_digests = digests,
                               .query_count = 2};
    tgr_decisions_writer *writer;
    tgr_status status = tgr_decisions_open(words[0], TGR_DECISIONS_AUTO, &plan, &writer, &error);
    if (status == TGR_OK) {
        status = tgr_decisions_put(writer, &ids, model, margin, DECISIONS, &error);
    }
    if (status == TGR_OK) {
        status = tgr_decisions_commit(writer, &error);
    }
    tgr_decisions_free(writer);
    free(numbers);
    free(model);
    free(margin);
    free(ids.bytes);
    free(ids.offsets);
    return finish(status, &error);
}

int main(int count, char **words)
{
    if (count >= 4 && strcmp(words[1], "write") == 0) {
        return write_sample(count - 2, words + 2);
    }
    if (count == 3 && strcmp(words[1], "dump") == 0) {
        return dump(words[2]);
    }
    if (count >= 4 && strcmp(words[1], "decide") == 0) {
        return decide(count - 2, words + 2);
    }
    fprintf(stderr, "usage: store_tool write|dump|decide PATH ...\n");
    return 2;
}
