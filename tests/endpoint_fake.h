/* endpoint_fake.h - a network and a clock that exist only in the test, in place of libcurl's: a
 * script says what becomes of a request and when, and time passes when somebody waits. */
#ifndef TGR_TESTS_ENDPOINT_FAKE_H
#define TGR_TESTS_ENDPOINT_FAKE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/endpoint/http.h"

#define FAKE_SLOTS 128
#define FAKE_TEXTS 4096

typedef enum fake_kind { FAKE_ANSWER, FAKE_STATUS, FAKE_BROKEN, FAKE_GARBAGE } fake_kind;

typedef struct fake_fate {
    fake_kind kind;
    double seconds; /* until it happens */
    int status;
    double retry_after;
    const char *body; /* of a status; NULL: none */
} fake_fate;

/* Texts are "text N". What happened to each, and what is to happen at its n-th request, from 1 on.
 */
typedef struct fake_network {
    fake_fate (*script)(unsigned text, unsigned times);
    double now;
    unsigned asked[FAKE_TEXTS], answered[FAKE_TEXTS];
    double last[FAKE_TEXTS], gap[FAKE_TEXTS]; /* when it was asked, and the shortest time between */
    unsigned at_once, most_at_once, requests, texts;
    double first_after; /* the soonest request after a reply that asked to wait */
    double told;        /* when that was */
    unsigned open;
} fake_network;

static fake_network network;

typedef struct fake_slot {
    bool busy;
    double due;
    unsigned text;
    fake_fate fate;
    char reply[512];
} fake_slot;

struct tgr_http {
    fake_slot slots[FAKE_SLOTS];
};

static fake_fate fake_good(unsigned text, unsigned times)
{
    (void)times;
    return (fake_fate){.kind = FAKE_ANSWER, .seconds = 0.01 * (text % 13)};
}

static void fake_begin(fake_fate (*script)(unsigned text, unsigned times))
{
    network = (fake_network){.script = script, .told = -1, .first_after = -1};
}

tgr_status tgr_http_open(const tgr_http_options *options, tgr_http **http, tgr_error *error)
{
    (void)error;
    assert_true(options->most <= FAKE_SLOTS);
    *http = tgr_mem_zalloc(1, sizeof **http);
    if (*http == NULL) {
        return TGR_ERR_NOMEM;
    }
    network.open++;
    return TGR_OK;
}

void tgr_http_close(tgr_http *http)
{
    network.open -= http != NULL;
    tgr_mem_free(http);
}

const char *tgr_http_host(const tgr_http *http)
{
    (void)http;
    return "host:1";
}

double tgr_http_now(const tgr_http *http)
{
    (void)http;
    return network.now;
}

static void note_request(unsigned text)
{
    double gap = network.now - network.last[text];
    if (network.asked[text] > 0 && (network.asked[text] == 1 || gap < network.gap[text])) {
        network.gap[text] = gap;
    }
    network.last[text] = network.now;
    network.texts += network.asked[text]++ == 0;
    network.requests++;
    network.at_once++;
    network.most_at_once =
        network.at_once > network.most_at_once ? network.at_once : network.most_at_once;
    if (network.told >= 0 && network.first_after < 0) {
        network.first_after = network.now;
    }
}

tgr_status tgr_http_post(tgr_http *http, unsigned number, const char *body, size_t length,
                         tgr_error *error)
{
    (void)error;
    fake_slot *slot = &http->slots[number];
    const char *text = strstr(body, "text ");
    assert_int_equal(strlen(body), length);
    assert_non_null(text);
    assert_false(slot->busy);
    slot->text = (unsigned)atoi(text + 5);
    note_request(slot->text);
    slot->fate = network.script(slot->text, network.asked[slot->text]);
    slot->due = network.now + slot->fate.seconds;
    slot->busy = true;
    return TGR_OK;
}

static fake_slot *first_due(tgr_http *http)
{
    fake_slot *first = NULL;
    for (unsigned i = 0; i < FAKE_SLOTS; i++) {
        fake_slot *slot = &http->slots[i];
        if (slot->busy && (first == NULL || slot->due < first->due)) {
            first = slot;
        }
    }
    return first;
}

tgr_status tgr_http_wait(tgr_http *http, double seconds, tgr_error *error)
{
    (void)error;
    const fake_slot *first = first_due(http);
    double end = network.now + (seconds > 0 ? seconds : 0);
    network.now = first != NULL && first->due < end
                      ? (first->due > network.now ? first->due : network.now)
                      : end;
    return TGR_OK;
}

bool tgr_http_next(tgr_http *http, tgr_http_reply *reply)
{
    fake_slot *slot = first_due(http);
    if (slot == NULL || slot->due > network.now) {
        return false;
    }
    const fake_fate *fate = &slot->fate;
    const char *body = fate->body != NULL ? fate->body : "<html>";
    slot->busy = false;
    network.at_once--;
    if (fate->kind == FAKE_ANSWER) {
        network.answered[slot->text]++;
        snprintf(slot->reply, sizeof slot->reply,
                 "{\"choices\":[{\"message\":{\"content\":\"tag %u, all\"}}],\"usage\":"
                 "{\"prompt_tokens\":%u,\"completion_tokens\":3}}",
                 slot->text, slot->text);
        body = slot->reply;
    }
    *reply = (tgr_http_reply){
        .slot = (unsigned)(slot - http->slots),
        .outcome = fate->kind == FAKE_BROKEN ? TGR_HTTP_FAILED : TGR_HTTP_REPLIED,
        .what = "it broke",
        .status = fate->kind == FAKE_STATUS ? fate->status : 200,
        .retry_after = fate->retry_after,
        .body = body,
        .length = strlen(body),
    };
    if (fate->retry_after > 0) {
        network.told = network.now;
        network.first_after = -1;
    }
    return true;
}

#endif
