/* block_sums.c - how a dataset is cut into blocks of whole rows, and the checksum of each. */
#include "engine/store/block_sums.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/xxh3.h"
#include "engine/store/layout.h"

uint64_t tgr_block_rows(uint64_t rows, uint64_t row_bytes)
{
    if (rows == 0 || row_bytes == 0) {
        return 0;
    }
    for (uint64_t bytes = TGR_BLOCK_BYTES;; bytes *= 2) {
        uint64_t block_rows = bytes / row_bytes > 1 ? bytes / row_bytes : 1;
        if (tgr_block_count(rows, block_rows) <= TGR_BLOCKS_MAX || bytes > UINT64_MAX / 2) {
            return block_rows;
        }
    }
}

uint64_t tgr_block_count(uint64_t rows, uint64_t block_rows)
{
    return block_rows == 0 ? 0 : rows / block_rows + (rows % block_rows != 0);
}

uint64_t tgr_block_total(const uint64_t *sums, uint64_t count)
{
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    for (uint64_t i = 0; i < count; i++) {
        unsigned char bytes[8];
        for (int at = 0; at < 8; at++) {
            bytes[at] = (unsigned char)(sums[i] >> 8 * at);
        }
        XXH3_64bits_update(&state, bytes, sizeof(bytes));
    }
    return XXH3_64bits_digest(&state);
}

/* ---- writing --------------------------------------------------------------------------- */

tgr_status tgr_block_hasher_open(tgr_block_hasher *hasher, uint64_t rows, uint64_t row_bytes,
                                 tgr_error *error)
{
    uint64_t block_rows = tgr_block_rows(rows, row_bytes);
    *hasher = (tgr_block_hasher){.block_rows = block_rows,
                                 .block_bytes = block_rows * row_bytes,
                                 .count = tgr_block_count(rows, block_rows)};
    hasher->sums = tgr_mem_alloc((size_t)hasher->count, sizeof(*hasher->sums));
    hasher->state = tgr_mem_aligned(1, sizeof(XXH3_state_t));
    if (!hasher->sums || !hasher->state) {
        tgr_block_hasher_free(hasher);
        return tgr_fail_memory(error, "the checksums of a column");
    }
    XXH3_64bits_reset(hasher->state);
    return TGR_OK;
}

tgr_status tgr_block_hasher_open_part(tgr_block_hasher *hasher, uint64_t rows, uint64_t row_bytes,
                                      uint64_t first, tgr_error *error)
{
    tgr_status status = tgr_block_hasher_open(hasher, rows, row_bytes, error);
    if (status == TGR_OK && hasher->block_rows > 0) {
        memset(hasher->sums, 0, (size_t)hasher->count * sizeof(*hasher->sums));
        hasher->first = first;
        hasher->done = first / hasher->block_rows;
        hasher->cut = first % hasher->block_rows > 0;
        hasher->held = first % hasher->block_rows * row_bytes;
    }
    return status;
}

static void end_block(tgr_block_hasher *hasher)
{
    if (hasher->done < hasher->count) {
        hasher->sums[hasher->done++] = XXH3_64bits_digest(hasher->state);
    }
    XXH3_64bits_reset(hasher->state);
    hasher->held = 0;
}

void tgr_block_hasher_add(tgr_block_hasher *hasher, const void *bytes, size_t length)
{
    const char *from = bytes;
    while (length > 0) {
        uint64_t room = hasher->block_bytes - hasher->held;
        size_t now = length < room ? length : (size_t)room;
        XXH3_64bits_update(hasher->state, from, now);
        hasher->held += now;
        from += now;
        length -= now;
        if (hasher->held == hasher->block_bytes) {
            end_block(hasher);
        }
    }
}

uint64_t tgr_block_hasher_finish(tgr_block_hasher *hasher)
{
    if (hasher->held > 0) {
        end_block(hasher);
    }
    return tgr_block_total(hasher->sums, hasher->done);
}

uint64_t tgr_block_hasher_finish_part(tgr_block_hasher *hasher, uint64_t rows, uint64_t part_rows)
{
    uint64_t end = hasher->first + part_rows, block_rows = hasher->block_rows;
    uint64_t begun = block_rows > 0 ? hasher->first / block_rows : 0;
    if (part_rows > 0 && end == rows && hasher->held > 0) {
        end_block(hasher); /* the dataset's last */
    }
    if (hasher->cut && begun < hasher->count) {
        hasher->sums[begun] = 0; /* of its end alone */
    }
    if (part_rows == 0 || end == rows || end % block_rows == 0) {
        return hasher->count;
    }
    uint64_t last = end / block_rows;
    return last * block_rows >= hasher->first ? last : hasher->count;
}

void tgr_block_hasher_free(tgr_block_hasher *hasher)
{
    tgr_mem_free(hasher->sums);
    tgr_mem_free_aligned(hasher->state);
    *hasher = (tgr_block_hasher){0};
}

