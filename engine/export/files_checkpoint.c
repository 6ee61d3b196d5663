/* files_checkpoint.c - which files of an export are whole, kept beside them: a MessagePack map of
 * "format", "version", "run" (what the export is of) and "files", a list for each. */
#include "engine/export/files.h"

#include <string.h>
#include <unistd.h>

#include <msgpack/pack.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/fields.h"
#include "engine/router/file_bytes.h"
#include "engine/router/pack.h"

#define FORMAT   "tagroute.export"
#define VERSION  1
#define NUMBERS  5 /* whole ones of a file; then cost, name and hash */
#define MOST     ((size_t)1 << 28)
#define ELEMENTS (NUMBERS + 3)

enum { KEY_FORMAT, KEY_VERSION, KEY_RUN, KEY_FILES, KEYS };
static const char *const keys[KEYS] = {"format", "version", "run", "files"};

static void pack_text(msgpack_packer *packer, const char *text)
{
    tgr_pack_text(packer, text, strlen(text));
}

static void pack_file(msgpack_packer *packer, const tgr_export_file *file)
{
    const uint64_t numbers[NUMBERS] = {file->model, file->requests, file->bytes, file->renamed,
                                       file->from_text};
    msgpack_pack_array(packer, ELEMENTS);
    for (size_t i = 0; i < NUMBERS; i++) {
        msgpack_pack_uint64(packer, numbers[i]);
    }
    msgpack_pack_double(packer, file->cost);
    pack_text(packer, file->name);
    pack_text(packer, file->hash);
}

tgr_status tgr_export_checkpoint_save(tgr_export_files *files, tgr_error *error)
{
    tgr_buffer bytes = {0};
    msgpack_packer packer;
    tgr_status status = TGR_OK;
    msgpack_packer_init(&packer, &bytes, tgr_pack_to_buffer);
    msgpack_pack_map(&packer, KEYS);
    pack_text(&packer, keys[KEY_FORMAT]);
    pack_text(&packer, FORMAT);
    pack_text(&packer, keys[KEY_VERSION]);
    msgpack_pack_uint64(&packer, VERSION);
    pack_text(&packer, keys[KEY_RUN]);
    pack_text(&packer, files->run);
    pack_text(&packer, keys[KEY_FILES]);
    msgpack_pack_array(&packer, files->file_count);
    for (size_t i = 0; i < files->file_count; i++) {
        pack_file(&packer, &files->files[i]);
    }
    const char *path = tgr_export_files_path(files, TGR_EXPORT_CHECKPOINT);
    char *temporary = path == NULL ? NULL : tgr_output_beside(path, "tmp");
    if (temporary == NULL || bytes.failed) {
        status = tgr_fail_memory(error, "the checkpoint");
    } else {
        status = tgr_output_replace(path, temporary, bytes.bytes, bytes.length, error);
    }
    tgr_mem_free(temporary);
    tgr_buffer_free(&bytes);
    return status;
}

/* ---- reading ------------------------------------------------------------------------------------
 */

/* A name that this program makes: of one folder, and not hidden. */
static bool good_name(const tgr_item *item)
{
    return item->kind == TGR_ITEM_STRING && item->count > 0 && item->count < 256 &&
           item->as.bytes[0] != '.' && memchr(item->as.bytes, '/', item->count) == NULL &&
           memchr(item->as.bytes, '\0', item->count) == NULL;
}

static bool read_file(tgr_cursor *cursor, const tgr_export_files *files, tgr_export_file *file)
{
    uint64_t numbers[NUMBERS];
    tgr_item item;
    if (tgr_cursor_next(cursor, &item) != TGR_CURSOR_OK || item.kind != TGR_ITEM_ARRAY ||
        item.count != ELEMENTS) {
        return false;
    }
    for (size_t i = 0; i < NUMBERS; i++) {
        if (tgr_cursor_next(cursor, &item) != TGR_CURSOR_OK || item.kind != TGR_ITEM_UNSIGNED) {
            return false;
        }
        numbers[i] = item.as.whole;
    }
    if (tgr_cursor_next(cursor, &item) != TGR_CURSOR_OK || !tgr_item_number(&item, &file->cost) ||
        tgr_cursor_next(cursor, &item) != TGR_CURSOR_OK || !good_name(&item)) {
        return false;
    }
    file->name = tgr_mem_string_n(item.as.bytes, item.count);
    if (file->name == NULL || tgr_cursor_next(cursor, &item) != TGR_CURSOR_OK ||
        item.kind != TGR_ITEM_STRING || item.count != 32 || numbers[0] >= files->model_count ||
        numbers[1] == 0) {
        return false;
    }
    file->model = (size_t)numbers[0];
    file->requests = numbers[1];
    file->bytes = numbers[2];
    file->renamed = numbers[3];
    file->from_text = numbers[4];
    memcpy(file->hash, item.as.bytes, 32);
    return true;
}

