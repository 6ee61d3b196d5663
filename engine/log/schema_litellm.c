/* schema_litellm.c - LiteLLM's StandardLoggingPayload, bare or under "standard_logging_object". */
#include "engine/log/lookup.h"
#include "engine/log/usage.h"

static const char *const chats[] = {"",
                                    "completion",
                                    "acompletion",
                                    "responses",
                                    "aresponses",
                                    "anthropic_messages",
                                    "text_completion",
                                    "atext_completion",
                                    "generate_content",
                                    "agenerate_content",
                                    "generate_content_stream",
                                    "agenerate_content_stream",
                                    NULL};

/* The name that users call the model by, else that of the deployment. */
static uint32_t find_model(const tgr_tape *tape, uint32_t root)
{
    uint32_t group = tgr_lookup(tape, root, "model_group");
    return group > 0 && tape->values[group].kind == TGR_STRING && tape->values[group].count > 0
               ? group
               : tgr_lookup(tape, root, "model");
}

void tgr_schema_litellm(tgr_reading *from, uint32_t root, tgr_call *call)
{
    static const char *const tools[] = {"model_parameters.tools", "model_parameters.functions",
                                        NULL};
    static const char *const usages[] = {"metadata.usage_object", "response.usage", NULL};
    const tgr_tape *tape = from->item->tape;
    uint32_t payload = tgr_lookup(tape, root, "standard_logging_object");
    if (payload > 0 && tape->values[payload].kind == TGR_MAP) {
        root = payload;
    }
    uint32_t status = tgr_lookup(tape, root, "status");
    uint32_t type = tgr_lookup(tape, root, "call_type");
    if (type > 0 && !tgr_schema_is_one_of(tape, type, chats)) {
        from->record->skip = TGR_SKIP_NOT_CHAT;
    } else if (status > 0 && tgr_value_is(&tape->values[status], "failure")) {
        from->record->skip = TGR_SKIP_FAILED;
    }
    *call = (tgr_call){
        .id = tgr_lookup(tape, root, "id"),
        .model = find_model(tape, root),
        .messages = tgr_lookup(tape, root, "messages"),
        .tools = tgr_lookup_any(tape, root, tools),
        .cost = tgr_lookup_amount(tape, tgr_lookup(tape, root, "response_cost")),
        .prompt_tokens = tgr_lookup_amount(tape, tgr_lookup(tape, root, "prompt_tokens")),
        .cached_tokens = tgr_usage_cached(tape, tgr_lookup_any(tape, root, usages)),
        .completion_tokens = tgr_lookup_amount(tape, tgr_lookup(tape, root, "completion_tokens")),
    };
}
