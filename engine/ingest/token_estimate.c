/* token_estimate.c - see token_estimate.h. */
#include "engine/ingest/token_estimate.h"

/* In quarters of a token, a byte a character: the one that begins it. */
uint64_t tgr_estimate_tokens(const char *text, size_t length)
{
    uint64_t quarters = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        unsigned ascii = byte < 0x80, two = byte >= 0xc0 && byte < 0xe0, longer = byte >= 0xe0;
        quarters += ascii + 2 * two + 4 * longer;
    }
    return (quarters + 3) / 4;
}
