/* retry.c - exponential back-off with jitter. */
#include "engine/endpoint/retry.h"

#include <stdbool.h>

tgr_verdict tgr_retry_judge(int http_status)
{
    if (http_status >= 200 && http_status < 300) {
        return TGR_VERDICT_ANSWERED;
    }
    if (http_status >= 500) {
        return TGR_VERDICT_AGAIN;
    }
    switch (http_status) {
    case 408: /* the server waited too long for the request */
    case 409: /* a lock that others hold */
    case 425: /* too early */
    case 429: /* too many */
        return TGR_VERDICT_AGAIN;
    case 400: /* such as a text longer than the model takes */
    case 403: /* some gateways say so of texts that their moderation refuses */
    case 413:
    case 422:
    case 451:
        return TGR_VERDICT_REFUSED;
    default:
        return TGR_VERDICT_HOPELESS;
    }
}

/* Uniform in [0, 1), by splitmix64. */
static double draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

double tgr_retry_wait(tgr_retry *retry, unsigned tries, double asked)
{
    double wait = retry->first, jitter = draw(&retry->random);
    for (unsigned i = 1; i < tries && wait < retry->longest; i++) {
        wait *= 2;
    }
    wait = wait < retry->longest ? wait : retry->longest;
    wait *= 0.5 + 0.5 * jitter;
    /* Those who were told the same time come back one after another. */
    return wait < asked ? asked + retry->first * jitter : wait;
}
