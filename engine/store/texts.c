/* texts.c - blocks of strings, as an untrusted dataset holds them, in memory. */
#include "engine/store/texts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/number.h"
#include "engine/store/checksum.h"
#include "engine/store/heap_sizes.h"

#define PIECE_BYTES (2u << 20) /* read at once */
#define CONVERTED   65536      /* bytes at once; HDF5 would clear a mebibyte for every list */
#define PIECE_ROWS  1024
#define FIRST_ROWS  16
#define BLOCK_ROWS  65536

void tgr_text_block_free(tgr_text_block *block)
{
    tgr_mem_free(block->texts.bytes);
    tgr_mem_free(block->texts.offsets);
    tgr_mem_free(block->scratch);
    *block = (tgr_text_block){0};
}

/* Makes room for more bytes, and one beyond them. */
static tgr_status reserve(tgr_text_block *block, uint64_t more, tgr_error *error)
{
    void *bytes = block->texts.bytes;
    uint64_t need = block->texts.offsets[block->count] + more + 1;
    bool grown = tgr_mem_grow(&bytes, &block->byte_capacity, need, 1);
    block->texts.bytes = bytes;
    return grown ? TGR_OK : tgr_fail_memory(error, "a block of strings");
}

static tgr_status add(tgr_text_block *block, const char *text, size_t length, tgr_error *error)
{
    tgr_status status = reserve(block, length, error);
    if (status == TGR_OK) {
        uint64_t at = block->texts.offsets[block->count];
        memcpy(block->texts.bytes + at, text, length);
        block->texts.offsets[++block->count] = at + length;
    }
    return status;
}

static tgr_status start(tgr_text_block *block, size_t count, size_t scratch, tgr_error *error)
{
    void *offsets = block->texts.offsets, *bytes = block->texts.bytes, *spare = block->scratch;
    bool grown = tgr_mem_grow(&offsets, &block->offset_capacity, count + 1, sizeof(uint64_t)) &&
                 tgr_mem_grow(&bytes, &block->byte_capacity, 1, 1) &&
                 tgr_mem_grow(&spare, &block->scratch_capacity, scratch, 1);
    block->texts.offsets = offsets;
    block->texts.bytes = bytes;
    block->scratch = spare;
    if (!grown) {
        return tgr_fail_memory(error, "a block of strings");
    }
    block->count = 0;
    block->texts.offsets[0] = 0;
    return TGR_OK;
}

/* The length of a string that is padded with NUL to `width`; UINT32_MAX where one stands inside. */
static uint32_t padded_length(const char *text, uint32_t width)
{
    const char *nul = memchr(text, 0, width);
    if (!nul) {
        return width;
    }
    /* All that follows a NUL is NUL where each byte equals the one before it. */
    uint32_t length = (uint32_t)(nul - text);
    return memcmp(nul, nul + 1, width - length - 1) == 0 ? length : UINT32_MAX;
}

/* Appends strings that all fill their `width` bytes. */
static void add_full(tgr_text_block *block, const char *text, uint32_t width, uint64_t count)
{
    uint64_t *ends = block->texts.offsets + block->count, at = ends[0];
    memcpy(block->texts.bytes + at, text, count * width);
    for (uint64_t i = 1; i <= count; i++) {
        ends[i] = at + i * width;
    }
    block->count += count;
}

/* Appends strings of `width` bytes; returns how many: fewer than `count` where the next holds NUL.
 * The block has room for all of them. */
static uint64_t add_fixed(tgr_text_block *block, const char *text, uint32_t width, uint64_t count)
{
    if (!memchr(text, 0, count * width)) {
        add_full(block, text, width, count);
        return count;
    }
    for (uint64_t i = 0; i < count; i++, text += width) {
        uint64_t at = block->texts.offsets[block->count];
        uint32_t length = padded_length(text, width);
        if (length == UINT32_MAX) {
            return i;
        }
        memcpy(block->texts.bytes + at, text, length);
        block->texts.offsets[++block->count] = at + length;
    }
    return count;
}

static tgr_status read_fixed(const tgr_array *array, uint64_t first, uint64_t count,
                             tgr_text_block *block, tgr_error *error)
{
    uint32_t width = (uint32_t)array->width; /* at most TGR_TEXT_MAX */
    uint32_t piece = width < PIECE_BYTES ? PIECE_BYTES / width : 1;
    tgr_status status = start(block, count, (size_t)(piece < count ? piece : count) * width, error);
    for (uint64_t done = 0; status == TGR_OK && done < count;) {
        uint64_t now = count - done < piece ? count - done : piece;
        status = tgr_array_read_raw(array, first + done, now, block->scratch, error);
        if (status == TGR_OK) {
            status = reserve(block, now * width, error);
        }
        if (status == TGR_OK) {
            uint64_t added = add_fixed(block, block->scratch, width, now);
            done += added;
            if (added < now) {
                status =
                    tgr_fail(error, TGR_ERR_INPUT, "%s: row %" PRIu64 " of %s holds a NUL byte",
                             array->file->path, first + done, array->name.text);
            }
        }
    }
    return status;
}

