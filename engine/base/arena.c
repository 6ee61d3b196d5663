/* arena.c - a chain of allocations. */
#include "engine/base/arena.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/memory.h"

struct tgr_arena_piece {
    struct tgr_arena_piece *before;
    max_align_t bytes[];
};

void *tgr_arena_alloc(tgr_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, sizeof(struct tgr_arena_piece), &bytes)) {
        return NULL;
    }
    struct tgr_arena_piece *piece = tgr_mem_zalloc(1, bytes);
    if (piece == NULL) {
        return NULL;
    }
    piece->before = arena->last;
    arena->last = piece;
    return piece->bytes;
}

char *tgr_arena_string(tgr_arena *arena, const char *text)
{
    char *copy = text == NULL ? NULL : tgr_arena_alloc(arena, strlen(text) + 1, 1);
    if (copy != NULL) {
        memcpy(copy, text, strlen(text));
    }
    return copy;
}

void tgr_arena_free(tgr_arena *arena)
{
    while (arena->last != NULL) {
        struct tgr_arena_piece *before = arena->last->before;
        tgr_mem_free(arena->last);
        arena->last = before;
    }
}
