/* arena.h - pieces of memory that live and die together. */
#ifndef TGR_BASE_ARENA_H
#define TGR_BASE_ARENA_H

#include <stddef.h>

typedef struct tgr_arena {
    struct tgr_arena_piece *last; /* NULL: empty */
} tgr_arena;

/* Zeroed; NULL where memory is short or count * size overflows. */
void *tgr_arena_alloc(tgr_arena *arena, size_t count, size_t size);
char *tgr_arena_string(tgr_arena *arena, const char *text); /* a copy; NULL in, NULL out */
void tgr_arena_free(tgr_arena *arena); /* all pieces; harmless on a zeroed one */

#endif
