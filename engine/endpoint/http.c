/* http.c - libcurl's multi interface: a handle a slot, connections kept open. */
#include "engine/endpoint/http.h"

#ifdef TGR_HAVE_CURL

#include <pthread.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include <tagroute/version.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/endpoint/http_address.h"

#define CONNECT_SECONDS 30.0

typedef struct slot {
    CURL *easy;
    tgr_buffer reply;
    bool busy, too_large;
} slot;

struct tgr_http {
    tgr_http_address address;
    CURLM *multi;
    struct curl_slist *headers;
    slot *slots;
    unsigned most;
};

/* ---- opening ------------------------------------------------------------------------------------
 */

static CURLcode initialised;

static void initialise(void)
{
    initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t take_reply(char *bytes, size_t size, size_t count, void *user)
{
    slot *to = user;
    size_t length = size * count;
    to->too_large = to->too_large || to->reply.length + length > TGR_HTTP_REPLY_MOST;
    if (to->too_large) {
        return 0; /* which ends it */
    }
    tgr_buffer_add(&to->reply, bytes, length);
    return to->reply.failed ? 0 : length;
}

static bool add_header(tgr_http *http, const char *line)
{
    struct curl_slist *longer = curl_slist_append(http->headers, line);
    if (longer != NULL) {
        http->headers = longer;
    }
    return longer != NULL;
}

static bool add_key(tgr_http *http, const char *key)
{
    tgr_buffer line = {0};
    tgr_buffer_format(&line, "Authorization: Bearer %s", key);
    bool added = !line.failed && add_header(http, line.bytes);
    if (line.bytes != NULL) {
        memset(line.bytes, 0, line.length);
    }
    tgr_buffer_free(&line);
    return added;
}

static tgr_status make_headers(tgr_http *http, const char *key, tgr_error *error)
{
    bool has_key = key != NULL && key[0] != '\0';
    for (const char *at = key; has_key && *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f) {
            return tgr_fail(error, TGR_ERR_ARGUMENT,
                            "the endpoint's key holds a blank, a line break or another character "
                            "that no key has");
        }
    }
    /* "Expect:" alone keeps libcurl from asking leave before it sends a long text. */
    bool made = add_header(http, "Content-Type: application/json") &&
                add_header(http, "Accept: application/json") && add_header(http, "Expect:") &&
                (!has_key || add_key(http, key));
    return made ? TGR_OK : tgr_fail_memory(error, "a request's headers");
}

/* All that is the same for every request. Redirections are not followed: they would take texts and
 * key to an address that nobody named. */
static bool set_up(tgr_http *http, slot *to, const tgr_http_options *options)
{
    double connect = options->timeout < CONNECT_SECONDS ? options->timeout : CONNECT_SECONDS;
    CURL *easy = to->easy = curl_easy_init();
    return easy != NULL && curl_easy_setopt(easy, CURLOPT_URL, http->address.url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           (options->ca_file == NULL ||
            curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file) == CURLE_OK) &&
           (!http->address.loopback ||
            curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK) && /* whatever http_proxy says */
           curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(options->timeout * 1e3)) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(connect * 1e3)) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "tagroute/" TGR_VERSION_STRING) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_reply) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, to) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PRIVATE, to) == CURLE_OK;
}

static tgr_status make_slots(tgr_http *http, const tgr_http_options *options, tgr_error *error)
{
    http->slots = tgr_mem_zalloc(options->most, sizeof *http->slots);
    http->multi = curl_multi_init();
    if (http->slots == NULL || http->multi == NULL) {
        return tgr_fail_memory(error, "requests");
    }
    http->most = options->most;
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)options->most);
    for (unsigned i = 0; i < options->most; i++) {
        if (!set_up(http, &http->slots[i], options)) {
            return tgr_fail_memory(error, "requests");
        }
    }
    return TGR_OK;
}

tgr_status tgr_http_open(const tgr_http_options *options, tgr_http **http, tgr_error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    tgr_status status = TGR_OK;
    tgr_http *opened = tgr_mem_zalloc(1, sizeof *opened);
    if (opened == NULL) {
        return tgr_fail_memory(error, "requests");
    }
    pthread_once(&once, initialise);
    if (initialised != CURLE_OK) {
        TGR_TRY(tgr_fail(error, TGR_ERR_INTERNAL, "libcurl does not start"));
    }
    TGR_TRY(tgr_http_address_read(&opened->address, options->url, options->insecure_http, error));
    TGR_TRY(make_headers(opened, options->key, error));
    TGR_TRY(make_slots(opened, options, error));
    *http = opened;
    return TGR_OK;
done:
    tgr_http_close(opened);
    return status;
}

