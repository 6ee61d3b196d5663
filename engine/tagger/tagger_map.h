/* tagger_map.h - the settings of a tagger as pairs of a MessagePack map: the key `tagger` of
 * routers, query files and vocabularies.
 *
 *   kind          "phrases", or "meanings"
 *   version       1
 *   text          "text": the key of a record that is tagged
 *   ngrams        words of a phrase at most
 *   stemming      a Snowball language, or "none"
 *   stop_words    "english" or "none"
 *   phrases       list of strings, each of which is a tag; of "meanings": map, from each phrase to
 *                 the list of the tags that it stands for
 */
#ifndef TGR_TAGGER_TAGGER_MAP_H
#define TGR_TAGGER_TAGGER_MAP_H

#include <msgpack/pack.h>

#include "engine/tagger/vocabulary.h"

#define TGR_TAGGER_PHRASES  "phrases" /* kinds */
#define TGR_TAGGER_MEANINGS "meanings"

/* The kind of a vocabulary's tagger; and whether a kind is one of these. */
const char *tgr_tagger_kind(const tgr_vocabulary *vocabulary);
bool tgr_tagger_kind_known(const char *kind);

/* Packs all pairs but `kind`, `version`, `category_tag` and `digest`, which whoever holds the
 * tagger adds; how many they are. */
uint32_t tgr_tagger_map_pack(const tgr_vocabulary *vocabulary, msgpack_packer *packer);

/* Reads a map of these pairs, of a known kind, into a zeroed vocabulary. Every phrase is checked:
 * words of 1 to 255 bytes, separated by single spaces, no more than `ngrams`, no phrase twice. */
tgr_status tgr_tagger_map_read(const char *kind, const void *map, size_t length,
                               tgr_vocabulary *vocabulary, tgr_error *error);

#endif
