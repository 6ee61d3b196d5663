/* rules.h - the form in which tags are the same but for how they are written.
 *
 * Compatible characters and case are folded (Unicode NFKC), blanks, hyphens, underscores, slashes
 * and other dividing signs become one blank, quotation marks vanish, a possessive 's goes, and so
 * do a # before a word and the stops at its end. An English plural at the end of the tag becomes
 * what its singular becomes. Signs that tell names apart, as in c++, c# and .net, stay.
 */
#ifndef TGR_TAGGER_RULES_H
#define TGR_TAGGER_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buffer.h"

#define TGR_RULES_BYTES 1024 /* a longer tag is its own form */

typedef struct tgr_rules { /* memory, reused from tag to tag; starts zeroed */
    tgr_buffer form;
    tgr_buffer folded;
} tgr_rules;

/* Leaves the form of a tag in rules->form: never empty, unless the tag is. False where memory is
 * short. */
bool tgr_rules_apply(tgr_rules *rules, const char *tag, size_t length);
void tgr_rules_free(tgr_rules *rules); /* harmless on a zeroed structure */

#endif
