/* words.h - numbers as people read them, and text that may come from anybody. */
#ifndef TGR_REPORT_WORDS_H
#define TGR_REPORT_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/policy.h>

#include "engine/base/buffer.h"

#define TGR_WORD_SIZE 48

/* Each writes into text, which has TGR_WORD_SIZE bytes, and returns it. What is not known is "-".
 */
char *tgr_word_count(char *text, uint64_t count);                          /* 14,037 */
char *tgr_word_weight(char *text, double queries);                         /* 14,037, 0.251 */
char *tgr_word_money(char *text, double usd);                              /* $1,872.96, $0.00210 */
char *tgr_word_share(char *text, double share);                            /* 37.4 % */
char *tgr_word_change(char *text, double change);                          /* +2.4 %, -35.0 % */
char *tgr_word_fraction(char *text, double value);                         /* 0.8771 */
char *tgr_word_threshold(char *text, tgr_policy policy, double threshold); /* reads back the same */

/* Text between tags or within a quoted attribute: & < > " ' are escaped; control characters and
 * what is not UTF-8 become U+FFFD. */
void tgr_html_text(tgr_buffer *out, const char *text);

/* The name without the maker's in front of a slash, cut to `most` characters, into text, which has
 * 4 * most + 4 bytes. */
char *tgr_word_name(char *text, const char *name, size_t most);

/* Characters of a text (bytes that begin one). */
size_t tgr_word_length(const char *text);

#endif
