/* mapping_file.c - a mapping's table read whole, and written whole or not at all. */
#include "engine/tagger/mapping_file.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/router/file_bytes.h"

#define LARGEST ((size_t)1 << 30)

static tgr_status glance(const char *bytes, size_t length, tgr_error *error)
{
    if (length >= 4 && memcmp(bytes, "\x89HDF", 4) == 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "this is an HDF5 file, where a mapping (a table of text) is expected");
    }
    return TGR_OK;
}

tgr_status tgr_mapping_load(const char *path, tgr_mapping **mapping, tgr_error *error)
{
    tgr_file_bytes file;
    *mapping = NULL;
    tgr_status status = tgr_file_bytes_read(path, LARGEST, 0, glance, &file, error);
    if (status != TGR_OK) {
        return status;
    }
    status = tgr_mapping_parse(file.bytes, file.length, mapping, error);
    tgr_mem_free(file.bytes);
    if (status != TGR_OK) {
        tgr_error_prefix(error, "%s", path);
    }
    return status;
}

tgr_status tgr_mapping_save(const tgr_mapping *mapping, const double *seen, const char *path,
                            tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_output output = {.fd = -1};
    tgr_buffer text = {0};
    tgr_mapping_write(mapping, seen, &text);
    if (text.failed) {
        status = tgr_fail_memory(error, "the mapping");
        goto done;
    }
    TGR_TRY(tgr_output_open(&output, path, error));
    TGR_TRY(tgr_write_all(output.fd, text.bytes, text.length, path, error));
    TGR_TRY(tgr_output_commit(&output, error));
done:
    tgr_output_abandon(&output);
    tgr_buffer_free(&text);
    return status;
}
