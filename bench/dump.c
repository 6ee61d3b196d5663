/* dump.c - writing arrays out. */
#include "bench/dump.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "bench/reference.h"
#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/json_write.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"

static tgr_status write_file(const char *folder, const char *name, const void *bytes, size_t length,
                             tgr_error *error)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "the name of the folder is too long");
    }
    tgr_output output = {.fd = -1};
    tgr_status status = tgr_output_open(&output, path, error);
    if (status == TGR_OK) {
        status = tgr_write_all(output.fd, bytes, length, path, error);
    }
    if (status == TGR_OK) {
        return tgr_output_commit(&output, error);
    }
    tgr_output_abandon(&output);
    return status;
}

static tgr_status write_values(const tgr_bench_data *data, const char *folder, tgr_error *error)
{
    size_t entries = (size_t)tgr_bench_entries(data);
    float *values = tgr_mem_alloc(entries, sizeof *values);
    if (values == NULL) {
        return tgr_fail_memory(error, "the counts as floats");
    }
    for (size_t i = 0; i < entries; i++) {
        values[i] = data->value_type == TGR_F32   ? ((const float *)data->values)[i]
                    : data->value_type == TGR_U16 ? ((const uint16_t *)data->values)[i]
                                                  : ((const uint8_t *)data->values)[i];
    }
    tgr_status status = write_file(folder, "values.f32", values, entries * sizeof *values, error);
    tgr_mem_free(values);
    return status;
}

static tgr_status write_decisions(const tgr_bench_run *run, const char *folder, tgr_error *error)
{
    const tgr_bench_data *data = &run->data;
    tgr_decider decider = tgr_bench_decider(run, &run->questions[0]);
    size_t count = data->rows * decider.threshold_count;
    int16_t *model = tgr_mem_alloc(count, sizeof *model);
    if (model == NULL) {
        return tgr_fail_memory(error, "the decisions");
    }
    tgr_csr x = tgr_bench_csr(data, false);
    tgr_bench_reference(&x, data, &decider, 0, data->rows, model);
    tgr_status status = write_file(folder, "decisions.i16", model, count * sizeof *model, error);
    tgr_mem_free(model);
    return status;
}

static tgr_status write_shape(const tgr_bench_run *run, const char *folder, tgr_error *error)
{
    const tgr_bench_data *data = &run->data;
    const tgr_bench_question *question = &run->questions[0];
    tgr_buffer text = {0};
    tgr_json json;
    tgr_json_begin(&json, &text, true);
    tgr_json_object(&json, NULL);
    tgr_json_string(&json, "name", run->shape.name);
    tgr_json_unsigned(&json, "queries", data->rows);
    tgr_json_unsigned(&json, "tags", data->columns);
    tgr_json_unsigned(&json, "models", data->models);
    tgr_json_unsigned(&json, "nonzeros", tgr_bench_entries(data));
    tgr_json_string(&json, "policy", tgr_bench_policy_name(question->policy));
    tgr_json_number(&json, "threshold", question->thresholds[0]);
    tgr_json_unsigned(&json, "thresholds", question->threshold_count);
    tgr_json_unsigned(&json, "reference", data->reference);
    tgr_json_end_object(&json);
    tgr_buffer_text(&text, "\n");
    tgr_status status = text.failed
                            ? tgr_fail_memory(error, "the shape")
                            : write_file(folder, "shape.json", text.bytes, text.length, error);
    tgr_buffer_free(&text);
    return status;
}

tgr_status tgr_bench_dump(tgr_bench_run *run, const char *folder, tgr_error *error)
{
    const tgr_bench_data *data = &run->data;
    size_t entries = (size_t)tgr_bench_entries(data);
    tgr_status status = TGR_OK;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return tgr_fail_io(error, folder, "make the folder", errno);
    }
    TGR_TRY(
        write_file(folder, "indptr.i64", data->indptr, (data->rows + 1) * sizeof(int64_t), error));
    TGR_TRY(write_file(folder, "indices.u32", data->indices, entries * sizeof(uint32_t), error));
    TGR_TRY(write_values(data, folder, error));
    TGR_TRY(write_file(folder, "weights.f32", data->plain_weights,
                       data->columns * data->models * sizeof(float), error));
    TGR_TRY(write_file(folder, "bias.f32", data->bias, data->models * sizeof(float), error));
    TGR_TRY(write_decisions(run, folder, error));
    status = write_shape(run, folder, error);
done:
    return status;
}
