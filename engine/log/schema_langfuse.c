/* schema_langfuse.c - Langfuse's observations, as its API and its exports spell them. */
#include "engine/log/lookup.h"
#include "engine/log/schema.h"

void tgr_schema_langfuse(tgr_reading *from, uint32_t root, tgr_call *call)
{
    static const char *const models[] = {"model", "providedModelName", "provided_model_name", NULL};
    static const char *const inputs[] = {
        "usageDetails.input", "usage_details.input", "usage.input", "promptTokens",
        "prompt_tokens",      "inputUsage",          NULL};
    static const char *const outputs[] = {"usageDetails.output",
                                          "usage_details.output",
                                          "usage.output",
                                          "completionTokens",
                                          "completion_tokens",
                                          "outputUsage",
                                          NULL};
    static const char *const costs[] = {"costDetails.total",   "cost_details.total",
                                        "calculatedTotalCost", "totalCost",
                                        "total_cost",          NULL};
    const tgr_tape *tape = from->item->tape;
    uint32_t type = tgr_lookup(tape, root, "type");
    uint32_t level = tgr_lookup(tape, root, "level");
    if (type == 0 || !tgr_value_is(&tape->values[type], "GENERATION")) {
        from->record->skip = TGR_SKIP_NOT_CHAT;
    } else if (level > 0 && tgr_value_is(&tape->values[level], "ERROR")) {
        from->record->skip = TGR_SKIP_FAILED;
    }
    *call = (tgr_call){
        .id = tgr_lookup(tape, root, "id"),
        .model = tgr_lookup_any(tape, root, models),
        .messages = tgr_lookup(tape, root, "input"),
        .cost = tgr_lookup_amount(tape, tgr_lookup_any(tape, root, costs)),
        .prompt_tokens = tgr_lookup_amount(tape, tgr_lookup_any(tape, root, inputs)),
        .completion_tokens = tgr_lookup_amount(tape, tgr_lookup_any(tape, root, outputs)),
    };
}
