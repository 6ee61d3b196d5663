/* call_litellm.c - a call as LiteLLM logs it: a StandardLoggingPayload. */
#include "datasets/generate/call.h"

#include <stdio.h>

void tgr_gen_emit_litellm(tgr_gen_emit *emit, const tgr_gen_call *call)
{
    char deployment[sizeof call->model->name + 8];
    snprintf(deployment, sizeof deployment, "hosted/%s", call->model->name);
    tgr_gen_emit_map(emit, 11);
    tgr_gen_emit_pair(emit, "id", call->id);
    tgr_gen_emit_pair(emit, "call_type", call->embedding ? "aembedding" : "acompletion");
    tgr_gen_emit_pair(emit, "status", call->failed ? "failure" : "success");
    tgr_gen_emit_pair(emit, "model", deployment);
    tgr_gen_emit_pair(emit, "model_group", call->model->name);
    tgr_gen_emit_key(emit, "response_cost");
    tgr_gen_emit_dollars(emit, call->cost);
    tgr_gen_emit_count(emit, "prompt_tokens", call->record->prompt_tokens);
    tgr_gen_emit_count(emit, "completion_tokens", call->completion_tokens);
    tgr_gen_emit_messages(emit, call);
    tgr_gen_emit_key(emit, "model_parameters");
    tgr_gen_emit_map(emit, call->record->needs_function_calling);
    tgr_gen_emit_tools(emit, call);
    tgr_gen_emit_end(emit);
    tgr_gen_emit_key(emit, "metadata");
    tgr_gen_emit_map(emit, 1);
    tgr_gen_emit_pair(emit, "user_api_key_team_alias", call->team);
    tgr_gen_emit_end(emit);
    tgr_gen_emit_end(emit);
}
