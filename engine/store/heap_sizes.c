/* heap_sizes.c - elements and global heap collections, as the file format's specification (III.E,
 * and IV.A.2.d for the datatype) lays them out. */
#include "engine/store/heap_sizes.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

#define ELEMENT  16u /* length (4), collection (8), object (4) */
#define HEAD     16u /* "GCOL", version, 3 reserved, size (8); of an object: number, count, size */
#define LARGEST  ((uint64_t)1 << 31)
#define ELEMENTS 256u /* read at once */

static uint64_t get(const char *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = count; i-- > 0;) {
        value = value << 8 | (unsigned char)bytes[i];
    }
    return value;
}

static bool read_at(const tgr_array *array, uint64_t at, void *bytes, size_t size)
{
    char *to = bytes;
    while (size > 0) {
        ssize_t got = pread(array->file->fd, to, size, (off_t)at);
        if (got <= 0) {
            return false;
        }
        to += got;
        at += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

/* Goes through the objects of the collection in memory: *numbers becomes one more than their
 * largest number, and where `note` their sizes are noted. False where they do not fill it. */
static bool walk_objects(tgr_heap_sizes *heap, uint64_t size, bool note, size_t *numbers)
{
    *numbers = 0;
    for (uint64_t at = HEAD; at + HEAD <= size;) {
        size_t number = (size_t)get(heap->collection + at, 2);
        uint64_t length = get(heap->collection + at + 8, 8);
        if (number == 0) { /* what is free, up to the end */
            return true;
        }
        if (length > size - at - HEAD) {
            return false;
        }
        *numbers = number >= *numbers ? number + 1 : *numbers;
        if (note) {
            heap->sizes[number] = length;
        }
        at += HEAD + (length + 7) / 8 * 8;
    }
    return true;
}

static tgr_status note_objects(tgr_heap_sizes *heap, uint64_t size, bool *good, tgr_error *error)
{
    void *sizes = heap->sizes;
    *good = walk_objects(heap, size, false, &heap->numbers);
    if (!tgr_mem_grow(&sizes, &heap->size_capacity, heap->numbers, sizeof *heap->sizes)) {
        return tgr_fail_memory(error, "a heap of strings");
    }
    heap->sizes = sizes;
    for (size_t i = 0; i < heap->numbers; i++) {
        heap->sizes[i] = UINT64_MAX;
    }
    *good = *good && walk_objects(heap, size, true, &heap->numbers);
    return TGR_OK;
}

/* The collection at an address; *good is false where there is none. */
static tgr_status load(tgr_heap_sizes *heap, const tgr_array *array, uint64_t address, bool *good,
                       tgr_error *error)
{
    char head[HEAD];
    uint64_t all = array->file->size;
    *good = false;
    heap->address = 0;
    if (address == 0 || address > all || all - address < HEAD ||
        !read_at(array, address, head, HEAD) || memcmp(head, "GCOL", 4) != 0) {
        return TGR_OK;
    }
    uint64_t size = get(head + 8, 8);
    if (size < HEAD || size > all - address || size > LARGEST) {
        return TGR_OK;
    }
    void *bytes = heap->collection;
    if (!tgr_mem_grow(&bytes, &heap->capacity, (size_t)size, 1)) {
        return tgr_fail_memory(error, "a heap of strings");
    }
    heap->collection = bytes;
    if (!read_at(array, address, heap->collection, (size_t)size)) {
        return TGR_OK;
    }
    tgr_status status = note_objects(heap, size, good, error);
    heap->address = *good ? address : 0;
    return status;
}

static tgr_status check_element(tgr_heap_sizes *heap, const tgr_array *array, const char *element,
                                uint64_t row, tgr_error *error)
{
    uint64_t length = get(element, 4), address = get(element + 4, 8), number = get(element + 12, 4);
    bool good = true;
    if (length == 0) { /* nothing is read of the heap */
        return TGR_OK;
    }
    if (address != heap->address) {
        tgr_status status = load(heap, array, address, &good, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    if (!good || number >= heap->numbers || heap->sizes[number] != length) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: row %" PRIu64 " of %s is not the string that its heap holds",
                        array->file->path, row, array->name.text);
    }
    return TGR_OK;
}

/* Whether the file's addresses are offsets, and elements have the usual size. */
static bool can_check(const tgr_array *array, uint64_t *offset)
{
    hid_t creation = H5Fget_create_plist(array->file->id);
    hsize_t before = 1;
    size_t addresses = 0, sizes = 0;
    bool plain = creation > 0 && H5Pget_userblock(creation, &before) >= 0 && before == 0 &&
                 H5Pget_sizes(creation, &addresses, &sizes) >= 0 && addresses == 8 && sizes == 8;
    tgr_h5_close(creation);
    haddr_t at = plain ? H5Dget_offset(array->dataset) : HADDR_UNDEF;
    *offset = at == HADDR_UNDEF ? 0 : (uint64_t)at;
    return plain && at != HADDR_UNDEF;
}

tgr_status tgr_heap_sizes_check(tgr_heap_sizes *heap, const tgr_array *array, uint64_t first,
                                uint64_t count, tgr_error *error)
{
    char elements[ELEMENTS * ELEMENT];
    uint64_t offset;
    tgr_status status = TGR_OK;
    if (!can_check(array, &offset)) {
        return TGR_OK;
    }
    for (uint64_t done = 0; status == TGR_OK && done < count;) {
        uint64_t now = count - done < ELEMENTS ? count - done : ELEMENTS;
        if (!read_at(array, offset + (first + done) * ELEMENT, elements, (size_t)now * ELEMENT)) {
            return tgr_fail(error, TGR_ERR_INPUT, "%s: %s ends behind the file", array->file->path,
                            array->name.text);
        }
        for (uint64_t i = 0; status == TGR_OK && i < now; i++) {
            status = check_element(heap, array, elements + i * ELEMENT, first + done + i, error);
        }
        done += now;
    }
    return status;
}

void tgr_heap_sizes_free(tgr_heap_sizes *heap)
{
    tgr_mem_free(heap->collection);
    tgr_mem_free(heap->sizes);
    *heap = (tgr_heap_sizes){0};
}
