/* token_estimate.h - about how many tokens a text has, where nobody counted them. */
#ifndef TGR_INGEST_TOKEN_ESTIMATE_H
#define TGR_INGEST_TOKEN_ESTIMATE_H

#include <stddef.h>
#include <stdint.h>

/* What /obs/prompt_tokens_from says of an estimate. */
#define TGR_TOKENS_ESTIMATED "estimate"

/* Of UTF-8: a token for four characters of ASCII, for two of the scripts below U+0800 (accents,
 * Greek, Cyrillic, Hebrew, Arabic), and for each of the others; the sum rounded up. */
uint64_t tgr_estimate_tokens(const char *text, size_t length);

#endif
