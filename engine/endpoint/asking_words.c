/* asking_words.c - what went wrong at an endpoint, where, and what to do. */
#include "engine/endpoint/asking_words.h"

#include <stdio.h>

#include "engine/base/error.h"

void tgr_asking_status_words(int status, const char *code, char *words, size_t size)
{
    snprintf(words, size, "status %d%s%s", status, code != NULL ? ", " : "",
             code != NULL ? code : "");
}

void tgr_asking_used_up(const tgr_asking *asking, const tgr_question *question, const char *what,
                        tgr_error *why)
{
    tgr_fail(why, TGR_ERR_IO,
             "%s: no answer from %s in %u tries, the last time: %s; see to the "
             "server, or allow more --retries",
             question->place, tgr_http_host(asking->http), question->tries, what);
}

void tgr_asking_refused(const tgr_asking *asking, const tgr_question *question, const char *what,
                        tgr_error *why)
{
    tgr_fail(why, TGR_ERR_IO,
             "%s: refused by %s (%s); --skip-failed leaves such texts without tags",
             question->place, tgr_http_host(asking->http), what);
}

static const char *advice(int http_status)
{
    switch (http_status) {
    case 401:
        return "does not accept the key";
    case 402:
    case 429:
        return "says that money or quota is used up";
    case 404:
    case 405:
    case 410:
        return "has no chat completions at this address, or no such model";
    default:
        return http_status >= 300 && http_status < 400
                   ? "sends elsewhere, which is not followed; name that address instead"
                   : "does not do what it is asked";
    }
}

tgr_status tgr_asking_hopeless(const tgr_asking *asking, int http_status, const char *what,
                               tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_IO, "%s: %s (%s)", tgr_http_host(asking->http),
                    advice(http_status), what);
}

tgr_status tgr_asking_told_to_wait(const tgr_asking *asking, const tgr_http_reply *reply,
                                   tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_IO,
                    "%s: asks to wait %.0f minutes (status %d), which is too long; go on then",
                    tgr_http_host(asking->http), reply->retry_after / 60, reply->status);
}
