/* schema_otel.c - spans by OpenTelemetry's conventions for generative AI; attributes as a map, as
 * OTLP's list, or in the record itself.
 */
#include "engine/log/lookup.h"
#include "engine/log/schema_parts.h"

static bool failed(const tgr_tape *tape, uint32_t span, uint32_t attributes)
{
    static const char *const codes[] = {"status.code", "status.status_code", "status_code", NULL};
    static const char *const errors[] = {"STATUS_CODE_ERROR", "ERROR", "Error", NULL};
    uint32_t code = tgr_lookup_any(tape, span, codes);
    return tgr_lookup_amount(tape, code) == 2 || tgr_schema_is_one_of(tape, code, errors) ||
           tgr_lookup(tape, attributes, "error.type") > 0;
}

/* Spans of tools, agents, embeddings and of anything else are no chats. */
static bool chats(const tgr_tape *tape, uint32_t attributes)
{
    static const char *const operations[] = {"chat", "text_completion", "generate_content",
                                             "completion", NULL};
    static const char *const models[] = {"gen_ai.request.model", "gen_ai.response.model", NULL};
    static const char *const named[] = {"gen_ai.operation.name", "llm.request.type", NULL};
    uint32_t operation = tgr_lookup_any(tape, attributes, named);
    return operation > 0 ? tgr_schema_is_one_of(tape, operation, operations)
                         : tgr_lookup_any(tape, attributes, models) > 0;
}

void tgr_schema_otel(tgr_reading *from, uint32_t root, tgr_call *call)
{
    static const char *const ids[] = {"spanId", "span_id", "context.span_id", NULL};
    static const char *const models[] = {"gen_ai.response.model", "gen_ai.request.model", NULL};
    static const char *const messages[] = {"gen_ai.input.messages", "gen_ai.prompt", NULL};
    static const char *const inputs[] = {"gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens",
                                         NULL};
    static const char *const outputs[] = {"gen_ai.usage.output_tokens",
                                          "gen_ai.usage.completion_tokens", NULL};
    static const char *const cached[] = {
        "gen_ai.usage.cache_read.input_tokens",   "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.input_tokens.cached",       "gen_ai.usage.cached_input_tokens",
        "gen_ai.usage.details.cache_read_tokens", NULL};
    static const char *const costs[] = {"gen_ai.usage.cost", "gen_ai.usage.total_cost", NULL};
    const tgr_tape *tape = from->item->tape;
    uint32_t attributes = tgr_lookup(tape, root, "attributes");
    if (attributes == 0) {
        attributes = root;
    }
    if (!chats(tape, attributes)) {
        from->record->skip = TGR_SKIP_NOT_CHAT;
    } else if (failed(tape, root, attributes)) {
        from->record->skip = TGR_SKIP_FAILED;
    }
    *call = (tgr_call){
        .id = tgr_lookup_any(tape, root, ids),
        .model = tgr_lookup_any(tape, attributes, models),
        .messages = tgr_lookup_any(tape, attributes, messages),
        .cost = tgr_lookup_amount(tape, tgr_lookup_any(tape, attributes, costs)),
        .prompt_tokens = tgr_lookup_amount(tape, tgr_lookup_any(tape, attributes, inputs)),
        .cached_tokens = tgr_lookup_amount(tape, tgr_lookup_any(tape, attributes, cached)),
        .completion_tokens = tgr_lookup_amount(tape, tgr_lookup_any(tape, attributes, outputs)),
    };
    if (call->messages == 0 && tgr_numbered_any(tape, attributes)) {
        call->numbered = attributes;
    }
    if (tgr_lookup(tape, attributes, "gen_ai.tool.definitions") > 0 &&
        from->record->skip == TGR_SKIP_REASONS) {
        tgr_schema_need(from, "function_calling");
    }
}
