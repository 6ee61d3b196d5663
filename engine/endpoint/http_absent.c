/* http_absent.c - a library built without libcurl: no endpoint can be opened. */
#include "engine/endpoint/http.h"

#ifndef TGR_HAVE_CURL

#include "engine/base/error.h"

tgr_status tgr_http_open(const tgr_http_options *options, tgr_http **http, tgr_error *error)
{
    (void)options;
    (void)http;
    return tgr_fail(error, TGR_ERR_UNSUPPORTED,
                    "this build asks no endpoint: install libcurl4-openssl-dev and build with "
                    "-DTAGROUTE_CURL=ON");
}

void tgr_http_close(tgr_http *http)
{
    (void)http;
}

const char *tgr_http_host(const tgr_http *http)
{
    (void)http;
    return "";
}

tgr_status tgr_http_post(tgr_http *http, unsigned slot, const char *body, size_t length,
                         tgr_error *error)
{
    (void)http;
    (void)slot;
    (void)body;
    (void)length;
    return tgr_fail(error, TGR_ERR_UNSUPPORTED, "this build asks no endpoint");
}

tgr_status tgr_http_wait(tgr_http *http, double seconds, tgr_error *error)
{
    (void)seconds;
    return tgr_http_post(http, 0, "", 0, error);
}

bool tgr_http_next(tgr_http *http, tgr_http_reply *reply)
{
    (void)http;
    (void)reply;
    return false;
}

double tgr_http_now(const tgr_http *http)
{
    (void)http;
    return 0;
}

#endif
