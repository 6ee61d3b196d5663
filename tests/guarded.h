/* guarded.h - memory that ends flush against a page that may not be touched. */
#ifndef TGR_TESTS_GUARDED_H
#define TGR_TESTS_GUARDED_H

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct guarded {
    char *pages;
    void *bytes; /* begins on the alignment asked for */
    size_t mapped;
} guarded;

static inline guarded guarded_new(size_t bytes, size_t alignment)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t padded = (bytes + alignment - 1) / alignment * alignment;
    guarded memory = {.mapped = (padded + page - 1) / page * page + page};
    void *pages =
        mmap(NULL, memory.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    memory.pages = pages;
    assert_int_equal(mprotect(memory.pages + memory.mapped - page, page, PROT_NONE), 0);
    memory.bytes = memory.pages + memory.mapped - page - padded;
    return memory;
}

static inline void guarded_free(guarded *memory)
{
    munmap(memory->pages, memory->mapped);
}

#endif
