/* write_call.c - a record as the call that a gateway logged, in one of its schemas. */
#include "datasets/generate/call.h"

typedef void emit_schema(tgr_gen_emit *emit, const tgr_gen_call *call);

static emit_schema *const schemas[TGR_GEN_SCHEMAS] = {
    [TGR_GEN_LITELLM] = tgr_gen_emit_litellm,
    [TGR_GEN_OPENAI] = tgr_gen_emit_openai,
    [TGR_GEN_OTEL] = tgr_gen_emit_otel,
    [TGR_GEN_LANGFUSE] = tgr_gen_emit_langfuse,
};

static char *write_call(const tgr_gen_world *world, const tgr_gen_record *record,
                        tgr_gen_parts parts, bool msgpack, char *at)
{
    tgr_gen_emit emit = {.at = at, .msgpack = msgpack};
    tgr_gen_call call;
    tgr_gen_call_draw(world, record, &call);
    schemas[parts.schema](&emit, &call);
    return emit.at;
}

char *tgr_gen_write_call_jsonl(const tgr_gen_world *world, const tgr_gen_record *record,
                               tgr_gen_parts parts, char *at)
{
    at = write_call(world, record, parts, false, at);
    *at++ = '\n';
    return at;
}

char *tgr_gen_write_call_msgpack(const tgr_gen_world *world, const tgr_gen_record *record,
                                 tgr_gen_parts parts, char *at)
{
    return write_call(world, record, parts, true, at);
}

/* ---- events -------------------------------------------------------------------------------------
 */

#define TAG  "gateway"
#define TIME 1700000000 /* the same for all: a file holds no time */

char *tgr_gen_event_begin(bool msgpack, char *at)
{
    if (!msgpack) {
        return TGR_GEN_PUT(tgr_gen_json_unsigned(TGR_GEN_PUT(at, "[\"" TAG "\","), TIME), ",");
    }
    at = tgr_gen_msgpack_string(tgr_gen_msgpack_array(at, 3), TAG, sizeof TAG - 1);
    return tgr_gen_msgpack_unsigned(at, TIME);
}

char *tgr_gen_event_end(bool msgpack, char *at)
{
    return msgpack ? at : TGR_GEN_PUT(at - 1, "]\n"); /* behind the record's own line */
}
