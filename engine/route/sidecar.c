/* sidecar.c - the note beside a shard of decisions: a small MessagePack map with its keys in
 * a fixed order. */
#include "engine/route/sidecar.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <msgpack.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/router/cursor.h"
#include "engine/router/file_bytes.h"
#include "engine/router/pack.h"

#define FORMAT    "tagroute.shard"
#define VERSION   1
#define FILE_MOST 65536

static const struct {
    const char *key;
    size_t offset;
} numbers[] = {
    {"shard", offsetof(tgr_sidecar, shard)},
    {"shards", offsetof(tgr_sidecar, shards)},
    {"first_row", offsetof(tgr_sidecar, first_row)},
    {"rows", offsetof(tgr_sidecar, rows)},
    {"total_rows", offsetof(tgr_sidecar, total_rows)},
    {"bytes", offsetof(tgr_sidecar, bytes)},
    {"xxh3", offsetof(tgr_sidecar, xxh3)},
};
#define NUMBERS (sizeof numbers / sizeof *numbers)

static const struct {
    const char *key;
    size_t offset, size;
} texts[] = {
    {"decisions", offsetof(tgr_sidecar, format), sizeof((tgr_sidecar *)0)->format},
    {"router_digest", offsetof(tgr_sidecar, router_digest), 33},
    {"run_digest", offsetof(tgr_sidecar, run_digest), 33},
};
#define TEXTS (sizeof texts / sizeof *texts)

static char *name_of(const char *path, const char *ending)
{
    size_t length = strlen(path) + strlen(ending) + 1;
    char *name = tgr_mem_alloc(length, 1);
    if (name != NULL) {
        snprintf(name, length, "%s%s", path, ending);
    }
    return name;
}

static void pack_text(msgpack_packer *packer, const char *text)
{
    tgr_pack_text(packer, text, strlen(text));
}

static void pack(const tgr_sidecar *note, tgr_buffer *file)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, file, tgr_pack_to_buffer);
    msgpack_pack_map(&packer, 2 + TEXTS + NUMBERS);
    pack_text(&packer, "format");
    pack_text(&packer, FORMAT);
    pack_text(&packer, "version");
    msgpack_pack_int(&packer, VERSION);
    for (size_t i = 0; i < TEXTS; i++) {
        pack_text(&packer, texts[i].key);
        pack_text(&packer, (const char *)note + texts[i].offset);
    }
    for (size_t i = 0; i < NUMBERS; i++) {
        uint64_t number;
        memcpy(&number, (const char *)note + numbers[i].offset, sizeof number);
        pack_text(&packer, numbers[i].key);
        msgpack_pack_uint64(&packer, number);
    }
}

tgr_status tgr_sidecar_write(const char *path, const tgr_sidecar *note, tgr_error *error)
{
    tgr_buffer file = {0};
    char *name = name_of(path, TGR_SIDECAR_ENDING);
    char *temporary = tgr_output_beside(path, "shard.new");
    pack(note, &file);
    bool ready = name != NULL && temporary != NULL && !file.failed;
    tgr_status status = ready ? tgr_output_replace(name, temporary, file.bytes, file.length, error)
                              : tgr_fail_memory(error, "the note beside a shard");
    tgr_mem_free(temporary);
    tgr_mem_free(name);
    tgr_buffer_free(&file);
    return status;
}

static bool take_text(tgr_cursor *cursor, const char *key, char *text, size_t size)
{
    tgr_item item;
    if (tgr_cursor_next(cursor, &item) != TGR_CURSOR_OK || !tgr_item_is(&item, key) ||
        tgr_cursor_next(cursor, &item) != TGR_CURSOR_OK || item.kind != TGR_ITEM_STRING ||
        item.count >= size) {
        return false;
    }
    memcpy(text, item.as.bytes, item.count);
    text[item.count] = '\0';
    return true;
}

static bool take_number(tgr_cursor *cursor, const char *key, uint64_t *number)
{
    tgr_item item;
    bool ok = tgr_cursor_next(cursor, &item) == TGR_CURSOR_OK && tgr_item_is(&item, key) &&
              tgr_cursor_next(cursor, &item) == TGR_CURSOR_OK && item.kind == TGR_ITEM_UNSIGNED;
    *number = ok ? item.as.whole : 0;
    return ok;
}

static bool unpack(const tgr_file_bytes *file, tgr_sidecar *note)
{
    tgr_cursor cursor = {file->bytes, file->length, 0};
    tgr_item item;
    char format[sizeof FORMAT];
    uint64_t version;
    bool ok = tgr_cursor_next(&cursor, &item) == TGR_CURSOR_OK && item.kind == TGR_ITEM_MAP &&
              item.count == 2 + TEXTS + NUMBERS &&
              take_text(&cursor, "format", format, sizeof format) && strcmp(format, FORMAT) == 0 &&
              take_number(&cursor, "version", &version) && version == VERSION;
    for (size_t i = 0; ok && i < TEXTS; i++) {
        ok = take_text(&cursor, texts[i].key, (char *)note + texts[i].offset, texts[i].size);
    }
    for (size_t i = 0; ok && i < NUMBERS; i++) {
        uint64_t number;
        ok = take_number(&cursor, numbers[i].key, &number);
        memcpy((char *)note + numbers[i].offset, &number, sizeof number);
    }
    return ok && cursor.at == cursor.length;
}

tgr_status tgr_sidecar_read(const char *path, tgr_sidecar *note, tgr_error *error)
{
    *note = (tgr_sidecar){0};
    tgr_file_bytes file = {0};
    struct stat found;
    char *name = name_of(path, TGR_SIDECAR_ENDING);
    if (name == NULL) {
        return tgr_fail_memory(error, "a file name");
    }
    tgr_status status =
        stat(name, &found) == 0
            ? tgr_file_bytes_read(name, FILE_MOST, 0, NULL, &file, error)
            : tgr_fail(error, TGR_ERR_INPUT,
                       "%s: the note %s, which tells its place among the shards, is not beside it",
                       path, name);
    if (status == TGR_OK && !unpack(&file, note)) {
        status =
            tgr_fail(error, TGR_ERR_INPUT, "%s: is not the note beside a shard of decisions", name);
    }
    tgr_mem_free(file.bytes);
    tgr_mem_free(name);
    return status;
}

void tgr_sidecar_remove(const char *path)
{
    char *name = name_of(path, TGR_SIDECAR_ENDING);
    if (name != NULL) {
        unlink(name);
    }
    tgr_mem_free(name);
}
