/* texts.h - blocks of strings, as an untrusted dataset holds them, in memory. */
#ifndef TGR_STORE_TEXTS_H
#define TGR_STORE_TEXTS_H

#include "engine/base/strings.h"
#include "engine/store/array.h"
#include "engine/store/batch.h"

/* Strings one after another, with the memory to read the next block into. Starts zeroed. */
typedef struct tgr_text_block {
    tgr_texts texts;
    size_t count;
    size_t byte_capacity, offset_capacity;
    char
        *scratch; /* fixed-length strings as stored, numbers, or pointers to variable-length ones */
    size_t scratch_capacity;
    uint64_t most_bytes; /* of strings of variable length: a read ends early beyond it; 0: never */
} tgr_text_block;

void tgr_text_block_free(tgr_text_block *block);

/* Reads rows first .. first + count of a one-dimensional dataset, replacing what the block held:
 * block->count of them, all where the block sets no limit, at least one where there is one.
 * Numbers come as decimal text. TGR_ERR_INPUT for strings that are too long or hold NUL. */
tgr_status tgr_texts_read(const tgr_array *array, uint64_t first, uint64_t count,
                          tgr_text_block *block, tgr_error *error);

/* Opens a member that holds strings: a dataset, or AnnData's nullable group, whose values are
 * taken. */
tgr_status tgr_texts_open(const tgr_h5_file *file, hid_t group, const char *name, tgr_array *array,
                          tgr_error *error);

/* A single string, NULL in *text where there is none; freed with tgr_mem_free. */
tgr_status tgr_texts_scalar(const tgr_h5_file *file, hid_t group, const char *name, char **text,
                            tgr_error *error);

/* Reads a whole dataset of distinct strings into a new dictionary, the number of each being its
 * row; `what` is such as "tag". The caller frees *strings. */
tgr_status tgr_texts_distinct(const tgr_array *array, const char *what, tgr_strings **strings,
                              tgr_error *error);

#endif
