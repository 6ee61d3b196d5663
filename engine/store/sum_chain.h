/* sum_chain.h - the sums of an array's blocks where several threads read its rows part by part.
 *
 * A sum goes over the bytes of a block in order. Each thread has the bytes of its part in its cache
 * when it has read them, and adds them there when its turn comes: when the part before has been
 * added. Parts are numbered in the order of rows; a thread takes no part before it has done with
 * the last one it took, so the lowest one is never waited for in vain.
 */
#ifndef TGR_STORE_SUM_CHAIN_H
#define TGR_STORE_SUM_CHAIN_H

#include "engine/store/array.h"

#define TGR_NO_PART UINT64_MAX /* nothing is added */

typedef struct tgr_sum_chain tgr_sum_chain;

/* Its first part is number 0. NULL where memory is short. */
tgr_sum_chain *tgr_sum_chain_new(void);
void tgr_sum_chain_free(tgr_sum_chain *chain); /* NULL allowed */

/* Waits for the part's turn and adds rows of it, whose bytes are at hand; those that were added
 * already are left out. Rows that do not follow on those before begin their block anew, which is
 * read again from its start. `array` has sums. TGR_ERR_INPUT where a block is not what its sum
 * says; TGR_ERR_CANCELLED, without a sentence, behind a part that failed. */
tgr_status tgr_sum_chain_add(tgr_sum_chain *chain, const tgr_array *array, uint64_t part,
                             uint64_t first, uint64_t count, const void *bytes, tgr_error *error);

/* The part is added: the next one's turn. Waits for its own; harmless when said again. */
void tgr_sum_chain_pass(tgr_sum_chain *chain, uint64_t part);

/* The part failed: none behind it is waited for any more. */
void tgr_sum_chain_break(tgr_sum_chain *chain, uint64_t part);

/* Reads the block at hand to its end; while no part is being added. TGR_ERR_INPUT where it is not
 * what its sum says. */
tgr_status tgr_sum_chain_settle(tgr_sum_chain *chain, const tgr_array *array, tgr_error *error);

#endif
