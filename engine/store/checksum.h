/* checksum.h - reads a dataset whole and compares it with the checksum that it carries. */
#ifndef TGR_STORE_CHECKSUM_H
#define TGR_STORE_CHECKSUM_H

#include "engine/store/array.h"

/* Takes over an opened object and closes it. One that carries no checksum passes; TGR_ERR_INPUT
 * where the checksum differs. */
tgr_status tgr_checksum_verify(const tgr_h5_file *file, hid_t object, tgr_error *error);

#endif
