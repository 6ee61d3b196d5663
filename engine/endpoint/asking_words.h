/* asking_words.h - the sentences about an endpoint. None shows a text, a key, or what a server says
 * beyond its status and well-known codes. */
#ifndef TGR_ENDPOINT_ASKING_WORDS_H
#define TGR_ENDPOINT_ASKING_WORDS_H

#include "engine/endpoint/asking.h"

/* "status 400, context_length_exceeded"; code may be NULL. */
void tgr_asking_status_words(int status, const char *code, char *words, size_t size);

/* A text's retries are used up; what: how the last one ended. */
void tgr_asking_used_up(const tgr_asking *asking, const tgr_question *question, const char *what,
                        tgr_error *why);

/* The endpoint refuses a text. */
void tgr_asking_refused(const tgr_asking *asking, const tgr_question *question, const char *what,
                        tgr_error *why);

/* Both return the status of the run's end. */
tgr_status tgr_asking_hopeless(const tgr_asking *asking, int http_status, const char *what,
                               tgr_error *error);
tgr_status tgr_asking_told_to_wait(const tgr_asking *asking, const tgr_http_reply *reply,
                                   tgr_error *error);

#endif
