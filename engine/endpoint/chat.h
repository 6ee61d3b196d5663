/* chat.h - requests and replies of an OpenAI-compatible chat endpoint, as JSON. */
#ifndef TGR_ENDPOINT_CHAT_H
#define TGR_ENDPOINT_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/base/buffer.h"
#include "engine/log/json.h"

typedef struct tgr_chat_settings {
    const char *model;
    double temperature;  /* negative: not sent */
    unsigned max_tokens; /* 0: not sent */
} tgr_chat_settings;

/* Appends the request that says `content` to the model. */
void tgr_chat_request(const tgr_chat_settings *settings, const char *content, size_t length,
                      tgr_buffer *request);

/* What a reply says; content lives until the reader's next reply. */
typedef struct tgr_chat_reply {
    bool answered; /* it is a reply as it should be */
    const char *content;
    size_t length;
    bool refused; /* the model or its guard said no: content is empty */
    bool cut_off; /* at max_tokens */
    bool metered; /* it says what it took: */
    uint64_t prompt_tokens, completion_tokens;
} tgr_chat_reply;

/* Starts zeroed. */
typedef struct tgr_chat_reader {
    tgr_json_parser *json;
    tgr_tape tape;
    tgr_buffer padded, joined;
} tgr_chat_reader;

void tgr_chat_reader_free(tgr_chat_reader *reader);

/* Reads the body of a reply, which may be any bytes. Fails only where memory is short. */
tgr_status tgr_chat_read(tgr_chat_reader *reader, const char *body, size_t length,
                         tgr_chat_reply *reply, tgr_error *error);

/* The error code in a body, of those worth showing, such as "model_not_found"; else NULL. Whatever
 * else a server says may repeat the text or the key. Static storage. */
const char *tgr_chat_error_code(tgr_chat_reader *reader, const char *body, size_t length);

#endif