void tgr_http_close(tgr_http *http)
{
    if (http == NULL) {
        return;
    }
    for (unsigned i = 0; i < http->most; i++) {
        slot *of = &http->slots[i];
        if (of->busy) {
            curl_multi_remove_handle(http->multi, of->easy);
        }
        curl_easy_cleanup(of->easy);
        tgr_buffer_free(&of->reply);
    }
    curl_multi_cleanup(http->multi);
    for (struct curl_slist *line = http->headers; line != NULL; line = line->next) {
        memset(line->data, 0, strlen(line->data)); /* the key is one of them */
    }
    curl_slist_free_all(http->headers);
    tgr_http_address_free(&http->address);
    tgr_mem_free(http->slots);
    tgr_mem_free(http);
}

const char *tgr_http_host(const tgr_http *http)
{
    return http->address.host;
}

/* ---- requests -----------------------------------------------------------------------------------
 */

static tgr_status check(CURLMcode code, tgr_error *error)
{
    return code == CURLM_OK
               ? TGR_OK
               : tgr_fail(error, code == CURLM_OUT_OF_MEMORY ? TGR_ERR_NOMEM : TGR_ERR_IO,
                          "libcurl fails: %s", curl_multi_strerror(code));
}

tgr_status tgr_http_post(tgr_http *http, unsigned number, const char *body, size_t length,
                         tgr_error *error)
{
    slot *to = &http->slots[number];
    tgr_buffer_clear(&to->reply);
    to->reply.failed = false;
    to->too_large = false;
    if (curl_easy_setopt(to->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length) != CURLE_OK ||
        curl_easy_setopt(to->easy, CURLOPT_POSTFIELDS, body) != CURLE_OK) {
        return tgr_fail_memory(error, "a request");
    }
    tgr_status status = check(curl_multi_add_handle(http->multi, to->easy), error);
    to->busy = status == TGR_OK;
    return status;
}

tgr_status tgr_http_wait(tgr_http *http, double seconds, tgr_error *error)
{
    int running;
    tgr_status status = check(curl_multi_perform(http->multi, &running), error);
    int milliseconds = seconds > 0 ? (int)(seconds * 1e3) + 1 : 0;
    if (status == TGR_OK && milliseconds > 0) {
        status = check(curl_multi_poll(http->multi, NULL, 0, milliseconds, NULL), error);
        status =
            status == TGR_OK ? check(curl_multi_perform(http->multi, &running), error) : status;
    }
    return status;
}

static void read_outcome(slot *of, CURLcode code, tgr_http_reply *reply)
{
    reply->what = "";
    switch (code) {
    case CURLE_OK:
        reply->outcome = TGR_HTTP_REPLIED;
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
        reply->outcome = TGR_HTTP_UNTRUSTED;
        reply->what = curl_easy_strerror(code);
        break;
    default:
        reply->outcome = of->too_large ? TGR_HTTP_TOO_LARGE : TGR_HTTP_FAILED;
        reply->what =
            code == CURLE_OPERATION_TIMEDOUT ? "no answer in time" : curl_easy_strerror(code);
    }
}

bool tgr_http_next(tgr_http *http, tgr_http_reply *reply)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result; /* before the message goes with its handle */
        char *user = NULL;
        long status = 0;
        curl_off_t after = 0;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &user);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &after);
        curl_multi_remove_handle(http->multi, easy);
        slot *of = (slot *)(void *)user;
        of->busy = false;
        *reply = (tgr_http_reply){.slot = (unsigned)(of - http->slots),
                                  .status = (int)status,
                                  .retry_after = after > 0 ? (double)after : 0,
                                  .body = of->reply.length > 0 ? of->reply.bytes : "",
                                  .length = of->reply.length};
        read_outcome(of, code, reply);
        return true;
    }
    return false;
}

double tgr_http_now(const tgr_http *http)
{
    struct timespec now;
    (void)http;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

#endif
