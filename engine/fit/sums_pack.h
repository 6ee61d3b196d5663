/* sums_pack.h - exact sums as bytes: small where they are small, and checked when they are
 * read.
 *
 * First a byte: how many bits all sums were shifted right by without loss, 40 (counts) or 0. Then
 * each sum in turn: zigzag (0, -1, 1, -2, ... as 0, 1, 2, 3, ...), seven bits a byte, lowest first,
 * the eighth set in all but the last.
 */
#ifndef TGR_FIT_SUMS_PACK_H
#define TGR_FIT_SUMS_PACK_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buffer.h"
#include "engine/base/exact.h"

void tgr_sums_pack(tgr_buffer *buffer, const tgr_sum *sums, size_t count);

/* False unless the bytes are exactly `count` sums, none larger in size than 2^most_bits. There are
 * never more sums than bytes, which may be checked before memory is allocated. */
bool tgr_sums_unpack(const char *bytes, size_t length, int most_bits, tgr_sum *sums, size_t count);

#endif