/* Where HDF5 puts variable-length strings while it reads them: pieces that are all freed together,
 * so that nothing is lost where it fails half-way. */
typedef struct piece {
    struct piece *next;
} piece;

typedef struct arena {
    piece *pieces;
    uint64_t left; /* bytes that the strings of one block may still take: the file holds no more */
    size_t text_max;
    bool too_long, no_memory;
} arena;

static void *arena_allocate(size_t size, void *data)
{
    arena *from = data;
    if (size > from->text_max + 1 || size > from->left) {
        from->too_long = true;
        return NULL;
    }
    piece *made = tgr_mem_alloc(1, sizeof(*made) + size);
    if (!made) {
        from->no_memory = true;
        return NULL;
    }
    from->left -= size;
    made->next = from->pieces;
    from->pieces = made;
    return made + 1;
}

static void arena_ignore(void *memory, void *data)
{
    (void)memory;
    (void)data;
}

static void arena_clear(arena *from)
{
    while (from->pieces) {
        piece *next = from->pieces->next;
        tgr_mem_free(from->pieces);
        from->pieces = next;
    }
}

static tgr_status read_piece(const tgr_array *array, uint64_t first, uint64_t count, char **texts,
                             hid_t transfer, const arena *from, tgr_error *error)
{
    hsize_t start_row = first, rows = count;
    bool scalar = array->rank == 0;
    hid_t memory = scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &rows, NULL);
    bool ok = memory > 0 &&
              (scalar || H5Sselect_hyperslab(array->space, H5S_SELECT_SET, &start_row, NULL, &rows,
                                             NULL) >= 0) &&
              H5Dread(array->dataset, array->native, memory, array->space, transfer, texts) >= 0;
    tgr_status status = TGR_OK;
    if (from->no_memory) {
        status = tgr_fail_memory(error, "a block of strings");
    } else if (from->too_long) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s: a string near row %" PRIu64
                          " of %s is longer than %zu bytes, or than the file",
                          array->file->path, first, array->name.text, array->text_max);
    } else {
        status = tgr_h5_readable(ok, array->file->path, array->name.text, error);
    }
    tgr_h5_close(memory);
    return status;
}

static bool is_full(const tgr_text_block *block)
{
    return block->most_bytes > 0 && block->texts.offsets[block->count] > block->most_bytes;
}

static tgr_status read_variable(const tgr_array *array, uint64_t first, uint64_t count,
                                tgr_text_block *block, tgr_error *error)
{
    arena from = {.left = array->file->size + count, .text_max = array->text_max};
    tgr_heap_sizes heap = {0};
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    tgr_status status = start(block, count, PIECE_ROWS * sizeof(char *), error);
    if (status == TGR_OK &&
        (transfer < 0 || H5Pset_buffer(transfer, CONVERTED, NULL, NULL) < 0 ||
         H5Pset_vlen_mem_manager(transfer, arena_allocate, &from, arena_ignore, NULL) < 0)) {
        status = tgr_fail_memory(error, "HDF5");
    }
    /* A few at first, more where they prove short: they may be a mebibyte each. */
    uint64_t rows = FIRST_ROWS;
    for (uint64_t done = 0; status == TGR_OK && done < count && !is_full(block);) {
        uint64_t now = count - done < rows ? count - done : rows;
        uint64_t before = block->texts.offsets[block->count];
        char **texts = (char **)(void *)block->scratch;
        memset(texts, 0, now * sizeof(*texts));
        status = tgr_heap_sizes_check(&heap, array, first + done, now, error);
        if (status == TGR_OK) {
            status = read_piece(array, first + done, now, texts, transfer, &from, error);
        }
        for (uint64_t i = 0; status == TGR_OK && i < now; i++) {
            status = add(block, texts[i] ? texts[i] : "", texts[i] ? strlen(texts[i]) : 0, error);
        }
        arena_clear(&from);
        done += now;
        rows = block->texts.offsets[block->count] - before > PIECE_BYTES ? rows / 8 : rows * 2;
        rows = rows < 1 ? 1 : rows > PIECE_ROWS ? PIECE_ROWS : rows;
    }
    tgr_h5_close(transfer);
    tgr_heap_sizes_free(&heap);
    return status;
}

static tgr_status add_integer(const tgr_array *array, const char *value, tgr_text_block *block,
                              tgr_error *error)
{
    char text[TGR_NUMBER_SIZE];
    int64_t number;
    memcpy(&number, value, sizeof(number));
    int length = array->is_signed || array->kind == TGR_ARRAY_BOOLEAN
                     ? snprintf(text, sizeof(text), "%" PRId64, number)
                     : snprintf(text, sizeof(text), "%" PRIu64, (uint64_t)number);
    return add(block, text, (size_t)length, error);
}

static tgr_status add_double(const char *value, tgr_text_block *block, tgr_error *error)
{
    char text[TGR_NUMBER_SIZE];
    double number;
    memcpy(&number, value, sizeof(number));
    return add(block, text, tgr_number_double(text, number), error);
}

