/* schema_openai.c - lines of OpenAI's Batch files, and bodies of chat requests as they are. Others
 * who take such files call the body "params".
 */
#include "engine/log/lookup.h"
#include "engine/log/usage.h"

/* Whether the endpoint is one that chats. */
static bool chats(const tgr_tape *tape, uint32_t url)
{
    static const char *const urls[] = {"/v1/chat/completions", "/v1/completions",   "/v1/responses",
                                       "/v1/messages",         "/chat/completions", NULL};
    return url == 0 || tgr_schema_is_one_of(tape, url, urls);
}

static bool failed(const tgr_tape *tape, uint32_t root)
{
    double status = tgr_lookup_amount(tape, tgr_lookup_path(tape, root, "response.status_code"));
    return tgr_lookup(tape, root, "error") > 0 || status >= 400;
}

void tgr_schema_openai(tgr_reading *from, uint32_t root, tgr_call *call)
{
    static const char *const bodies[] = {"body", "params", NULL};
    static const char *const models[] = {"response.body.model", "body.model", "params.model",
                                         "model", NULL};
    static const char *const messages[] = {"messages", "input", "prompt", NULL};
    static const char *const tools[] = {"tools", "functions", NULL};
    static const char *const usages[] = {"response.body.usage", "usage", NULL};
    const tgr_tape *tape = from->item->tape;
    uint32_t body = tgr_lookup_any(tape, root, bodies);
    uint32_t usage = tgr_lookup_any(tape, root, usages);
    bool answer = body == 0 && tgr_lookup(tape, root, "messages") == 0;
    if (!chats(tape, tgr_lookup(tape, root, "url"))) {
        from->record->skip = TGR_SKIP_NOT_CHAT;
    } else if (failed(tape, root)) {
        from->record->skip = TGR_SKIP_FAILED;
    } else if (answer) {
        from->record->skip = TGR_SKIP_RESPONSE;
    }
    uint32_t request = body > 0 ? body : root;
    call->id = tgr_lookup(tape, root, body > 0 ? "custom_id" : "id");
    call->model = tgr_lookup_any(tape, root, models);
    call->messages = tgr_lookup_any(tape, request, messages);
    call->tools = tgr_lookup_any(tape, request, tools);
    call->awaits = body > 0 && tgr_lookup(tape, root, "response") == 0;
    tgr_usage_read(tape, usage, call);
}
