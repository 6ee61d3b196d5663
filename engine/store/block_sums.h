/* block_sums.h - how a dataset is cut into blocks of whole rows, and the checksum of each.
 *
 * A block holds as many rows as fit into B bytes, at least one; B is 1 MiB, doubled until there are
 * at most 4,096 blocks. The sum of a block is the XXH3-64 of its little-endian bytes; that of the
 * dataset is the XXH3-64 over the little-endian bytes of these. Three attributes of the dataset
 * keep them: `xxh3_rows` (int64: rows a block), `xxh3_blocks` (uint64, one a block) and `xxh3` (16
 * hexadecimal digits). A dataset without bytes has no blocks and carries `xxh3` alone. Strings of
 * variable length are not cut: their `xxh3` is over all of them, each with its NUL.
 */
#ifndef TGR_STORE_BLOCK_SUMS_H
#define TGR_STORE_BLOCK_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/store/h5.h"

#define TGR_BLOCK_ROWS_ATTRIBUTE "xxh3_rows"
#define TGR_BLOCK_SUMS_ATTRIBUTE "xxh3_blocks"
#define TGR_BLOCK_BYTES          (UINT64_C(1) << 20)
#define TGR_BLOCKS_MAX           4096

/* Rows of a block by the rule above; 0 where there is nothing to cut. */
uint64_t tgr_block_rows(uint64_t rows, uint64_t row_bytes);
uint64_t tgr_block_count(uint64_t rows, uint64_t block_rows);

/* The dataset's sum, from those of its blocks. */
uint64_t tgr_block_total(const uint64_t *sums, uint64_t count);

/* ---- writing --------------------------------------------------------------------------- */

/* Sums blocks as their bytes go by. Starts zeroed. */
typedef struct tgr_block_hasher {
    uint64_t block_rows, block_bytes;
    uint64_t count, done; /* blocks; those that are summed, or were begun by somebody else */
    uint64_t held;        /* bytes of the block at hand */
    uint64_t *sums;
    void *state;
    uint64_t first; /* row, of a part; and whether its block began before it */
    bool cut;
} tgr_block_hasher;

tgr_status tgr_block_hasher_open(tgr_block_hasher *hasher, uint64_t rows, uint64_t row_bytes,
                                 tgr_error *error);
/* The same for a part of the dataset, from row `first` on. */
tgr_status tgr_block_hasher_open_part(tgr_block_hasher *hasher, uint64_t rows, uint64_t row_bytes,
                                      uint64_t first, tgr_error *error);
/* Leaves in `sums` those of the blocks that lie in the part altogether, and zeros. Returns the
 * number of the block that only begins in it, and count where there is none. part_rows: of the
 * part. */
uint64_t tgr_block_hasher_finish_part(tgr_block_hasher *hasher, uint64_t rows, uint64_t part_rows);
/* Takes the next bytes, no more than the rows that were announced hold. */
void tgr_block_hasher_add(tgr_block_hasher *hasher, const void *bytes, size_t length);
/* Ends the last block and returns the dataset's sum. */
uint64_t tgr_block_hasher_finish(tgr_block_hasher *hasher);
void tgr_block_hasher_free(tgr_block_hasher *hasher); /* harmless on a zeroed one */

/* Writes the attributes of the blocks (not `xxh3`), in place of those that are there. False where
 * HDF5 failed. */
bool tgr_block_sums_write(hid_t dataset, uint64_t block_rows, const uint64_t *sums, uint64_t count);

/* ---- reading --------------------------------------------------------------------------- */

typedef struct tgr_block_sums {
    uint64_t block_rows, count; /* count 0: the dataset carries none */
    uint64_t *sums;             /* freed with tgr_mem_free */
} tgr_block_sums;

/* Reads what a dataset of so many rows carries. TGR_ERR_INPUT where the attributes do not agree
 * with each other or with the rows. */
tgr_status tgr_block_sums_read(const tgr_h5_file *file, hid_t dataset, uint64_t rows,
                               uint64_t row_bytes, tgr_block_sums *sums, tgr_error *error);

#endif
