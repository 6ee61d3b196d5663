/* plural.h - what an English noun and its plural have in common. */
#ifndef TGR_TAGGER_PLURAL_H
#define TGR_TAGGER_PLURAL_H

#include <stddef.h>

/* Turns a lower-case word into a key that its singular and its plural share (case, cases: cas;
 * movie, movies: movy), which need be no word, in place. Returns its length, never more than it
 * was. Words of other letters stay. */
size_t tgr_plural_key(char *word, size_t length);

#endif
