/* unshuffle.h - undoes HDF5's shuffle filter: bytes sorted by their place within an element go back
 * into their elements. */
#ifndef TGR_STORE_UNSHUFFLE_H
#define TGR_STORE_UNSHUFFLE_H

#include <stddef.h>

/* `bytes` of whole elements of `width` bytes; what is left over at the end is copied, as the filter
 * does. The two must not overlap. */
void tgr_unshuffle(const void *from, size_t bytes, size_t width, void *to);

/* Some of them: `count` elements from number `first` on, of `all` that were shuffled together. */
void tgr_unshuffle_some(const void *from, size_t all, size_t width, size_t first, size_t count,
                        void *to);

#endif
