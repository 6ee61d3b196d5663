/* memory.h - the only allocator of the engine: overflow-checked, and able to fail on demand.
 *
 * Kernels allocate nothing. tests/fault sets tgr_memory_fail_after to make the n-th allocation
 * fail.
 */
#ifndef TGR_BASE_MEMORY_H
#define TGR_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* All return NULL on failure or where count * size overflows; free with tgr_mem_free. A count or
 * size of zero gives a valid pointer. */
void *tgr_mem_alloc(size_t count, size_t size);
void *tgr_mem_zalloc(size_t count, size_t size);
void *tgr_mem_resize(void *memory, size_t count, size_t size); /* as realloc */
char *tgr_mem_string(const char *text);                        /* a copy; NULL in, NULL out */
char *tgr_mem_string_n(const char *text, size_t length);       /* a NUL-terminated copy of bytes */

/* Aligned to 64 bytes (a cache line, a 512-bit register), or where it is of 8 MB and more, to pages
 * of 2 MB, which the system is asked for; free with tgr_mem_free_aligned. */
void *tgr_mem_aligned(size_t count, size_t size);
void tgr_mem_free_aligned(void *memory);

void tgr_mem_free(void *memory);

/* Makes the (n+1)-th allocation from now fail, and all after it; negative: none. For tests. */
void tgr_mem_fail_after(long n);
/* Allocations not yet freed. For tests. */
long tgr_mem_live(void);

/* Grows *memory (elements of `size` bytes, room for *capacity) to hold at least `need`, by half at
 * least; false where memory is short, with everything left as it was. */
bool tgr_mem_grow(void **memory, size_t *capacity, size_t need, size_t size);

#endif
