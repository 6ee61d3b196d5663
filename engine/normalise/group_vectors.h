/* group_vectors.h - a vector for each group of tags: of its form's n-grams, or out of a file. */
#ifndef TGR_NORMALISE_GROUP_VECTORS_H
#define TGR_NORMALISE_GROUP_VECTORS_H

#include "engine/normalise/groups.h"
#include "engine/tagger/vectors.h"

/* Vector i is that of group members[i]. */
tgr_status tgr_group_spellings(const tgr_groups *groups, const uint32_t *members, size_t count,
                               tgr_vectors *vectors, tgr_error *error);

/* From embeddings: of the most frequent tag of the group that the file has. Groups of which it has
 * none are taken out of `members`, whose *count falls. */
tgr_status tgr_group_embeddings(const tgr_groups *groups, const tgr_seen_tags *tags,
                                const char *path, uint32_t *members, size_t *count,
                                tgr_vectors *vectors, tgr_error *error);

#endif
