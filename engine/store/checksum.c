/* checksum.c - the checksum of strings of variable length, and whole datasets compared with theirs.
 */
#include "engine/store/checksum.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/xxh3.h"
#include "engine/store/blocks.h"
#include "engine/store/layout.h"

#define PIECE_TEXTS 256
#define TEXT_MAX    ((size_t)1 << 30) /* of one text: here strings are only read through */

tgr_status tgr_text_sum_open(tgr_text_sum *sum, const tgr_array *array, tgr_error *error)
{
    *sum = (tgr_text_sum){0};
    if (array->kind != TGR_ARRAY_VARIABLE) {
        return TGR_OK;
    }
    tgr_status status =
        tgr_h5_text_attribute(array->file, array->dataset, TGR_CHECKSUM, &sum->recorded, error);
    if (status == TGR_OK && sum->recorded) {
        sum->hash = tgr_mem_aligned(1, sizeof(XXH3_state_t));
        if (!sum->hash) {
            return tgr_fail_memory(error, "a checksum");
        }
        XXH3_64bits_reset(sum->hash);
    }
    return status;
}

void tgr_text_sum_add(tgr_text_sum *sum, const tgr_text_block *block)
{
    for (size_t i = 0; sum->hash && i < block->count; i++) {
        uint64_t begin = block->texts.offsets[i], end = block->texts.offsets[i + 1];
        XXH3_64bits_update(sum->hash, block->texts.bytes + begin, (size_t)(end - begin));
        XXH3_64bits_update(sum->hash, "", 1);
    }
}

tgr_status tgr_text_sum_check(tgr_text_sum *sum, const tgr_array *array, tgr_error *error)
{
    if (!sum->hash ||
        strcmp(sum->recorded, tgr_checksum_of(XXH3_64bits_digest(sum->hash)).text) == 0) {
        return TGR_OK;
    }
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: the checksum of %s does not match: it was damaged or changed after it was "
                    "written; restore it or write it again",
                    array->file->path, array->name.text);
}

void tgr_text_sum_close(tgr_text_sum *sum)
{
    tgr_mem_free(sum->recorded);
    tgr_mem_free_aligned(sum->hash);
    *sum = (tgr_text_sum){0};
}

static tgr_status verify_texts(tgr_array *array, tgr_error *error)
{
    tgr_text_block block = {0};
    tgr_text_sum sum = {0};
    array->text_max = TEXT_MAX;
    tgr_status status = tgr_text_sum_open(&sum, array, error);
    for (uint64_t done = 0; status == TGR_OK && sum.hash && done < array->rows;) {
        uint64_t now = array->rows - done < PIECE_TEXTS ? array->rows - done : PIECE_TEXTS;
        status = tgr_texts_read(array, done, now, &block, error);
        if (status == TGR_OK) {
            tgr_text_sum_add(&sum, &block);
        }
        done += now;
    }
    if (status == TGR_OK) {
        status = tgr_text_sum_check(&sum, array, error);
    }
    tgr_text_sum_close(&sum);
    tgr_text_block_free(&block);
    return status;
}

tgr_status tgr_checksum_verify(const tgr_h5_file *file, hid_t object, tgr_error *error)
{
    tgr_array array = {0};
    tgr_status status = tgr_array_take(file, object, &array, error);
    if (status == TGR_OK && array.kind == TGR_ARRAY_VARIABLE) {
        status = verify_texts(&array, error);
    } else if (status == TGR_OK) {
        tgr_block_request all = {.array = &array, .count = array.rows};
        status = tgr_blocks_read(&all, 1, error);
    }
    tgr_array_close(&array);
    return status;
}
