/* unicode.h - what becomes of a character beyond ASCII: word or gap, and its folded form.
 *
 * Words are NFKC and case folded, as utf8proc does it. Most characters fold to one that stands by
 * itself, whatever is around it: these come from a table. A word with any other goes through
 * utf8proc as a whole.
 */
#ifndef TGR_TAGGER_UNICODE_H
#define TGR_TAGGER_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum tgr_character {
    TGR_CHARACTER_GAP,      /* between words */
    TGR_CHARACTER_WORD,     /* of a word that spaces set off */
    TGR_CHARACTER_UNSPACED, /* of a script that writes words without spaces */
    TGR_CHARACTER_MARK,     /* goes with what stands before it */
    TGR_CHARACTER_IGNORED   /* as if it were not there */
} tgr_character;

#define TGR_PLANE 0x10000u /* characters that the table has */

typedef struct tgr_unicode {
    uint8_t kinds[TGR_PLANE];   /* a tgr_character */
    uint16_t folded[TGR_PLANE]; /* 0: depends on what is around it, or becomes several */
} tgr_unicode;

/* NULL where memory is short. */
tgr_unicode *tgr_unicode_new(void);
void tgr_unicode_free(tgr_unicode *unicode); /* NULL allowed */

tgr_character tgr_unicode_kind(const tgr_unicode *unicode, uint32_t character);

/* The character at a byte of 0x80 or above, and how many bytes it takes: one and U+FFFD, which is a
 * gap, where the bytes are not UTF-8. */
uint32_t tgr_unicode_read(const char *bytes, size_t left, size_t *length);

/* Writes a character below 0x110000; returns its bytes, 1 to 4. */
size_t tgr_unicode_write(uint32_t character, char *bytes);

#define TGR_UNICODE_WORD 64 /* characters that are folded together, at most */

/* Folds characters into at most `room` bytes; returns how many, 0 where nothing is left of them or
 * they do not fit. */
size_t tgr_unicode_fold(const tgr_unicode *unicode, const uint32_t *characters, size_t count,
                        char *bytes, size_t room);

#endif
