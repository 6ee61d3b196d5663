/* aligned.h - how tags of query files came to be those of a router. */
#ifndef TAGROUTE_ALIGNED_H
#define TAGROUTE_ALIGNED_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Distinct tags, summed over the files that were not tagged with the router's mapping. */
typedef struct tgr_aligned_tags {
    uint64_t files;   /* that were aligned; 0: all that follow are */
    uint64_t exactly; /* known as they are */
    uint64_t by_rule; /* but for case, signs or plural */
    uint64_t nearest; /* became the nearest in spelling */
    uint64_t not_aligned;
    uint64_t dropped; /* by the mapping; in no other count */
} tgr_aligned_tags;

#ifdef __cplusplus
}
#endif
#endif
