/* canonical.h - makes a block of CSR what every batch promises: ascending distinct columns within
 * bounds, values finite and not zero. */
#ifndef TGR_STORE_CANONICAL_H
#define TGR_STORE_CANONICAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "kernels/kernels.h"

/* A block that is being made canonical. indptr[0] is 0 and it does not fall: its reader has
 * checked. */
typedef struct tgr_canonical_block {
    size_t rows;
    int64_t *indptr;
    uint32_t *indices;
    void *values;
    tgr_value_type value_type;
    uint32_t columns;
    uint64_t first_row; /* for messages, as is the next */
    const char *path;
    int threads; /* that may look; 0: 1 */
} tgr_canonical_block;

typedef struct tgr_canonical_scratch { /* starts zeroed; reused */
    uint64_t *keys;
    double *values;
    size_t key_capacity, value_capacity;
} tgr_canonical_scratch;

/* Works in place: rows out of order are sorted, duplicates summed, zeros dropped. Costs one pass
 * where there is nothing to do. TGR_ERR_INPUT, naming the row, for columns out of bounds, values
 * that are not finite and sums that do not fit. */
tgr_status tgr_canonical(const tgr_canonical_block *block, tgr_canonical_scratch *scratch,
                         tgr_error *error);
/* Whether there is nothing to do. Entries may be numbered from any indptr[0] then, and nothing is
 * written to. */
bool tgr_canonical_is(const tgr_canonical_block *block);

void tgr_canonical_scratch_free(tgr_canonical_scratch *scratch);

#endif
