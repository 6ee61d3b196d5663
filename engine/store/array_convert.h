/* array_convert.h - numbers of any stored type as the few types that the engine works with. */
#ifndef TGR_STORE_ARRAY_CONVERT_H
#define TGR_STORE_ARRAY_CONVERT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/store/array.h"

/* What values are read as. Integers out of the target's range are clamped, with two exceptions for
 * what is checked against bounds afterwards: an index that does not fit comes as UINT32_MAX, a code
 * as -2. Too large a double becomes an infinite float. */
typedef enum tgr_as {
    TGR_AS_STORED,
    TGR_AS_I64,
    TGR_AS_U32, /* indices */
    TGR_AS_I32, /* codes */
    TGR_AS_U16,
    TGR_AS_F32,
    TGR_AS_F64
} tgr_as;

size_t tgr_as_size(tgr_as as, size_t stored);

/* Whether the array's values are `as` already, bit by bit. */
bool tgr_as_is_stored(const tgr_array *array, tgr_as as);
/* Whether they can be converted here, without HDF5. */
bool tgr_as_is_known(const tgr_array *array, tgr_as as);

/* The two must not overlap. */
void tgr_as_convert(const tgr_array *array, tgr_as as, const void *from, size_t count, void *to);

#endif
