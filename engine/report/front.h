/* front.h - the Pareto front: points and models alone that nothing beats in both cost and quality.
 */
#ifndef TGR_REPORT_FRONT_H
#define TGR_REPORT_FRONT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/report/look.h"

typedef struct tgr_front_place {
    double x, quality;
} tgr_front_place;

typedef struct tgr_front {
    tgr_front_place *places; /* rising in both */
    size_t count;
} tgr_front;

tgr_status tgr_front_find(tgr_front *front, const tgr_look *look, tgr_error *error);
void tgr_front_free(tgr_front *front); /* harmless on a zeroed structure */

/* Whether a point of such cost (or share) and quality is on it. */
bool tgr_front_has(const tgr_front *front, double x, double quality);

#endif
