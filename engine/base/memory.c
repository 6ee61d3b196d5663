/* memory.c - the engine's allocator. */
#include "engine/base/memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <tagroute/status.h>

#define LARGE_PAGE       ((size_t)2 << 20)
#define LARGE_PAGES_FROM ((size_t)8 << 20)

/* The countdown and the balance exist for the tests that make the n-th allocation fail. Relaxed
 * order is enough: they are read only between operations. */
static atomic_long allocations_until_failure = -1;
static atomic_long live_allocations;

static bool may_allocate(void)
{
    long left = atomic_load_explicit(&allocations_until_failure, memory_order_relaxed);
    if (left < 0) {
        return true;
    }
    if (left == 0) {
        return false;
    }
    atomic_fetch_sub_explicit(&allocations_until_failure, 1, memory_order_relaxed);
    return true;
}

static void *count_live(void *memory)
{
    if (memory != NULL) {
        atomic_fetch_add_explicit(&live_allocations, 1, memory_order_relaxed);
    }
    return memory;
}

static bool total_bytes(size_t count, size_t size, size_t *bytes)
{
    if (__builtin_mul_overflow(count, size, bytes)) {
        return false;
    }
    if (*bytes == 0) {
        *bytes = 1;
    }
    return *bytes <= PTRDIFF_MAX;
}

void *tgr_mem_alloc(size_t count, size_t size)
{
    size_t bytes;
    if (!total_bytes(count, size, &bytes) || !may_allocate()) {
        return NULL;
    }
    return count_live(malloc(bytes));
}

void *tgr_mem_zalloc(size_t count, size_t size)
{
    size_t bytes;
    if (!total_bytes(count, size, &bytes) || !may_allocate()) {
        return NULL;
    }
    return count_live(calloc(bytes, 1));
}

void *tgr_mem_resize(void *memory, size_t count, size_t size)
{
    size_t bytes;
    if (!total_bytes(count, size, &bytes) || !may_allocate()) {
        return NULL;
    }
    if (memory == NULL) {
        return count_live(malloc(bytes));
    }
    return realloc(memory, bytes);
}

char *tgr_mem_string_n(const char *text, size_t length)
{
    size_t bytes;
    if (__builtin_add_overflow(length, 1, &bytes)) {
        return NULL;
    }
    char *copy = tgr_mem_alloc(bytes, 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *tgr_mem_string(const char *text)
{
    return text == NULL ? NULL : tgr_mem_string_n(text, strlen(text));
}

/* Rows visited out of order touch many pages at once; of small ones, more than a processor keeps
 * track of. Where the system has none of the large ones to give, nothing changes. */
static void ask_for_large_pages(void *memory, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    if (memory != NULL) {
        (void)madvise(memory, bytes, MADV_HUGEPAGE);
    }
#else
    (void)memory, (void)bytes;
#endif
}

void *tgr_mem_aligned(size_t count, size_t size)
{
    size_t bytes;
    if (!total_bytes(count, size, &bytes) || bytes > PTRDIFF_MAX - LARGE_PAGE || !may_allocate()) {
        return NULL;
    }
    bool large = bytes >= LARGE_PAGES_FROM;
    size_t unit = large ? LARGE_PAGE : 64;
    bytes = (bytes + unit - 1) / unit * unit;
    void *memory = aligned_alloc(unit, bytes);
    if (large) {
        ask_for_large_pages(memory, bytes);
    }
    return count_live(memory);
}

void tgr_mem_free(void *memory)
{
    if (memory != NULL) {
        atomic_fetch_sub_explicit(&live_allocations, 1, memory_order_relaxed);
        free(memory);
    }
}

void tgr_free(void *memory)
{
    tgr_mem_free(memory);
}

void tgr_mem_free_aligned(void *memory)
{
    tgr_mem_free(memory);
}

void tgr_mem_fail_after(long n)
{
    atomic_store_explicit(&allocations_until_failure, n, memory_order_relaxed);
}

long tgr_mem_live(void)
{
    return atomic_load_explicit(&live_allocations, memory_order_relaxed);
}

bool tgr_mem_grow(void **memory, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity) {
        return true;
    }
    size_t wanted = *capacity + *capacity / 2;
    if (wanted < need) {
        wanted = need;
    }
    if (wanted < 16) {
        wanted = 16;
    }
    void *grown = tgr_mem_resize(*memory, wanted, size);
    if (grown == NULL) {
        return false;
    }
    *memory = grown;
    *capacity = wanted;
    return true;
}
