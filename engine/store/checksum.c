/* checksum.c - reads a dataset whole and compares it with the checksum that it carries. */
#include "engine/store/checksum.h"

#include <string.h>

#define XXH_STATIC_LINKING_ONLY /* for the size of a state, so that it comes from our allocator */
#include <xxhash.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/layout.h"
#include "engine/store/texts.h"

#define PIECE_BYTES (4u << 20)
#define PIECE_TEXTS 256
#define TEXT_MAX    ((size_t)1 << 30) /* of one text: here strings are only read through */

static tgr_status hash_texts(const tgr_array *array, XXH3_state_t *state, tgr_error *error)
{
    tgr_text_block block = {0};
    tgr_status status = TGR_OK;
    for (uint64_t done = 0; status == TGR_OK && done < array->rows; done += PIECE_TEXTS) {
        uint64_t now = array->rows - done < PIECE_TEXTS ? array->rows - done : PIECE_TEXTS;
        status = tgr_texts_read(array, done, now, &block, error);
        for (size_t i = 0; status == TGR_OK && i < block.count; i++) {
            uint64_t begin = block.texts.offsets[i], end = block.texts.offsets[i + 1];
            XXH3_64bits_update(state, block.texts.bytes + begin, (size_t)(end - begin));
            XXH3_64bits_update(state, "", 1);
        }
    }
    tgr_text_block_free(&block);
    return status;
}

static tgr_status hash_bytes(const tgr_array *array, XXH3_state_t *state, tgr_error *error)
{
    uint64_t row = array->columns * array->width;
    uint64_t piece = row && row < PIECE_BYTES ? PIECE_BYTES / row : 1;
    char *bytes = tgr_mem_alloc((size_t)piece, (size_t)row);
    if (!bytes) {
        return tgr_fail_memory(error, array->name.text);
    }
    tgr_status status = TGR_OK;
    for (uint64_t done = 0; status == TGR_OK && done < array->rows; done += piece) {
        uint64_t now = array->rows - done < piece ? array->rows - done : piece;
        status = tgr_array_read_raw(array, done, now, bytes, error);
        if (status == TGR_OK) {
            XXH3_64bits_update(state, bytes, (size_t)(now * row));
        }
    }
    tgr_mem_free(bytes);
    return status;
}

static tgr_status compare(tgr_array *array, const char *recorded, tgr_error *error)
{
    XXH3_state_t *state = tgr_mem_aligned(1, sizeof(*state));
    if (!state) {
        return tgr_fail_memory(error, "a checksum");
    }
    XXH3_64bits_reset(state);
    array->text_max = TEXT_MAX;
    tgr_status status = array->kind == TGR_ARRAY_VARIABLE ? hash_texts(array, state, error)
                                                          : hash_bytes(array, state, error);
    if (status == TGR_OK &&
        strcmp(recorded, tgr_checksum_of(XXH3_64bits_digest(state)).text) != 0) {
        status = tgr_fail(
            error, TGR_ERR_INPUT,
            "%s: the checksum of %s does not match: it was damaged or changed after it was "
            "written; restore it or write it again",
            array->file->path, array->name.text);
    }
    tgr_mem_free_aligned(state);
    return status;
}

tgr_status tgr_checksum_verify(const tgr_h5_file *file, hid_t object, tgr_error *error)
{
    char *recorded = NULL;
    tgr_array array = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_array_take(file, object, &array, error));
    TGR_TRY(tgr_h5_text_attribute(file, array.dataset, TGR_CHECKSUM, &recorded, error));
    if (recorded) {
        TGR_TRY(compare(&array, recorded, error));
    }
done:
    tgr_mem_free(recorded);
    tgr_array_close(&array);
    return status;
}
