/* http.h - many POST requests to one address at once, over libcurl. */
#ifndef TGR_ENDPOINT_HTTP_H
#define TGR_ENDPOINT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#define TGR_HTTP_REPLY_MOST ((size_t)4 << 20) /* bytes of a reply that are taken */

typedef struct tgr_http tgr_http;

typedef struct tgr_http_options {
    const char *url; /* of an API such as http://127.0.0.1:8000/v1, or of its chat completions */
    const char *key; /* sent as a bearer token; NULL or "": none */
    const char *ca_file; /* certificates to trust, PEM; NULL: the system's */
    bool insecure_http;  /* plain HTTP to other machines, too */
    unsigned most;       /* requests at once */
    double timeout;      /* seconds for a whole request, and for connecting at most 30 */
} tgr_http_options;

/* TGR_ERR_ARGUMENT where the address or the key cannot be used, TGR_ERR_UNSUPPORTED in a library
 * built without libcurl. Sentences never show the key, nor more of the address than its host. */
tgr_status tgr_http_open(const tgr_http_options *options, tgr_http **http, tgr_error *error);
void tgr_http_close(tgr_http *http); /* NULL allowed; ends what is on its way */

/* HOST:PORT, for messages. */
const char *tgr_http_host(const tgr_http *http);

/* Starts a request in slot 0 .. most - 1, which is free. The body must stay until it is done. */
tgr_status tgr_http_post(tgr_http *http, unsigned slot, const char *body, size_t length,
                         tgr_error *error);

typedef enum tgr_http_outcome {
    TGR_HTTP_REPLIED,   /* with some status */
    TGR_HTTP_FAILED,    /* no connection, or it broke, or it took too long */
    TGR_HTTP_UNTRUSTED, /* the server's certificate is not good */
    TGR_HTTP_TOO_LARGE  /* more than TGR_HTTP_REPLY_MOST */
} tgr_http_outcome;

typedef struct tgr_http_reply {
    unsigned slot;
    tgr_http_outcome outcome;
    const char *what;   /* of a failure, in a few words; static */
    int status;         /* of a reply */
    double retry_after; /* seconds that the server asks to wait; 0: nothing */
    const char *body;   /* until the slot's next request */
    size_t length;
} tgr_http_reply;

/* Lets requests go on for up to so many seconds, less where something happens. */
tgr_status tgr_http_wait(tgr_http *http, double seconds, tgr_error *error);

/* Takes the next reply; false where none is there. Its slot is free then. */
bool tgr_http_next(tgr_http *http, tgr_http_reply *reply);

/* Seconds on a clock that only goes forward. */
double tgr_http_now(const tgr_http *http);

#endif
