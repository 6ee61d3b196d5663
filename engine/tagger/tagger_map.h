/* tagger_map.h - the settings of a tagger as pairs of a MessagePack map: the key `tagger` of
 * routers, query files and vocabularies.
 *
 *   kind          "phrases"
 *   version       1
 *   text          "text": the key of a record that is tagged
 *   ngrams        words of a phrase at most
 *   stemming      a Snowball language, or "none"
 *   stop_words    "english" or "none"
 *   phrases       list of strings; each is a tag
 */
#ifndef TGR_TAGGER_TAGGER_MAP_H
#define TGR_TAGGER_TAGGER_MAP_H

#include <msgpack/pack.h>

#include "engine/tagger/vocabulary.h"

#define TGR_TAGGER_PHRASES "phrases" /* the kind */

/* Packs all pairs but `kind`, `version`, `category_tag` and `digest`, which whoever holds the
 * tagger adds; how many they are. */
uint32_t tgr_tagger_map_pack(const tgr_vocabulary *vocabulary, msgpack_packer *packer);

#endif
