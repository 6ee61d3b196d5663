/* dbscan.h - DBSCAN over vectors by cosine distance.
 *
 * A core point has at least min_samples points within eps, itself included. Core points within eps
 * of each other are of one cluster; clusters are numbered by their first core point. Any other
 * point within eps of a core point is of a cluster, too: where there are several to choose from, of
 * the one with the lowest number. The rest is noise. Nothing of this depends on an order of visits.
 */
#ifndef TGR_NORMALISE_DBSCAN_H
#define TGR_NORMALISE_DBSCAN_H

#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/tagger/vectors.h"

#define TGR_NOISE UINT32_MAX

typedef struct tgr_dbscan_plan {
    double eps; /* cosine distance, 0 to 2 */
    uint32_t min_samples;
    uint64_t memory; /* bytes for the pairs found; more than fit are found again when needed */
} tgr_dbscan_plan;

typedef struct tgr_dbscan_report {
    uint32_t clusters;
    uint64_t cores, borders, noise;
    uint64_t pairs; /* within eps */
    unsigned walks; /* over all pairs */
} tgr_dbscan_report;

/* labels: a number of a cluster, or TGR_NOISE, for each vector. */
tgr_status tgr_dbscan(const tgr_vectors *vectors, const tgr_dbscan_plan *plan, uint32_t *labels,
                      tgr_dbscan_report *report, const tgr_run *run, tgr_error *error);

#endif
