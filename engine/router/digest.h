/* digest.h - one number for what a MessagePack map says, however it is written.
 *
 * A router's digest binds policies and decisions to it, so it may not depend on the order of keys
 * or on how wide a library writes an integer. Values are hashed (XXH3, 128 bits) in a plain form,
 * all numbers little-endian: 'n' nil; 't' or 'F' booleans; 'i' and int64 for integers and for reals
 * without a fraction, 'u' and uint64 from 2^63 on; 'd' and float64 for other reals; 's', 'b' and a
 * uint64 length and the bytes; 'x', uint64 length, type and bytes; 'a', uint64 count and the
 * elements; 'm', uint64 count and the sum modulo 2^128 of the hashes of the pairs (key then value),
 * as 16 bytes. The router's digest is that of its map without the key "digest", as 32 hexadecimal
 * digits.
 */
#ifndef TGR_ROUTER_DIGEST_H
#define TGR_ROUTER_DIGEST_H

#include <stddef.h>
#include <stdint.h>

typedef struct tgr_map_digest {
    uint64_t pairs;
    uint64_t low, high; /* sum of the pairs' hashes */
} tgr_map_digest;

/* Adds `pairs` encoded pairs, well formed and no deeper than a cursor skips. */
void tgr_map_digest_add(tgr_map_digest *digest, const char *bytes, size_t length, uint64_t pairs);

/* Adds one pair of a string and binary data that need not be encoded for it. */
void tgr_map_digest_binary(tgr_map_digest *digest, const char *key, const void *bytes,
                           size_t length);

/* 32 hexadecimal digits and NUL. */
void tgr_map_digest_text(const tgr_map_digest *digest, char text[33]);

#endif
