/* call_langfuse.c - a call as an observation of Langfuse's. */
#include "datasets/generate/call.h"

void tgr_gen_emit_langfuse(tgr_gen_emit *emit, const tgr_gen_call *call)
{
    tgr_gen_emit_map(emit, 9);
    tgr_gen_emit_pair(emit, "id", call->id);
    tgr_gen_emit_pair(emit, "traceId", call->trace);
    tgr_gen_emit_pair(emit, "type", call->embedding ? "EMBEDDING" : "GENERATION");
    tgr_gen_emit_pair(emit, "level", call->failed ? "ERROR" : "DEFAULT");
    tgr_gen_emit_pair(emit, "model", call->model->name);
    tgr_gen_emit_key(emit, "input");
    tgr_gen_emit_map(emit, 1u + call->record->needs_function_calling);
    tgr_gen_emit_messages(emit, call);
    tgr_gen_emit_tools(emit, call);
    tgr_gen_emit_end(emit);
    tgr_gen_emit_key(emit, "usageDetails");
    tgr_gen_emit_map(emit, 2);
    tgr_gen_emit_count(emit, "input", call->record->prompt_tokens);
    tgr_gen_emit_count(emit, "output", call->completion_tokens);
    tgr_gen_emit_end(emit);
    tgr_gen_emit_key(emit, "costDetails");
    tgr_gen_emit_map(emit, 1);
    tgr_gen_emit_key(emit, "total");
    tgr_gen_emit_dollars(emit, call->cost);
    tgr_gen_emit_end(emit);
    tgr_gen_emit_key(emit, "metadata");
    tgr_gen_emit_map(emit, 1);
    tgr_gen_emit_pair(emit, "team", call->team);
    tgr_gen_emit_end(emit);
    tgr_gen_emit_end(emit);
}
