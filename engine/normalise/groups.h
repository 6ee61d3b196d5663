/* groups.h - the tags of a log, brought together where they are the same by rule. */
#ifndef TGR_NORMALISE_GROUPS_H
#define TGR_NORMALISE_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/base/strings.h"

#define TGR_NO_GROUP UINT32_MAX

/* Tags, and how often each was seen. */
typedef struct tgr_seen_tags {
    const tgr_strings *tags;
    const double *seen;
} tgr_seen_tags;

typedef struct tgr_groups {
    uint32_t *order;    /* all tags, by falling frequency, ties by byte order */
    uint32_t *of_tag;   /* the group of each tag; TGR_NO_GROUP: set aside, or too rare */
    tgr_strings *forms; /* of each group, those too rare included, which come in between */
    uint32_t *first;    /* its most frequent tag; groups are numbered in the order of these */
    double *seen;       /* all its tags together */
    bool *rare;
    size_t count;
} tgr_groups;

/* Tags set `aside` (may be NULL; one truth value a tag) take no part. Groups seen less often than
 * min_count are rare. */
tgr_status tgr_groups_make(tgr_groups *groups, const tgr_seen_tags *tags, const bool *aside,
                           double min_count, tgr_error *error);
void tgr_groups_free(tgr_groups *groups); /* harmless on a zeroed structure */

#endif
