/* fit_place.h - the row of the file that a row of a batch is, for messages. */
#ifndef TGR_FIT_PLACE_H
#define TGR_FIT_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/pass.h"

/* Of the batch that the pass just gave. Where a split was selected, the pass remembers which rows
 * it kept. */
static inline uint64_t tgr_fit_row(const tgr_pass *pass, const tgr_batch *batch, size_t row)
{
    if (pass->split == NULL) {
        return batch->first_row + row;
    }
    uint64_t at = 0;
    for (size_t left = row;; at++) {
        if (pass->keep[at] && left-- == 0) {
            return batch->first_row + at;
        }
    }
}

#endif
