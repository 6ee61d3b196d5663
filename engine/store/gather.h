/* gather.h - small writes that lie near each other in a file, put together to few large ones.
 *
 * HDF5 writes strings of variable length 64 KiB at a time, wherever that begins in a page, and not
 * quite in order; to the system such writes cost twice what large ones that begin with a page do. A
 * few blocks of the file are held until they are whole, or until another needs their room.
 */
#ifndef TGR_STORE_GATHER_H
#define TGR_STORE_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TGR_GATHER_BLOCK  ((size_t)1 << 18) /* bytes of a block, which begins with a multiple */
#define TGR_GATHER_BLOCKS 4
#define TGR_GATHER_SPANS  8 /* of a block that can be told apart */

typedef struct tgr_gather_span { /* of a block: what was written of it */
    size_t begin, end;
} tgr_gather_span;

typedef struct tgr_gather_block {
    uint64_t place; /* in the file */
    uint64_t turn;  /* of its last use */
    size_t count;   /* of spans; 0: not in use */
    tgr_gather_span spans[TGR_GATHER_SPANS];
} tgr_gather_block;

/* Where bytes go in the end; keeps what fails to itself. */
typedef void (*tgr_gather_put)(void *user, const void *bytes, size_t length, uint64_t place);

typedef struct tgr_gather {
    tgr_gather_put put;
    void *user;
    char *bytes; /* of all blocks */
    uint64_t turn;
    tgr_gather_block blocks[TGR_GATHER_BLOCKS];
} tgr_gather;

bool tgr_gather_open(tgr_gather *gather, tgr_gather_put put, void *user); /* false: no memory */
void tgr_gather_close(tgr_gather *gather); /* what is held is lost; harmless on a zeroed one */

/* In the file, or on its way: of bytes written twice, the later count. */
void tgr_gather_write(tgr_gather *gather, const void *bytes, size_t length, uint64_t place);

/* Puts what is held of so many bytes of the file, so that they can be read there. */
void tgr_gather_settle(tgr_gather *gather, uint64_t place, uint64_t length);

#endif
