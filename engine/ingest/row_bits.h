/* row_bits.h - puts a long row's entries into column order by a map of bits, a bit a column, whose
 * words a second map tells apart: what is set comes out in order, and nothing is compared.
 */
#ifndef TGR_INGEST_ROW_BITS_H
#define TGR_INGEST_ROW_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TGR_ROW_BITS_COLUMNS ((size_t)1 << 18) /* beyond, looking for what is set takes longer */
#define TGR_ROW_BITS_LEAST   24                /* entries; fewer are sorted as fast */

/* Starts zeroed. */
typedef struct tgr_row_bits {
    size_t columns;
    uint64_t *columns_set; /* a bit a column */
    uint64_t *words_set;   /* a bit a word of these */
    uint32_t *values;      /* of each column that is set */
} tgr_row_bits;

/* columns: at most TGR_ROW_BITS_COLUMNS. False where memory is short. */
bool tgr_row_bits_open(tgr_row_bits *bits, size_t columns);
void tgr_row_bits_free(tgr_row_bits *bits); /* harmless on a zeroed structure */

/* Sorts keys: a column above, which no other key has, and 32 bits that go with it below. */
void tgr_row_bits_sort(tgr_row_bits *bits, uint64_t *keys, size_t count);

#endif
