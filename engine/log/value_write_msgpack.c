/* value_write_msgpack.c - values as MessagePack. */
#include "engine/log/value_write.h"

#include <msgpack/pack.h>

static int write_bytes(void *data, const char *bytes, size_t length)
{
    tgr_buffer *buffer = data;
    tgr_buffer_add(buffer, bytes, length);
    return buffer->failed ? -1 : 0;
}

static void pack_string(msgpack_packer *packer, const char *bytes, uint32_t length)
{
    msgpack_pack_str(packer, length);
    msgpack_pack_str_body(packer, bytes, length);
}

void tgr_msgpack_write_map(tgr_buffer *buffer, uint32_t pairs)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, buffer, write_bytes);
    msgpack_pack_map(&packer, pairs);
}

void tgr_msgpack_write_array(tgr_buffer *buffer, uint32_t count)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, buffer, write_bytes);
    msgpack_pack_array(&packer, count);
}

void tgr_msgpack_write_string(tgr_buffer *buffer, const char *text, uint32_t length)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, buffer, write_bytes);
    pack_string(&packer, text, length);
}

void tgr_msgpack_write_unsigned(tgr_buffer *buffer, uint32_t number)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, buffer, write_bytes);
    msgpack_pack_uint32(&packer, number);
}

/* A string that is not UTF-8 came as a binary of subtype 1, and goes as it came. */
static void pack_binary(msgpack_packer *packer, const tgr_value *value)
{
    if (value->subtype == 1) {
        pack_string(packer, value->as.bytes, value->count);
        return;
    }
    msgpack_pack_bin(packer, value->count);
    msgpack_pack_bin_body(packer, value->as.bytes, value->count);
}

static void pack_flat(msgpack_packer *packer, const tgr_value *value)
{
    switch (value->kind) {
    case TGR_BOOLEAN:
        value->as.boolean ? msgpack_pack_true(packer) : msgpack_pack_false(packer);
        break;
    case TGR_INTEGER:
        msgpack_pack_int64(packer, value->as.integer);
        break;
    case TGR_UNSIGNED:
        msgpack_pack_uint64(packer, value->as.unsigned_integer);
        break;
    case TGR_REAL:
        msgpack_pack_double(packer, value->as.real);
        break;
    case TGR_STRING:
        pack_string(packer, value->as.bytes, value->count);
        break;
    case TGR_BINARY:
        pack_binary(packer, value);
        break;
    case TGR_EXTENSION:
        msgpack_pack_ext(packer, value->count, (int8_t)value->subtype);
        msgpack_pack_ext_body(packer, value->as.bytes, value->count);
        break;
    case TGR_ARRAY: /* of a container, its head; what it holds follows on the tape */
        msgpack_pack_array(packer, value->count);
        break;
    case TGR_MAP:
        msgpack_pack_map(packer, value->count);
        break;
    case TGR_NIL:
        msgpack_pack_nil(packer);
        break;
    }
}

void tgr_value_write_msgpack(const tgr_tape *tape, uint32_t index, tgr_buffer *buffer)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, buffer, write_bytes);
    for (uint32_t at = index; at < tape->values[index].next; at++) {
        pack_flat(&packer, &tape->values[at]);
    }
}
