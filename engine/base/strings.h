/* strings.h - a dictionary of distinct byte strings numbered 0, 1, 2, ... in order of arrival.
 *
 * Tags, models, categories: whatever a log names over and over. Open addressing over XXH3; strings
 * live in an arena and are NUL-terminated there (a string holding NUL is the caller's to refuse).
 */
#ifndef TGR_BASE_STRINGS_H
#define TGR_BASE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tgr_strings tgr_strings;

#define TGR_STRING_NONE UINT32_MAX

tgr_strings *tgr_strings_new(void);          /* NULL where memory is short */
void tgr_strings_free(tgr_strings *strings); /* NULL allowed */

/* The strings that are there stay when it is cleared. */
void tgr_strings_keep(tgr_strings *strings);

/* Forgets all strings but those that stay; memory for about as many is kept. */
void tgr_strings_clear(tgr_strings *strings);

/* The number of a string, adding it where it is new; TGR_STRING_NONE where memory is short or
 * 2^32 - 2 strings are held. */
uint32_t tgr_strings_add(tgr_strings *strings, const char *text, size_t length);

/* The number of a string, or TGR_STRING_NONE. Safe from several threads while none adds. */
uint32_t tgr_strings_find(const tgr_strings *strings, const char *text, size_t length);

uint32_t tgr_strings_count(const tgr_strings *strings);
/* The string and its length; valid until the dictionary is freed. */
const char *tgr_strings_get(const tgr_strings *strings, uint32_t number, size_t *length);

/* Byte order of two strings of the dictionary: <0, 0, >0 (a prefix comes first). */
int tgr_strings_compare(const tgr_strings *strings, uint32_t a, uint32_t b);

#endif
