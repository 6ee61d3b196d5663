/* call.h - a query as a gateway saw it: one call, to one model, and how it went. */
#ifndef TGR_GENERATE_CALL_H
#define TGR_GENERATE_CALL_H

#include "datasets/generate/emit.h"

#define TGR_GEN_TEAMS 3

typedef struct tgr_gen_call {
    const tgr_gen_world *world;
    const tgr_gen_record *record;
    const tgr_gen_model *model; /* that served it */
    uint64_t cost;              /* picodollars */
    uint32_t completion_tokens;
    bool failed;    /* one in fifty */
    bool embedding; /* likewise: no chat at all */
    const char *team;
    char id[TGR_GEN_ID_MAX + 1];
    char trace[33];
    char text[TGR_GEN_TEXT_MAX];
    size_t text_length;
} tgr_gen_call;

/* Depends on the world and the record's index alone. The model is one that may serve the query, the
 * first where none may. */
void tgr_gen_call_draw(const tgr_gen_world *world, const tgr_gen_record *record,
                       tgr_gen_call *call);

/* The call in each schema. */
void tgr_gen_emit_litellm(tgr_gen_emit *emit, const tgr_gen_call *call);
void tgr_gen_emit_openai(tgr_gen_emit *emit, const tgr_gen_call *call);
void tgr_gen_emit_otel(tgr_gen_emit *emit, const tgr_gen_call *call);
void tgr_gen_emit_langfuse(tgr_gen_emit *emit, const tgr_gen_call *call);

/* What they share: the key "messages", and "tools" where the query needs them. */
void tgr_gen_emit_messages(tgr_gen_emit *emit, const tgr_gen_call *call);
void tgr_gen_emit_tools(tgr_gen_emit *emit, const tgr_gen_call *call);

#endif
