/* sums_pack.c - sums of variable length. */
#include "engine/fit/sums_pack.h"

__extension__ typedef unsigned __int128 bits128;

#define COUNT_SHIFT 40
#define LONGEST     19 /* bytes of 128 bits */

static bool all_counts(const tgr_sum *sums, size_t count)
{
    const tgr_sum fraction = ((tgr_sum)1 << COUNT_SHIFT) - 1;
    for (size_t i = 0; i < count; i++) {
        if ((sums[i] & fraction) != 0) {
            return false;
        }
    }
    return true;
}

void tgr_sums_pack(tgr_buffer *buffer, const tgr_sum *sums, size_t count)
{
    int shift = all_counts(sums, count) ? COUNT_SHIFT : 0;
    char first = (char)shift;
    tgr_buffer_add(buffer, &first, 1);
    for (size_t i = 0; i < count; i++) {
        tgr_sum sum = sums[i] / ((tgr_sum)1 << shift);
        bits128 left = sum < 0 ? ~((bits128)sum << 1) : (bits128)sum << 1;
        char bytes[LONGEST];
        size_t length = 0;
        while (left > 0x7f) {
            bytes[length++] = (char)(unsigned char)(0x80 | (unsigned)(left & 0x7f));
            left >>= 7;
        }
        bytes[length++] = (char)(unsigned char)left;
        tgr_buffer_add(buffer, bytes, length);
    }
}

bool tgr_sums_unpack(const char *bytes, size_t length, int most_bits, tgr_sum *sums, size_t count)
{
    if (length == 0 || (bytes[0] != 0 && bytes[0] != COUNT_SHIFT)) {
        return false;
    }
    int shift = bytes[0];
    bits128 most = (bits128)1 << (most_bits + 1 - shift); /* of a zigzag number */
    size_t at = 1;
    for (size_t i = 0; i < count; i++) {
        bits128 number = 0;
        for (int place = 0;; place += 7) {
            if (at == length || place > most_bits) {
                return false;
            }
            unsigned byte = (unsigned char)bytes[at++];
            number |= (bits128)(byte & 0x7f) << place;
            if ((byte & 0x80) == 0) {
                break;
            }
        }
        if (number > most) {
            return false;
        }
        tgr_sum half = (tgr_sum)(number >> 1);
        sums[i] = ((number & 1) != 0 ? -half - 1 : half) * ((tgr_sum)1 << shift);
    }
    return at == length;
}
