/* checksum.h - the checksum of strings of variable length, which are not cut into blocks; and whole
 * datasets compared with theirs, whatever they hold. */
#ifndef TGR_STORE_CHECKSUM_H
#define TGR_STORE_CHECKSUM_H

#include "engine/store/array.h"
#include "engine/store/texts.h"

/* Sums the strings of a dataset as they are read, in order. Starts zeroed. */
typedef struct tgr_text_sum {
    char
        *recorded; /* NULL: the dataset carries none, or holds no such strings: nothing is summed */
    void *hash;
} tgr_text_sum;

tgr_status tgr_text_sum_open(tgr_text_sum *sum, const tgr_array *array, tgr_error *error);
void tgr_text_sum_add(tgr_text_sum *sum, const tgr_text_block *block);
/* When all have been added: TGR_ERR_INPUT where the checksum differs. */
tgr_status tgr_text_sum_check(tgr_text_sum *sum, const tgr_array *array, tgr_error *error);
void tgr_text_sum_close(tgr_text_sum *sum);

/* Reads a dataset whole. Takes over an opened object and closes it. One that carries no checksum
 * passes; TGR_ERR_INPUT where the checksum differs. */
tgr_status tgr_checksum_verify(const tgr_h5_file *file, hid_t object, tgr_error *error);

#endif
