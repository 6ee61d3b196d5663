/* prices.c - the models' prices as a map of the kind that LiteLLM publishes. */
#include <string.h>
#include <unistd.h>

#include "datasets/generate/stream.h"
#include "engine/base/error.h"
#include "engine/base/json_write.h"
#include "engine/base/output.h"

static void add_model(tgr_json *json, const tgr_gen_model *model)
{
    tgr_json_object(json, model->name);
    tgr_json_number(json, "input_cost_per_token", (double)model->input_price / TGR_GEN_PICO);
    tgr_json_number(json, "output_cost_per_token", (double)model->output_price / TGR_GEN_PICO);
    tgr_json_unsigned(json, "max_input_tokens", model->max_input_tokens);
    tgr_json_string(json, "litellm_provider", "example");
    tgr_json_string(json, "mode", "chat");
    tgr_json_boolean(json, "supports_function_calling", model->function_calling);
    tgr_json_boolean(json, "supports_vision", model->vision);
    tgr_json_end_object(json);
}

static void add_map(tgr_buffer *text, const tgr_gen_world *world)
{
    tgr_json json;
    tgr_json_begin(&json, text, true);
    tgr_json_object(&json, NULL);
    for (uint32_t k = 0; k < world->options.models; k++) {
        add_model(&json, &world->models[k]);
    }
    tgr_json_end_object(&json);
    tgr_buffer_text(text, "\n");
}

static tgr_status write_file(const tgr_buffer *text, const char *path, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_output output = {.fd = -1};
    TGR_TRY(tgr_output_open(&output, path, error));
    TGR_TRY(tgr_write_all(output.fd, text->bytes, text->length, path, error));
    TGR_TRY(tgr_output_commit(&output, error));
done:
    tgr_output_abandon(&output);
    return status;
}

tgr_status tgr_gen_prices_write(const tgr_gen_world *world, const char *path, tgr_error *error)
{
    tgr_buffer text = {0};
    add_map(&text, world);
    tgr_status status = TGR_OK;
    if (text.failed) {
        status = tgr_fail_memory(error, "the price map");
    } else if (strcmp(path, "-") == 0) {
        status = tgr_write_all(STDOUT_FILENO, text.bytes, text.length, "standard output", error);
    } else {
        status = write_file(&text, path, error);
    }
    tgr_buffer_free(&text);
    return status;
}
