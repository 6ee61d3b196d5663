/* call.c - drawing a call, and what all schemas write alike. */
#include "datasets/generate/call.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const teams[TGR_GEN_TEAMS] = {"ads", "search", "support"};

/* The n-th of the models in a mask, counted from 0. */
static uint32_t nth(uint64_t mask, uint32_t n)
{
    for (; n > 0; n--) {
        mask &= mask - 1;
    }
    return (uint32_t)__builtin_ctzll(mask);
}

void tgr_gen_call_draw(const tgr_gen_world *world, const tgr_gen_record *record, tgr_gen_call *call)
{
    tgr_gen_random random = tgr_gen_stream(world->call_key, record->index);
    uint64_t able = tgr_gen_eligible(world, record);
    uint32_t which =
        tgr_gen_below(tgr_gen_next(&random), (uint32_t)__builtin_popcountll(able) + (able == 0));
    uint32_t luck = tgr_gen_below(tgr_gen_next(&random), 50);
    uint32_t model = able == 0 ? 0 : nth(able, which);
    *call = (tgr_gen_call){
        .world = world,
        .record = record,
        .model = &world->models[model],
        .cost = record->costs[model],
        .completion_tokens = record->completion_tokens[model],
        .failed = luck == 0,
        .embedding = luck == 1,
        .team = teams[tgr_gen_below(tgr_gen_next(&random), TGR_GEN_TEAMS)],
    };
    call->id[tgr_gen_id(record->index, call->id)] = '\0';
    uint64_t first = tgr_gen_next(&random), second = tgr_gen_next(&random);
    snprintf(call->trace, sizeof call->trace, "%016" PRIx64 "%016" PRIx64, first, second);
    call->text_length = tgr_gen_text(world, record, call->text);
}

/* A text, or with a picture beside it a list of parts. */
static void emit_content(tgr_gen_emit *emit, const tgr_gen_call *call)
{
    tgr_gen_emit_key(emit, "content");
    if (!call->record->needs_vision) {
        tgr_gen_emit_text(emit, call->text, call->text_length);
        return;
    }
    tgr_gen_emit_list(emit, 2);
    tgr_gen_emit_map(emit, 2);
    tgr_gen_emit_pair(emit, "type", "text");
    tgr_gen_emit_key(emit, "text");
    tgr_gen_emit_text(emit, call->text, call->text_length);
    tgr_gen_emit_end(emit);
    tgr_gen_emit_map(emit, 2);
    tgr_gen_emit_pair(emit, "type", "image_url");
    tgr_gen_emit_key(emit, "image_url");
    tgr_gen_emit_map(emit, 1);
    tgr_gen_emit_pair(emit, "url", "data:image/png;base64,AA==");
    tgr_gen_emit_end(emit);
    tgr_gen_emit_end(emit);
    tgr_gen_emit_end(emit);
}

void tgr_gen_emit_messages(tgr_gen_emit *emit, const tgr_gen_call *call)
{
    tgr_gen_emit_key(emit, "messages");
    tgr_gen_emit_list(emit, 2);
    tgr_gen_emit_map(emit, 2);
    tgr_gen_emit_pair(emit, "role", "system");
    tgr_gen_emit_pair(emit, "content", "You are helpful.");
    tgr_gen_emit_end(emit);
    tgr_gen_emit_map(emit, 2);
    tgr_gen_emit_pair(emit, "role", "user");
    emit_content(emit, call);
    tgr_gen_emit_end(emit);
    tgr_gen_emit_end(emit);
}

void tgr_gen_emit_tools(tgr_gen_emit *emit, const tgr_gen_call *call)
{
    if (!call->record->needs_function_calling) {
        return;
    }
    tgr_gen_emit_key(emit, "tools");
    tgr_gen_emit_list(emit, 1);
    tgr_gen_emit_map(emit, 2);
    tgr_gen_emit_pair(emit, "type", "function");
    tgr_gen_emit_key(emit, "function");
    tgr_gen_emit_map(emit, 1);
    tgr_gen_emit_pair(emit, "name", "look_up");
    tgr_gen_emit_end(emit);
    tgr_gen_emit_end(emit);
    tgr_gen_emit_end(emit);
}
