/* steps.h - exact sums at any number of thresholds: each query adds, where it changes its model,
 * the difference to the first threshold that sees it; a running total gives the sums of all.
 */
#ifndef TGR_SIMULATE_STEPS_H
#define TGR_SIMULATE_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/policy.h>
#include <tagroute/status.h>

#include "engine/simulate/answers.h"
#include "engine/simulate/path.h"
#include "engine/simulate/tally.h"

/* The thresholds asked for, rising, as the rule takes them (float32 but for utility). */
typedef struct tgr_asked {
    double *at;    /* count */
    size_t *point; /* count: its place in the order asked for */
    size_t count;

    /* How many lie in buckets before each of equal width from the lowest to the highest: where to
     * look for one, however many there are. */
    size_t *before; /* buckets + 1 */
    size_t buckets;
    double scale; /* buckets a unit */
} tgr_asked;

tgr_status tgr_asked_open(tgr_asked *asked, tgr_policy policy, const double *thresholds,
                          size_t count, tgr_error *error);
void tgr_asked_close(tgr_asked *asked); /* harmless on a zeroed structure */

/* The first threshold that is at least `at`; count where there is none. */
size_t tgr_asked_first(const tgr_asked *asked, double at);

/* At a threshold, and at all above it, a query goes to another place. */
typedef void tgr_asked_change(void *user, size_t threshold, int from, int to);

/* Tells of a query's moves: from which threshold on; asked->count is seen by none. */
void tgr_asked_each(const tgr_asked *asked, const tgr_path *path, bool utility,
                    tgr_asked_change *change, void *user);

/* Adds a query's moves: changes[i] is what changes at threshold i; changes[count] is seen by none.
 * order: places to the router's models. The answers of all models on its way get their ranks.
 * weight: 1 where queries have none; else answers have been weighed. */
void tgr_asked_add(const tgr_asked *asked, tgr_decided *changes, const tgr_path *path,
                   const uint16_t *order, bool utility, tgr_answers *answers, uint64_t weight);

#endif
