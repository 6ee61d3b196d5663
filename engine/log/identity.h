/* identity.h - which log was read: a hash of its bytes that the ranges of several readers add up
 * to.
 *
 * The hash is the sum, modulo 2^64, over blocks of 64 KiB of the (decompressed) log, of each
 * block's XXH3-64 with the block's number as seed; the last block may be shorter. Who reads a range
 * adds the blocks that begin in it.
 */
#ifndef TGR_LOG_IDENTITY_H
#define TGR_LOG_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TGR_IDENTITY_BLOCK ((uint64_t)1 << 16)

typedef struct tgr_identity tgr_identity;

tgr_identity *tgr_identity_new(void);           /* NULL where memory is short */
void tgr_identity_free(tgr_identity *identity); /* NULL allowed */

/* Only blocks that begin in [begin, end) are to be counted. */
void tgr_identity_begin(tgr_identity *identity, uint64_t begin, uint64_t end);

/* Bytes of the log from `offset` on. They come in order; those that came before are passed over. */
void tgr_identity_add(tgr_identity *identity, uint64_t offset, const void *bytes, size_t length);

/* Whether the next byte, at *offset, belongs to a block that was begun; *length: what it lacks. */
bool tgr_identity_lacks(const tgr_identity *identity, uint64_t *offset, size_t *length);

/* The sum so far. A block that was begun counts as if the log ended there. */
uint64_t tgr_identity_hash(const tgr_identity *identity);

#endif