static tgr_status read_numbers(const tgr_array *array, uint64_t first, uint64_t count,
                               tgr_text_block *block, tgr_error *error)
{
    bool real = array->kind == TGR_ARRAY_FLOAT;
    bool big = array->kind == TGR_ARRAY_INTEGER && !array->is_signed && array->width == 8;
    tgr_status status = start(block, count, PIECE_ROWS * 8, error);
    for (uint64_t done = 0; status == TGR_OK && done < count;) {
        uint64_t now = count - done < PIECE_ROWS ? count - done : PIECE_ROWS;
        if (real) {
            status = tgr_array_read_double(array, first + done, now,
                                           (double *)(void *)block->scratch, error);
        } else if (big) {
            status = tgr_array_read_raw(array, first + done, now, block->scratch, error);
        } else {
            status = tgr_array_read_int64(array, first + done, now,
                                          (int64_t *)(void *)block->scratch, error);
        }
        for (uint64_t i = 0; status == TGR_OK && i < now; i++) {
            const char *value = block->scratch + i * 8;
            status =
                real ? add_double(value, block, error) : add_integer(array, value, block, error);
        }
        done += now;
    }
    return status;
}

tgr_status tgr_texts_read(const tgr_array *array, uint64_t first, uint64_t count,
                          tgr_text_block *block, tgr_error *error)
{
    if (array->kind == TGR_ARRAY_FIXED) {
        return read_fixed(array, first, count, block, error);
    }
    if (array->kind == TGR_ARRAY_VARIABLE) {
        return read_variable(array, first, count, block, error);
    }
    return read_numbers(array, first, count, block, error);
}

tgr_status tgr_texts_open(const tgr_h5_file *file, hid_t group, const char *name, tgr_array *array,
                          tgr_error *error)
{
    *array = (tgr_array){.file = file};
    hid_t object;
    tgr_status status = tgr_h5_child(file, group, name, &object, error);
    if (status != TGR_OK || object == 0) {
        return status;
    }
    if (H5Iget_type(object) != H5I_GROUP) {
        return tgr_array_take(file, object, array, error);
    }
    status = tgr_array_open(file, object, "values", array, error);
    if (status == TGR_OK && !array->dataset) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s: %s does not hold strings in an encoding that is read", file->path,
                          tgr_h5_name_of(object, NULL).text);
    }
    tgr_h5_close(object);
    return status;
}

tgr_status tgr_texts_scalar(const tgr_h5_file *file, hid_t group, const char *name, char **text,
                            tgr_error *error)
{
    *text = NULL;
    tgr_array array;
    tgr_text_block block = {0};
    tgr_status status = tgr_array_open(file, group, name, &array, error);
    if (status == TGR_OK && array.dataset && tgr_array_is_text(&array) && array.rows == 1 &&
        array.rank < 2) {
        TGR_TRY(tgr_texts_read(&array, 0, 1, &block, error));
        *text = tgr_mem_string_n(block.texts.bytes, (size_t)block.texts.offsets[1]);
        status = *text ? TGR_OK : tgr_fail_memory(error, name);
    }
done:
    tgr_text_block_free(&block);
    tgr_array_close(&array);
    return status;
}

/* Numbers the strings of a block; each must be new. */
static tgr_status add_distinct(const tgr_array *array, const tgr_text_block *block, uint64_t first,
                               const char *what, tgr_strings *strings, tgr_error *error)
{
    for (size_t i = 0; i < block->count; i++) {
        const char *text = block->texts.bytes + block->texts.offsets[i];
        size_t length = (size_t)(block->texts.offsets[i + 1] - block->texts.offsets[i]);
        uint32_t number = tgr_strings_add(strings, text, length);
        if (number == TGR_STRING_NONE) {
            return tgr_fail_memory(error, array->name.text);
        }
        if (number != first + i) {
            return tgr_fail(error, TGR_ERR_INPUT, "%s: the %s '%.*s' stands twice in %s",
                            array->file->path, what, length > 200 ? 200 : (int)length, text,
                            array->name.text);
        }
    }
    return TGR_OK;
}

tgr_status tgr_texts_distinct(const tgr_array *array, const char *what, tgr_strings **strings,
                              tgr_error *error)
{
    tgr_text_block block = {0};
    tgr_text_sum sum = {0};
    tgr_status status = TGR_OK;
    *strings = tgr_strings_new();
    if (!*strings) {
        return tgr_fail_memory(error, array->name.text);
    }
    TGR_TRY(tgr_text_sum_open(&sum, array, error));
    for (uint64_t done = 0; done < array->rows; done += block.count) {
        uint64_t left = array->rows - done;
        TGR_TRY(tgr_texts_read(array, done, left < BLOCK_ROWS ? left : BLOCK_ROWS, &block, error));
        tgr_text_sum_add(&sum, &block);
        TGR_TRY(add_distinct(array, &block, done, what, *strings, error));
    }
    TGR_TRY(tgr_text_sum_check(&sum, array, error));
done:
    tgr_text_sum_close(&sum);
    tgr_text_block_free(&block);
    if (status != TGR_OK) {
        tgr_strings_free(*strings);
        *strings = NULL;
    }
    return status;
}
