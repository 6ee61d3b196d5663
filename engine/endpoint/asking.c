/* asking.c - slots and their queue: what is sent when, and what becomes of a reply. */
#include "engine/endpoint/asking.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/endpoint/asking_words.h"
#include "engine/log/json.h"

#define STEP 0.1 /* seconds: how soon a Ctrl-C is seen */

tgr_status tgr_asking_open(tgr_asking *asking, const tgr_endpoint_options *options,
                           const tgr_run *run, tgr_http *http, tgr_answer_cache *cache,
                           tgr_endpoint_report *report, size_t capacity, tgr_error *error)
{
    *asking = (tgr_asking){
        .options = options,
        .run = run,
        .http = http,
        .cache = cache,
        .report = report,
        .retry = {options->retries, options->backoff, TGR_RETRY_LONGEST, options->seed},
        .capacity = capacity,
        .synced = tgr_http_now(http),
    };
    asking->queue = tgr_mem_zalloc(capacity, sizeof *asking->queue);
    asking->slots = tgr_mem_zalloc(options->in_flight, sizeof *asking->slots);
    return asking->queue != NULL && asking->slots != NULL ? TGR_OK
                                                          : tgr_fail_memory(error, "requests");
}

void tgr_asking_close(tgr_asking *asking)
{
    for (size_t i = 0; asking->queue != NULL && i < asking->capacity; i++) {
        tgr_buffer_free(&asking->queue[i].body);
    }
    for (unsigned i = 0; asking->slots != NULL && i < asking->options->in_flight; i++) {
        tgr_buffer_free(&asking->slots[i].body);
    }
    tgr_mem_free(asking->queue);
    tgr_mem_free(asking->slots);
    tgr_chat_reader_free(&asking->reader);
    *asking = (tgr_asking){0};
}

tgr_status tgr_asking_add(tgr_asking *asking, XXH128_hash_t key, tgr_buffer *body,
                          const char *place, tgr_error *error)
{
    if (asking->queued == asking->capacity) {
        return tgr_fail(error, TGR_ERR_INTERNAL, "more texts are asked about than there is room");
    }
    tgr_question *to = &asking->queue[(asking->first + asking->queued) % asking->capacity];
    *to = (tgr_question){.key = key, .body = *body};
    snprintf(to->place, sizeof to->place, "%s", place);
    *body = (tgr_buffer){0};
    asking->queued++;
    return tgr_answer_cache_note(asking->cache, key, TGR_KNOWN_ASKED, error);
}

bool tgr_asking_busy(const tgr_asking *asking)
{
    return asking->queued > 0 || asking->used > 0;
}

/* ---- sending ------------------------------------------------------------------------------------
 */

static void fill_slot(tgr_asking *asking, tgr_question *slot)
{
    tgr_question *from = &asking->queue[asking->first];
    *slot = *from;
    slot->used = true;
    from->body = (tgr_buffer){0};
    asking->first = (asking->first + 1) % asking->capacity;
    asking->queued--;
    asking->used++;
}

static void free_slot(tgr_asking *asking, tgr_question *slot)
{
    tgr_buffer_free(&slot->body);
    slot->used = false;
    asking->used--;
}

static tgr_status send_one(tgr_asking *asking, unsigned number, tgr_error *error)
{
    tgr_question *slot = &asking->slots[number];
    tgr_status status =
        tgr_http_post(asking->http, number, slot->body.bytes, slot->body.length, error);
    if (status == TGR_OK) {
        slot->sent = true;
        asking->sent++;
        asking->report->requests++;
        asking->report->retries += slot->tries > 0;
        slot->tries++;
    }
    return status;
}

