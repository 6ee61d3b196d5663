/* retry.h - what an HTTP status means for a text, and how long to wait before asking again. */
#ifndef TGR_ENDPOINT_RETRY_H
#define TGR_ENDPOINT_RETRY_H

#include <stdint.h>

typedef enum tgr_verdict {
    TGR_VERDICT_ANSWERED,
    TGR_VERDICT_AGAIN,   /* it may go better later */
    TGR_VERDICT_REFUSED, /* this text will not be answered */
    TGR_VERDICT_HOPELESS /* no text will be, before something is set right */
} tgr_verdict;

/* Of a whole reply; one that never came is TGR_VERDICT_AGAIN. */
tgr_verdict tgr_retry_judge(int http_status);

typedef struct tgr_retry {
    unsigned most;         /* retries of one text */
    double first, longest; /* seconds before the first, doubled each time, and at most */
    uint64_t random;       /* state of the jitter: the seed at first */
} tgr_retry;

#define TGR_RETRY_LONGEST 60.0

/* Seconds to wait before a text is asked again that was asked `tries` times, 1 at least: between
 * half and the whole of the doubled wait, and never less than the server asked for (0: nothing). */
double tgr_retry_wait(tgr_retry *retry, unsigned tries, double asked);

#endif
