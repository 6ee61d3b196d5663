/* asking.h - texts that are to be asked about, some at once, again where that may help, until each
 * is answered and its answer kept. */
#ifndef TGR_ENDPOINT_ASKING_H
#define TGR_ENDPOINT_ASKING_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/endpoint.h>

#include "engine/base/buffer.h"
#include "engine/endpoint/answer_cache.h"
#include "engine/endpoint/chat.h"
#include "engine/endpoint/http.h"
#include "engine/endpoint/retry.h"

#define TGR_PLACE_SIZE     128   /* bytes of where a text stands, for messages */
#define TGR_WAIT_MOST      600.0 /* seconds that are waited because a server asks for it */
#define TGR_FAILED_IN_LINE 20    /* texts that fail one after another before all are given up */

/* One text. The body is moved with it. */
typedef struct tgr_question {
    XXH128_hash_t key;
    tgr_buffer body;
    char place[TGR_PLACE_SIZE];
    unsigned tries;
    double due;      /* on the clock of http */
    bool used, sent; /* of its slot */
} tgr_question;

/* Starts zeroed. */
typedef struct tgr_asking {
    const tgr_endpoint_options *options;
    const tgr_run *run;
    tgr_http *http;
    tgr_answer_cache *cache;
    tgr_endpoint_report *report;
    tgr_chat_reader reader;
    tgr_retry retry;
    tgr_question *queue; /* a ring */
    size_t capacity, first, queued;
    tgr_question *slots; /* options->in_flight: being asked, or waiting for the next try */
    unsigned used, sent;
    double hold;   /* nothing is sent before */
    double synced; /* when the cache was, last */
    unsigned failed_in_line;
} tgr_asking;

/* capacity: texts that may wait. All that is given must outlive it. */
tgr_status tgr_asking_open(tgr_asking *asking, const tgr_endpoint_options *options,
                           const tgr_run *run, tgr_http *http, tgr_answer_cache *cache,
                           tgr_endpoint_report *report, size_t capacity, tgr_error *error);
void tgr_asking_close(tgr_asking *asking);

/* Takes a body to be sent; its buffer is empty afterwards. At most `capacity` are not answered. */
tgr_status tgr_asking_add(tgr_asking *asking, XXH128_hash_t key, tgr_buffer *body,
                          const char *place, tgr_error *error);

/* Whether anything is left to be answered. */
bool tgr_asking_busy(const tgr_asking *asking);

/* Sends what is due, and waits until something happens, for a tenth of a second at most. */
tgr_status tgr_asking_step(tgr_asking *asking, tgr_error *error);

/* Waits up to so many seconds for what was sent, and keeps the answers. */
void tgr_asking_finish(tgr_asking *asking, double seconds);

#endif