/* Sends what is due. *soonest: when the next one will be. */
static tgr_status send_due(tgr_asking *asking, double now, double *soonest, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (unsigned i = 0; status == TGR_OK && i < asking->options->in_flight; i++) {
        tgr_question *slot = &asking->slots[i];
        if (!slot->used && asking->queued > 0) {
            fill_slot(asking, slot);
        }
        if (!slot->used || slot->sent) {
            continue;
        }
        double due = slot->due > asking->hold ? slot->due : asking->hold;
        if (due <= now) {
            status = send_one(asking, i, error);
        } else if (due < *soonest) {
            *soonest = due;
        }
    }
    return status;
}

/* ---- replies ------------------------------------------------------------------------------------
 */

static void count_tokens(tgr_asking *asking, const tgr_chat_reply *chat)
{
    tgr_endpoint_use *use = &asking->report->now;
    use->prompt_tokens += chat->metered ? chat->prompt_tokens : 0;
    use->completion_tokens += chat->metered ? chat->completion_tokens : 0;
}

/* Ends a text in the middle of no character. */
static size_t cut_length(const char *text, size_t length)
{
    if (length <= TGR_KEPT_ANSWER_MOST) {
        return length;
    }
    length = TGR_KEPT_ANSWER_MOST;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) {
        length--;
    }
    return length;
}

static tgr_status keep(tgr_asking *asking, tgr_question *slot, const tgr_chat_reply *chat,
                       tgr_error *error)
{
    size_t length = cut_length(chat->content, chat->length);
    bool cut_off = chat->cut_off || length < chat->length;
    tgr_kept_answer answer = {
        .prompt_tokens = (uint32_t)chat->prompt_tokens,
        .completion_tokens = (uint32_t)chat->completion_tokens,
        .flags = (cut_off ? TGR_ANSWER_CUT_OFF : 0) | (chat->refused ? TGR_ANSWER_REFUSED : 0) |
                 (chat->metered ? TGR_ANSWER_METERED : 0),
        .text = chat->content,
        .length = chat->refused ? 0 : length,
    };
    tgr_status status = tgr_answer_cache_keep(asking->cache, slot->key, &answer, error);
    if (status == TGR_OK) {
        asking->report->now.answers++;
        asking->report->now.unmetered += !chat->metered;
        asking->failed_in_line = 0;
        free_slot(asking, slot);
    }
    return status;
}

/* A text will not be answered: the end of the run, or of the text. */
static tgr_status give_up(tgr_asking *asking, tgr_question *slot, const tgr_error *why,
                          tgr_error *error)
{
    if (!asking->options->skip_failed) {
        return tgr_fail(error, TGR_ERR_IO, "%s", why->message);
    }
    if (++asking->failed_in_line >= TGR_FAILED_IN_LINE) {
        return tgr_fail(error, TGR_ERR_IO, "%u texts failed one after another, the last: %s",
                        asking->failed_in_line, why->message);
    }
    tgr_run_message(asking->run, TGR_WARNING, "left without tags: %s", why->message);
    tgr_status status = tgr_answer_cache_note(asking->cache, slot->key, TGR_KNOWN_FAILED, error);
    free_slot(asking, slot);
    return status;
}

static tgr_status try_again(tgr_asking *asking, tgr_question *slot, const tgr_http_reply *reply,
                            const char *what, tgr_error *error)
{
    double now = tgr_http_now(asking->http);
    if (reply->retry_after > TGR_WAIT_MOST) {
        return tgr_asking_told_to_wait(asking, reply, error);
    }
    if (slot->tries > asking->retry.most) {
        tgr_error why;
        tgr_asking_used_up(asking, slot, what, &why);
        return give_up(asking, slot, &why, error);
    }
    slot->due = now + tgr_retry_wait(&asking->retry, slot->tries, reply->retry_after);
    if (reply->retry_after > 0 && now + reply->retry_after > asking->hold) {
        asking->hold = now + reply->retry_after; /* it is the server that asks: all wait */
    }
    return TGR_OK;
}

