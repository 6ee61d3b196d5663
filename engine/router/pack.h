/* pack.h - a router's keys as MessagePack. The big arrays are left to whoever writes or hashes
 * them, who need not copy them for it. */
#ifndef TGR_ROUTER_PACK_H
#define TGR_ROUTER_PACK_H

#include <stdint.h>

#include <msgpack/pack.h>

#include "engine/router/router.h"

/* The arrays, in the order of the file. */
#define TGR_ROUTER_ARRAYS 3
typedef struct tgr_router_array {
    const char *key;
    const void *bytes; /* little-endian */
    size_t length;
} tgr_router_array;
void tgr_router_arrays(const tgr_router *router, tgr_router_array arrays[TGR_ROUTER_ARRAYS]);

/* How many pairs tgr_router_pack packs: all but the arrays and the digest. */
uint32_t tgr_router_pairs(const tgr_router *router);

/* Packs those pairs, without the map's head. */
void tgr_router_pack(const tgr_router *router, msgpack_packer *packer);

/* Packs a string. */
void tgr_pack_text(msgpack_packer *packer, const char *text, size_t length);

/* A msgpack_packer_write whose data is a tgr_buffer. */
int tgr_pack_to_buffer(void *buffer, const char *bytes, size_t length);

#endif
