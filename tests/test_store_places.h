/* test_store_places.h - where the arrays of a query file lie, and bytes of it changed. */
#ifndef TGR_TESTS_STORE_PLACES_H
#define TGR_TESTS_STORE_PLACES_H

#include "tests/test_store_support.h"

#include <fcntl.h>
#include <hdf5.h>

#include "engine/store/block_sums.h"

typedef struct place {
    uint64_t offset, bytes, row_bytes, block_rows, rows;
} place;

static inline place find_place(const char *path, const char *name)
{
    place found;
    hsize_t shape[2] = {1, 1};
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(dataset);
    hid_t type = H5Dget_type(dataset);
    H5Sget_simple_extent_dims(space, shape, NULL);
    found.offset = H5Dget_offset(dataset);
    found.rows = shape[0];
    found.row_bytes = shape[1] * H5Tget_size(type);
    found.bytes = found.rows * found.row_bytes;
    found.block_rows = tgr_block_rows(found.rows, found.row_bytes);
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(dataset);
    H5Fclose(file);
    return found;
}

static inline void flip_byte(const char *path, uint64_t at)
{
    uint8_t byte;
    int fd = open(path, O_RDWR);
    assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    close(fd);
}

#endif