/* A reply of a status that is no answer. */
static tgr_status take_status(tgr_asking *asking, tgr_question *slot, const tgr_http_reply *reply,
                              tgr_error *error)
{
    const char *code = tgr_chat_error_code(&asking->reader, reply->body, reply->length);
    tgr_verdict verdict = tgr_retry_judge(reply->status);
    char what[96];
    tgr_error why;
    tgr_asking_status_words(reply->status, code, what, sizeof what);
    if (code != NULL && strcmp(code, "insufficient_quota") == 0) {
        verdict = TGR_VERDICT_HOPELESS; /* though it comes with a 429 */
    }
    switch (verdict) {
    case TGR_VERDICT_AGAIN:
        return try_again(asking, slot, reply, what, error);
    case TGR_VERDICT_REFUSED:
        tgr_asking_refused(asking, slot, what, &why);
        return give_up(asking, slot, &why, error);
    case TGR_VERDICT_ANSWERED:
    case TGR_VERDICT_HOPELESS:
        break;
    }
    return tgr_asking_hopeless(asking, reply->status, what, error);
}

static tgr_status take_reply(tgr_asking *asking, tgr_question *slot, const tgr_http_reply *reply,
                             tgr_error *error)
{
    tgr_chat_reply chat;
    if (reply->outcome == TGR_HTTP_UNTRUSTED) {
        return tgr_fail(error, TGR_ERR_IO,
                        "%s: its certificate is not good (%s); check the address, or name the "
                        "certificates to trust",
                        tgr_http_host(asking->http), reply->what);
    }
    if (reply->outcome == TGR_HTTP_TOO_LARGE) {
        return try_again(asking, slot, reply, "a reply of more than 4 MiB", error);
    }
    if (reply->outcome != TGR_HTTP_REPLIED) {
        return try_again(asking, slot, reply, reply->what, error);
    }
    if (tgr_retry_judge(reply->status) != TGR_VERDICT_ANSWERED) {
        return take_status(asking, slot, reply, error);
    }
    tgr_status status = tgr_chat_read(&asking->reader, reply->body, reply->length, &chat, error);
    if (status != TGR_OK) {
        return status;
    }
    count_tokens(asking, &chat);
    return chat.answered
               ? keep(asking, slot, &chat, error)
               : try_again(asking, slot, reply, "a reply that is no chat completion", error);
}

static tgr_status take_replies(tgr_asking *asking, tgr_error *error)
{
    tgr_http_reply reply;
    tgr_status status = TGR_OK;
    while (status == TGR_OK && tgr_http_next(asking->http, &reply)) {
        tgr_question *slot = &asking->slots[reply.slot];
        slot->sent = false;
        asking->sent--;
        status = take_reply(asking, slot, &reply, error);
    }
    return status;
}

/* What was paid for is to outlive a power cut, but not at the price of a sync an answer. */
static tgr_status sync_now_and_then(tgr_asking *asking, tgr_error *error)
{
    double now = tgr_http_now(asking->http);
    if (now - asking->synced < 1) {
        return TGR_OK;
    }
    asking->synced = now;
    return tgr_answer_cache_sync(asking->cache, error);
}

tgr_status tgr_asking_step(tgr_asking *asking, tgr_error *error)
{
    tgr_status status = TGR_OK;
    double now = tgr_http_now(asking->http), soonest = now + STEP;
    TGR_TRY(send_due(asking, now, &soonest, error));
    TGR_TRY(tgr_http_wait(asking->http, soonest - now, error));
    TGR_TRY(take_replies(asking, error));
    TGR_TRY(sync_now_and_then(asking, error));
done:
    return status;
}

void tgr_asking_finish(tgr_asking *asking, double seconds)
{
    double end = tgr_http_now(asking->http) + seconds;
    while (asking->sent > 0 && tgr_http_now(asking->http) < end &&
           tgr_http_wait(asking->http, STEP, NULL) == TGR_OK) {
        /* What fails now fails for another run, too, or goes well there. */
        while (asking->sent > 0 && take_replies(asking, NULL) != TGR_OK) {
        }
    }
    (void)tgr_answer_cache_sync(asking->cache, NULL);
}
