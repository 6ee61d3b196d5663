/* responses.h - files of responses that stand apart from the requests of a batch: who answered
 * which request, and what that took.
 */
#ifndef TGR_LOG_RESPONSES_H
#define TGR_LOG_RESPONSES_H

#include <tagroute/run.h>

#include "engine/base/strings.h"
#include "engine/log/schema.h"

typedef struct tgr_response {
    uint32_t model; /* TGR_STRING_NONE: not said */
    bool failed;
    double prompt_tokens, cached_tokens, completion_tokens; /* NaN: not said */
} tgr_response;

/* Starts with tgr_responses_open. */
typedef struct tgr_responses {
    tgr_strings *ids, *models; /* ids are numbered as `list` is */
    tgr_response *list;
    size_t capacity;
    uint64_t repeated; /* responses in whose place a later one of the same id came */
    bool *seen;        /* whose request is a row; once tgr_responses_settle was called */
    uint64_t answered; /* rows that have one; likewise */
    uint64_t waiting;  /* rows that have none */
} tgr_responses;

bool tgr_responses_open(tgr_responses *responses);
void tgr_responses_free(tgr_responses *responses); /* harmless on a zeroed structure */

/* Whether a log begins with such a response. False where it cannot be read. */
tgr_status tgr_responses_begin(const char *path, tgr_log_format format, const tgr_run *run,
                               bool *begins, tgr_error *error);

/* Adds those of a file. TGR_ERR_INPUT, with the place, at the first record that is none. */
tgr_status tgr_responses_read(tgr_responses *responses, const char *path, tgr_log_format format,
                              const tgr_run *run, tgr_error *error);

/* After the last. False where memory is short. */
bool tgr_responses_settle(tgr_responses *responses);

/* The response to a request; NULL where there is none. From any thread. */
const tgr_response *tgr_responses_find(const tgr_responses *responses, const char *id,
                                       size_t length);

/* Notes that a row is of this id. */
void tgr_responses_mark(tgr_responses *responses, const char *id, size_t length);

/* Tells what they came to: responses whose request no row is, unless they failed, among them. */
void tgr_responses_tell(const tgr_responses *responses, const tgr_run *run);

#endif
