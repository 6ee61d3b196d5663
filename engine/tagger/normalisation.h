/* normalisation.h - a mapping as a tagger applies it and as files carry it: the key `normalisation`
 * among the tagger's settings.
 *
 *   align_min   the cosine from which a tag that the mapping lacks becomes the nearest one of it;
 *               nil: none does
 *   tags        map of each tag to its canonical one; nil: it is dropped
 */
#ifndef TGR_TAGGER_NORMALISATION_H
#define TGR_TAGGER_NORMALISATION_H

#include <stdint.h>

#include <tagroute/status.h>

#include "engine/base/buffer.h"
#include "engine/tagger/align.h"
#include "engine/tagger/mapping.h"

/* Starts zeroed. Not changed once it is made, but for the answers that the aligner keeps. */
typedef struct tgr_normalisation {
    tgr_mapping *mapping;
    tgr_aligner *aligner; /* NULL: there is no normalisation */
} tgr_normalisation;

/* The mapping becomes the normalisation's, whatever the outcome. least: as tgr_aligner_new. */
tgr_status tgr_normalisation_open(tgr_normalisation *normalisation, tgr_mapping *mapping,
                                  double least, tgr_error *error);
void tgr_normalisation_close(tgr_normalisation *normalisation); /* harmless on a zeroed one */

/* Appends the key and its map, encoded. */
void tgr_normalisation_pack(const tgr_mapping *mapping, double least, tgr_buffer *pairs);

/* Looks for the key in a MessagePack map, which nobody has checked; opens the normalisation where
 * it is there, and appends and counts all other pairs. TGR_ERR_INPUT for a map that is not as it
 * should be, or a mapping that leads nowhere. */
tgr_status tgr_normalisation_take(tgr_normalisation *normalisation, const void *map, size_t length,
                                  tgr_buffer *others, uint32_t *count, tgr_error *error);

#endif
