/* gather.c - blocks of a file in memory, each a few spans of bytes that were written. */
#include "engine/store/gather.h"

#include <string.h>

#include "engine/base/memory.h"

bool tgr_gather_open(tgr_gather *gather, tgr_gather_put put, void *user)
{
    *gather = (tgr_gather){.put = put, .user = user};
    gather->bytes = tgr_mem_alloc(TGR_GATHER_BLOCKS, TGR_GATHER_BLOCK);
    return gather->bytes != NULL;
}

void tgr_gather_close(tgr_gather *gather)
{
    tgr_mem_free(gather->bytes);
    *gather = (tgr_gather){0};
}

static char *bytes_of(const tgr_gather *gather, const tgr_gather_block *block)
{
    return gather->bytes + (size_t)(block - gather->blocks) * TGR_GATHER_BLOCK;
}

static void put_block(tgr_gather *gather, tgr_gather_block *block)
{
    const char *bytes = bytes_of(gather, block);
    for (size_t i = 0; i < block->count; i++) {
        tgr_gather_span span = block->spans[i];
        gather->put(gather->user, bytes + span.begin, span.end - span.begin,
                    block->place + span.begin);
    }
    block->count = 0;
}

static uint64_t last_use(const tgr_gather_block *block)
{
    return block->count > 0 ? block->turn : 0;
}

/* The block at a place of the file; where none is, that which was left alone longest becomes it. */
static tgr_gather_block *block_at(tgr_gather *gather, uint64_t place)
{
    tgr_gather_block *oldest = &gather->blocks[0];
    for (int i = 0; i < TGR_GATHER_BLOCKS; i++) {
        tgr_gather_block *block = &gather->blocks[i];
        if (block->count > 0 && block->place == place) {
            return block;
        }
        oldest = last_use(block) < last_use(oldest) ? block : oldest;
    }
    put_block(gather, oldest);
    oldest->place = place;
    return oldest;
}

/* Adds a span to those of a block, with which it becomes one where they touch. */
static void add_span(tgr_gather *gather, tgr_gather_block *block, tgr_gather_span added)
{
    size_t kept = 0;
    for (size_t i = 0; i < block->count; i++) {
        tgr_gather_span span = block->spans[i];
        if (span.begin > added.end || span.end < added.begin) {
            block->spans[kept++] = span;
            continue;
        }
        added.begin = span.begin < added.begin ? span.begin : added.begin;
        added.end = span.end > added.end ? span.end : added.end;
    }
    block->spans[kept++] = added;
    block->count = kept;
    if (kept == TGR_GATHER_SPANS || added.end - added.begin == TGR_GATHER_BLOCK) {
        put_block(gather, block);
    }
}

void tgr_gather_write(tgr_gather *gather, const void *bytes, size_t length, uint64_t place)
{
    const char *from = bytes;
    if (length >= TGR_GATHER_BLOCK) {
        tgr_gather_settle(gather, place, length);
        gather->put(gather->user, bytes, length, place);
        return;
    }
    while (length > 0) {
        size_t begin = (size_t)(place % TGR_GATHER_BLOCK), room = TGR_GATHER_BLOCK - begin;
        size_t now = length < room ? length : room;
        tgr_gather_block *block = block_at(gather, place - begin);
        memcpy(bytes_of(gather, block) + begin, from, now);
        block->turn = ++gather->turn;
        add_span(gather, block, (tgr_gather_span){begin, begin + now});
        from += now;
        place += now;
        length -= now;
    }
}

void tgr_gather_settle(tgr_gather *gather, uint64_t place, uint64_t length)
{
    for (int i = 0; i < TGR_GATHER_BLOCKS; i++) {
        tgr_gather_block *block = &gather->blocks[i];
        if (block->count > 0 && block->place < place + length &&
            place < block->place + TGR_GATHER_BLOCK) {
            put_block(gather, block);
        }
    }
}