static bool is_there(tgr_export_files *files, const char *name)
{
    const char *path = tgr_export_files_path(files, name);
    char *partial = path == NULL ? NULL : tgr_output_beside(path, "partial");
    bool there = partial != NULL && (access(partial, F_OK) == 0 || access(path, F_OK) == 0);
    tgr_mem_free(partial);
    return there;
}

static tgr_status add_file(tgr_export_files *files, tgr_cursor *cursor, const char *path,
                           tgr_error *error)
{
    tgr_export_file file = {0};
    void *list = files->files;
    if (!read_file(cursor, files, &file)) {
        tgr_mem_free(file.name);
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s is damaged; remove the folder, and export without --resume", path);
    }
    if (!is_there(files, file.name)) {
        tgr_fail(error, TGR_ERR_INPUT,
                 "%s is gone from the folder; export without --resume into another one", file.name);
        tgr_mem_free(file.name);
        return TGR_ERR_INPUT;
    }
    if (!tgr_mem_grow(&list, &files->file_capacity, files->file_count + 1, sizeof file)) {
        tgr_mem_free(file.name);
        return tgr_fail_memory(error, "the list of files");
    }
    files->files = list;
    files->files[files->file_count++] = file;
    return TGR_OK;
}

static tgr_status decode(tgr_export_files *files, const tgr_file_bytes *bytes, const char *path,
                         tgr_error *error)
{
    tgr_cursor whole = {bytes->bytes, bytes->length, 0}, cursor = whole, children;
    tgr_fields fields;
    tgr_item item;
    tgr_status status = TGR_OK;
    if (tgr_cursor_skip(&whole) != TGR_CURSOR_OK || whole.at != bytes->length) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s is damaged; remove the folder, and export without --resume", path);
    }
    TGR_TRY(tgr_fields_read(&fields, "", keys, KEYS, &cursor, NULL, NULL, error));
    TGR_TRY(tgr_fields_need(&fields, KEY_RUN, TGR_ITEM_STRING, &item, NULL, error));
    if (!tgr_item_is(&item, files->run)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "%s is of an export of other decisions or with other options; export into "
                        "another folder",
                        path);
    }
    TGR_TRY(tgr_fields_need(&fields, KEY_FILES, TGR_ITEM_ARRAY, &item, &children, error));
    for (uint32_t i = 0; i < item.count; i++) {
        TGR_TRY(add_file(files, &children, path, error));
    }
    files->kept_count = files->file_count;
done:
    return status;
}

tgr_status tgr_export_checkpoint_load(tgr_export_files *files, bool *found, tgr_error *error)
{
    const char *name = tgr_export_files_path(files, TGR_EXPORT_CHECKPOINT);
    tgr_file_bytes bytes = {0};
    *found = false;
    if (name == NULL) {
        return tgr_fail_memory(error, "a file's name");
    }
    if (access(name, F_OK) != 0) {
        return TGR_OK;
    }
    char *path = tgr_mem_string(name); /* names of files are made in the same place */
    if (path == NULL) {
        return tgr_fail_memory(error, "a file's name");
    }
    *found = true;
    tgr_status status = tgr_file_bytes_read(path, MOST, 0, NULL, &bytes, error);
    if (status == TGR_OK) {
        status = decode(files, &bytes, path, error);
    }
    tgr_mem_free(bytes.bytes);
    tgr_mem_free(path);
    return status;
}
