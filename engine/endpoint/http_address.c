/* http_address.c - which addresses a key may travel to, and where chat completions are there. */
#include "engine/endpoint/http_address.h"

#ifdef TGR_HAVE_CURL

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

#define COMPLETIONS "/chat/completions"

/* Names are not looked up: what looks like another machine is one. */
static bool is_loopback(const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    char bare[64];
    size_t length = strlen(host);
    if (strcasecmp(host, "localhost") == 0) {
        return true;
    }
    if (inet_pton(AF_INET, host, &four) == 1) {
        return (ntohl(four.s_addr) >> 24) == 127;
    }
    if (host[0] != '[' || length < 3 || length > sizeof bare) {
        return false;
    }
    memcpy(bare, host + 1, length - 2);
    bare[length - 2] = '\0';
    return inet_pton(AF_INET6, bare, &six) == 1 && memcmp(&six, &in6addr_loopback, sizeof six) == 0;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

/* The path of chat completions under a path. */
static tgr_status complete_path(CURLU *parts, const char *path, tgr_error *error)
{
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/') {
        length--;
    }
    if (ends_with(path, COMPLETIONS)) {
        return TGR_OK;
    }
    size_t size = length + sizeof "/v1" COMPLETIONS;
    char *completed = tgr_mem_alloc(size, 1);
    if (completed == NULL) {
        return tgr_fail_memory(error, "an address");
    }
    snprintf(completed, size, "%.*s%s", (int)length, path,
             length == 0 ? "/v1" COMPLETIONS : COMPLETIONS);
    CURLUcode code = curl_url_set(parts, CURLUPART_PATH, completed, 0);
    tgr_mem_free(completed);
    return code == CURLUE_OK ? TGR_OK : tgr_fail_memory(error, "an address");
}

static tgr_status check(tgr_http_address *address, CURLU *parts, const char *scheme,
                        const char *host, const char *port, bool insecure_http, tgr_error *error)
{
    char *user = NULL;
    bool has_user = curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK;
    curl_free(user);
    if (has_user) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the endpoint's address holds a user's name; a key comes from the "
                        "environment alone");
    }
    address->secure = strcmp(scheme, "https") == 0;
    if (!address->secure && strcmp(scheme, "http") != 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the endpoint's address begins with neither https:// nor http://");
    }
    snprintf(address->host, sizeof address->host, "%.270s:%.8s", host, port);
    address->loopback = is_loopback(host);
    if (!address->secure && !address->loopback && !insecure_http) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "http:// to %s would show texts and key to everybody on the way; use "
                        "https://, or allow it with --insecure-http",
                        address->host);
    }
    return TGR_OK;
}

static tgr_status take_apart(tgr_http_address *address, CURLU *parts, const char *url,
                             bool insecure_http, tgr_error *error)
{
    char *scheme = NULL, *host = NULL, *port = NULL, *path = NULL, *whole = NULL;
    tgr_status status = TGR_OK;
    if (strstr(url, "://") == NULL || curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_PATH, &path, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK) {
        TGR_TRY(tgr_fail(error, TGR_ERR_ARGUMENT,
                         "the endpoint's address is not one such as http://127.0.0.1:8000/v1"));
    }
    TGR_TRY(check(address, parts, scheme, host, port, insecure_http, error));
    TGR_TRY(complete_path(parts, path, error));
    if (curl_url_get(parts, CURLUPART_URL, &whole, 0) != CURLUE_OK ||
        (address->url = tgr_mem_string(whole)) == NULL) {
        TGR_TRY(tgr_fail_memory(error, "an address"));
    }
done:
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(path);
    curl_free(whole);
    return status;
}

tgr_status tgr_http_address_read(tgr_http_address *address, const char *url, bool insecure_http,
                                 tgr_error *error)
{
    CURLU *parts = curl_url();
    if (parts == NULL) {
        return tgr_fail_memory(error, "an address");
    }
    tgr_status status = take_apart(address, parts, url, insecure_http, error);
    curl_url_cleanup(parts);
    return status;
}

void tgr_http_address_free(tgr_http_address *address)
{
    tgr_mem_free(address->url);
    *address = (tgr_http_address){0};
}

#endif
