/* call_openai.c - a call as a line of a Batch file that has request and response. */
#include "datasets/generate/call.h"

static void emit_body(tgr_gen_emit *emit, const tgr_gen_call *call)
{
    tgr_gen_emit_key(emit, "body");
    tgr_gen_emit_map(emit, 3u + call->record->needs_function_calling);
    tgr_gen_emit_pair(emit, "model", call->model->name);
    tgr_gen_emit_messages(emit, call);
    tgr_gen_emit_tools(emit, call);
    tgr_gen_emit_key(emit, "metadata");
    tgr_gen_emit_map(emit, 1);
    tgr_gen_emit_pair(emit, "team", call->team);
    tgr_gen_emit_end(emit);
    tgr_gen_emit_end(emit);
}

static void emit_response(tgr_gen_emit *emit, const tgr_gen_call *call)
{
    tgr_gen_emit_key(emit, "response");
    tgr_gen_emit_map(emit, 2);
    tgr_gen_emit_count(emit, "status_code", call->failed ? 500 : 200);
    tgr_gen_emit_key(emit, "body");
    tgr_gen_emit_map(emit, 2);
    tgr_gen_emit_pair(emit, "model", call->model->name);
    tgr_gen_emit_key(emit, "usage");
    tgr_gen_emit_map(emit, 2);
    tgr_gen_emit_count(emit, "prompt_tokens", call->record->prompt_tokens);
    tgr_gen_emit_count(emit, "completion_tokens", call->completion_tokens);
    tgr_gen_emit_end(emit);
    tgr_gen_emit_end(emit);
    tgr_gen_emit_end(emit);
}

void tgr_gen_emit_openai(tgr_gen_emit *emit, const tgr_gen_call *call)
{
    tgr_gen_emit_map(emit, 5);
    tgr_gen_emit_pair(emit, "custom_id", call->id);
    tgr_gen_emit_pair(emit, "method", "POST");
    tgr_gen_emit_pair(emit, "url", call->embedding ? "/v1/embeddings" : "/v1/chat/completions");
    emit_body(emit, call);
    emit_response(emit, call);
    tgr_gen_emit_end(emit);
}