static bool write_attribute(hid_t dataset, const char *name, hid_t stored, hid_t native,
                            hsize_t count, const void *values)
{
    hid_t space = -1, attribute = -1;
    htri_t exists = H5Aexists(dataset, name);
    if (exists > 0) {
        attribute = H5Aopen(dataset, name, H5P_DEFAULT);
    } else if (exists == 0) {
        space = count ? H5Screate_simple(1, &count, NULL) : H5Screate(H5S_SCALAR);
        attribute =
            space > 0 ? H5Acreate2(dataset, name, stored, space, H5P_DEFAULT, H5P_DEFAULT) : -1;
    }
    bool ok = attribute > 0 && H5Awrite(attribute, native, values) >= 0;
    tgr_h5_close(attribute);
    tgr_h5_close(space);
    return ok;
}

bool tgr_block_sums_write(hid_t dataset, uint64_t block_rows, const uint64_t *sums, uint64_t count)
{
    const int64_t rows = (int64_t)block_rows;
    return count == 0 || (write_attribute(dataset, TGR_BLOCK_ROWS_ATTRIBUTE, H5T_STD_I64LE,
                                          H5T_NATIVE_INT64, 0, &rows) &&
                          write_attribute(dataset, TGR_BLOCK_SUMS_ATTRIBUTE, H5T_STD_U64LE,
                                          H5T_NATIVE_UINT64, count, sums));
}

/* ---- reading --------------------------------------------------------------------------- */

static tgr_status disagree(const tgr_h5_file *file, hid_t dataset, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: the checksums of %s do not belong to it: it was damaged or changed after "
                    "it was written; restore it or write it again",
                    file->path, tgr_h5_name_of(dataset, NULL).text);
}

/* Reads exactly `count` integers of an attribute. */
static tgr_status read_integers(const tgr_h5_file *file, hid_t dataset, const char *name,
                                hid_t native, uint64_t count, void *values, tgr_error *error)
{
    htri_t exists = H5Aexists(dataset, name);
    hid_t attribute = exists > 0 ? H5Aopen(dataset, name, H5P_DEFAULT) : -1;
    hid_t space = attribute > 0 ? H5Aget_space(attribute) : -1;
    hid_t type = attribute > 0 ? H5Aget_type(attribute) : -1;
    bool fits = space > 0 && type > 0 && H5Tget_class(type) == H5T_INTEGER &&
                H5Sget_simple_extent_npoints(space) == (hssize_t)count;
    tgr_status status = fits ? TGR_OK : disagree(file, dataset, error);
    if (fits) {
        status = tgr_h5_readable(H5Aread(attribute, native, values) >= 0, file->path, name, error);
    }
    tgr_h5_close(type);
    tgr_h5_close(space);
    tgr_h5_close(attribute);
    return status;
}

static tgr_status read_sums(const tgr_h5_file *file, hid_t dataset, uint64_t rows,
                            tgr_block_sums *sums, tgr_error *error)
{
    int64_t block_rows = 0;
    tgr_status status = read_integers(file, dataset, TGR_BLOCK_ROWS_ATTRIBUTE, H5T_NATIVE_INT64, 1,
                                      &block_rows, error);
    if (status != TGR_OK) {
        return status;
    }
    uint64_t count = block_rows > 0 ? tgr_block_count(rows, (uint64_t)block_rows) : 0;
    if (count == 0 || count > TGR_BLOCKS_MAX) {
        return disagree(file, dataset, error);
    }
    sums->sums = tgr_mem_alloc((size_t)count, sizeof(*sums->sums));
    if (!sums->sums) {
        return tgr_fail_memory(error, "the checksums of a column");
    }
    sums->block_rows = (uint64_t)block_rows;
    sums->count = count;
    return read_integers(file, dataset, TGR_BLOCK_SUMS_ATTRIBUTE, H5T_NATIVE_UINT64, count,
                         sums->sums, error);
}

tgr_status tgr_block_sums_read(const tgr_h5_file *file, hid_t dataset, uint64_t rows,
                               uint64_t row_bytes, tgr_block_sums *sums, tgr_error *error)
{
    char *recorded = NULL;
    *sums = (tgr_block_sums){0};
    tgr_status status = tgr_h5_text_attribute(file, dataset, TGR_CHECKSUM, &recorded, error);
    if (status == TGR_OK && recorded) {
        if (rows > 0 && row_bytes > 0) {
            status = read_sums(file, dataset, rows, sums, error);
        }
        uint64_t total = tgr_block_total(sums->sums, sums->count);
        if (status == TGR_OK && strcmp(recorded, tgr_checksum_of(total).text) != 0) {
            status = disagree(file, dataset, error);
        }
    }
    tgr_mem_free(recorded);
    if (status != TGR_OK) {
        tgr_mem_free(sums->sums);
        *sums = (tgr_block_sums){0};
    }
    return status;
}
