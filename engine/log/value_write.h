/* value_write.h - values of a tape as JSON text or MessagePack again. */
#ifndef TGR_LOG_VALUE_WRITE_H
#define TGR_LOG_VALUE_WRITE_H

#include <stdint.h>

#include "engine/base/buffer.h"
#include "engine/log/value.h"

/* Appends a value and all inside it, on one line. What JSON cannot hold (bytes that are no text,
 * extensions, numbers that are not finite) becomes null, and pairs whose key is no string are left
 * out; *lost counts both. */
void tgr_value_write_json(const tgr_tape *tape, uint32_t index, tgr_buffer *buffer, uint64_t *lost);

/* The same in MessagePack, which holds everything. */
void tgr_value_write_msgpack(const tgr_tape *tape, uint32_t index, tgr_buffer *buffer);

/* Heads and strings for those who put values together themselves. */
void tgr_msgpack_write_map(tgr_buffer *buffer, uint32_t pairs);
void tgr_msgpack_write_array(tgr_buffer *buffer, uint32_t count);
void tgr_msgpack_write_string(tgr_buffer *buffer, const char *text, uint32_t length);
void tgr_msgpack_write_unsigned(tgr_buffer *buffer, uint32_t number);

#endif
