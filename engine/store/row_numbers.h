/* row_numbers.h - row numbers as text, in chunks that the filters shuffle and deflate of HDF5 undo.
 *
 * Such a column is known before anything is decided, and it is most of what a file of decisions
 * would hold. Shuffled, a chunk is a plane for each digit: the higher ones are runs of one
 * character, the lower ones the same in every chunk. So chunks are put together from pieces that
 * were deflated once, instead of being compressed: 50 million numbers are 1 MB, not 400.
 */
#ifndef TGR_STORE_ROW_NUMBERS_H
#define TGR_STORE_ROW_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#define TGR_NUMBERS_DIGITS 5      /* that differ within a chunk */
#define TGR_NUMBERS_CHUNK  100000 /* rows: ten to that power */

typedef struct tgr_row_numbers tgr_row_numbers;

/* Rows `first` to first + rows, each of `width` bytes, which hold the last number's digits; shorter
 * ones end in zero bytes. */
tgr_status tgr_row_numbers_new(uint64_t first, uint64_t rows, size_t width,
                               tgr_row_numbers **numbers, tgr_error *error);
void tgr_row_numbers_free(tgr_row_numbers *numbers); /* NULL allowed */

/* A chunk as it is stored, until the next call. Behind the last row there are zeros. */
tgr_status tgr_row_numbers_chunk(tgr_row_numbers *numbers, uint64_t chunk, const void **bytes,
                                 size_t *length, tgr_error *error);

#endif
