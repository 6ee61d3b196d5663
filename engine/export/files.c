/* files.c - see files.h. */
#include "engine/export/files.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/json_write.h"
#include "engine/base/memory.h"

#define WRITE_BYTES ((size_t)1 << 18) /* at once */
#define STEM_LENGTH 100

/* ---- names --------------------------------------------------------------------------------------
 */

const char *tgr_export_files_path(tgr_export_files *files, const char *name)
{
    tgr_buffer_clear(&files->path);
    tgr_buffer_format(&files->path, "%s/%s", files->folder, name);
    return files->path.failed ? NULL : files->path.bytes;
}

/* What of a model's name may stand in a file's, whatever it is: never a folder, never hidden. */
static char *make_stem(const char *model)
{
    char *stem = tgr_mem_string_n(model, strnlen(model, STEM_LENGTH));
    for (char *at = stem; at != NULL && *at != '\0'; at++) {
        bool fits =
            isalnum((unsigned char)*at) || *at == '_' || *at == '-' || (*at == '.' && at != stem);
        *at = fits ? *at : '_';
    }
    return stem;
}

/* Two models whose names differ only in what a file's name cannot hold. */
static bool stem_is_taken(const tgr_export_files *files, size_t model)
{
    for (size_t i = 0; i < model; i++) {
        if (strcmp(files->models[i].stem, files->models[model].stem) == 0) {
            return true;
        }
    }
    return false;
}

static bool name_model(tgr_export_files *files, size_t model)
{
    tgr_export_model *at = &files->models[model];
    at->stem = make_stem(at->name);
    if (at->stem == NULL || !stem_is_taken(files, model)) {
        return at->stem != NULL;
    }
    char number[STEM_LENGTH + 32];
    snprintf(number, sizeof number, "%s~%zu", at->stem, model);
    tgr_mem_free(at->stem);
    at->stem = tgr_mem_string(number);
    return at->stem != NULL;
}

tgr_status tgr_export_files_open(tgr_export_files *files, char *const *models,
                                 const char *const *called, size_t count, tgr_error *error)
{
    files->models = tgr_mem_zalloc(count, sizeof *files->models);
    if (files->models == NULL) {
        return tgr_fail_memory(error, "the models' files");
    }
    files->model_count = count;
    for (size_t i = 0; i < count; i++) {
        tgr_export_model *model = &files->models[i];
        model->name = models[i];
        model->called = called[i];
        model->kept = SIZE_MAX;
        model->hash = tgr_mem_aligned(1, sizeof *model->hash);
        if (model->hash == NULL || !name_model(files, i)) {
            return tgr_fail_memory(error, "the models' files");
        }
    }
    return TGR_OK;
}

/* ---- writing ------------------------------------------------------------------------------------
 */

static tgr_status flush(tgr_export_model *model, tgr_error *error)
{
    tgr_buffer *waiting = &model->waiting;
    if (waiting->failed) {
        return tgr_fail_memory(error, "a request");
    }
    XXH3_128bits_update(model->hash, waiting->bytes, waiting->length);
    tgr_status status =
        tgr_write_all(model->output.fd, waiting->bytes, waiting->length, model->output.path, error);
    tgr_buffer_clear(waiting);
    return status;
}

static tgr_status put(tgr_export_model *model, const char *bytes, size_t length, tgr_error *error)
{
    tgr_buffer_add(&model->waiting, bytes, length);
    model->file.bytes += length;
    return model->waiting.length < WRITE_BYTES ? TGR_OK : flush(model, error);
}

static tgr_status begin_file(tgr_export_files *files, size_t at, tgr_error *error)
{
    tgr_export_model *model = &files->models[at];
    char name[STEM_LENGTH + 80];
    tgr_status status = TGR_OK;
    snprintf(name, sizeof name, "%s.%05" PRIu64 ".%s", model->stem, ++model->numbered,
             files->target->ending);
    const char *path = tgr_export_files_path(files, name);
    model->file = (tgr_export_file){.name = tgr_mem_string(name), .model = at};
    if (path == NULL || model->file.name == NULL) {
        return tgr_fail_memory(error, "a file of requests");
    }
    if (access(path, F_OK) == 0) {
        return tgr_fail(error, TGR_ERR_IO, "%s is there already; export into another folder", path);
    }
    TGR_TRY(tgr_output_claim(&model->output, path, error));
    model->open = true;
    if (ftruncate(model->output.fd, 0) != 0) { /* what an earlier run left unfinished */
        TGR_TRY(tgr_fail(error, TGR_ERR_IO, "%s: %s", path, strerror(errno)));
    }
    XXH3_128bits_reset(model->hash);
    tgr_id_set_clear(&model->ids);
    TGR_TRY(put(model, files->target->begin, strlen(files->target->begin), error));
done:
    return status;
}

static bool add_whole(tgr_export_files *files, const tgr_export_file *file)
{
    void *list = files->files;
    if (!tgr_mem_grow(&list, &files->file_capacity, files->file_count + 1, sizeof *file)) {
        return false;
    }
    files->files = list;
    files->files[files->file_count++] = *file;
    return true;
}

static tgr_status end_file(tgr_export_files *files, tgr_export_model *model, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(put(model, files->target->end, strlen(files->target->end), error));
    TGR_TRY(flush(model, error));
    if (fsync(model->output.fd) != 0) {
        TGR_TRY(tgr_fail(error, TGR_ERR_IO, "%s: %s", model->output.path, strerror(errno)));
    }
    XXH128_hash_t hash = XXH3_128bits_digest(model->hash);
    snprintf(model->file.hash, sizeof model->file.hash, "%016" PRIx64 "%016" PRIx64, hash.high64,
             hash.low64);
    if (!add_whole(files, &model->file)) {
        TGR_TRY(tgr_fail_memory(error, "the list of files"));
    }
    model->file = (tgr_export_file){0};
    tgr_output_leave(&model->output);
    model->open = false;
    TGR_TRY(tgr_export_checkpoint_save(files, error));
done:
    return status;
}

/* {"custom_id": ... up to the body's end. */
static tgr_status make_line(tgr_export_files *files, tgr_export_model *model,
                            const tgr_export_request *request, tgr_error *error)
{
    char other[600];
    const char *id = request->id;
    size_t length = request->id_length;
    bool fits = id != NULL && tgr_batch_id_fits(files->target, id, length), is_new = true;
    if (fits && !tgr_id_set_add(&model->ids, id, length, &is_new)) {
        return tgr_fail_memory(error, "the ids of a file");
    }
    while (!fits || !is_new) { /* each time round it is longer, if need be */
        bool joined = fits && length <= (files->target->plain_ids ? 40u : 400u);
        char *to = id == other ? other + length : other;
        size_t room = sizeof other - (size_t)(to - other);
        int added =
            joined && id != other
                ? snprintf(to, room, "%.*s_row%" PRIu64, (int)length, id, request->number)
                : snprintf(to, room, "%s%" PRIu64, id == other ? "_" : "row", request->number);
        length = (size_t)(to - other) + (size_t)added;
        id = other;
        fits = true;
        if (!tgr_id_set_add(&model->ids, id, length, &is_new)) {
            return tgr_fail_memory(error, "the ids of a file");
        }
    }
    model->file.renamed += id == other;
    tgr_buffer *line = &files->line;
    tgr_buffer_clear(line);
    tgr_buffer_text(line, "{\"custom_id\":");
    tgr_json_quote(line, id, length);
    tgr_buffer_text(line, files->target->before_body);
    tgr_buffer_add(line, request->body, request->body_length);
    tgr_buffer_text(line, files->target->after_body);
    return line->failed ? tgr_fail_memory(error, "a request") : TGR_OK;
}

static bool is_full(const tgr_export_files *files, const tgr_export_model *model, size_t length)
{
    uint64_t more = (uint64_t)length + strlen(files->target->between) + strlen(files->target->end);
    return model->file.requests >= files->most_requests ||
           (model->file.requests > 0 && more > files->most_bytes - model->file.bytes);
}

tgr_status tgr_export_files_add(tgr_export_files *files, size_t at,
                                const tgr_export_request *request, tgr_error *error)
{
    tgr_export_model *model = &files->models[at];
    size_t most = request->body_length + request->id_length + 200;
    tgr_status status = TGR_OK;
    if (model->open && is_full(files, model, most)) {
        TGR_TRY(end_file(files, model, error));
    }
    if (!model->open) {
        TGR_TRY(begin_file(files, at, error));
    }
    TGR_TRY(make_line(files, model, request, error));
    if (model->file.requests > 0) {
        TGR_TRY(put(model, files->target->between, strlen(files->target->between), error));
    }
    TGR_TRY(put(model, files->line.bytes, files->line.length, error));
    model->file.requests++;
    model->file.from_text += request->from_text;
    model->file.cost += request->cost;
done:
    return status;
}

/* ---- files of an earlier run -------------------------------------------------------------------
 */

/* The next file of a model among those that were kept, from `from` on. */
static size_t next_kept(const tgr_export_files *files, size_t model, size_t from)
{
    while (from < files->kept_count && files->files[from].model != model) {
        from++;
    }
    return from;
}

bool tgr_export_files_keeps(tgr_export_files *files, size_t at)
{
    tgr_export_model *model = &files->models[at];
    if (files->kept_count == 0) {
        return false;
    }
    if (model->kept_left == 0) {
        model->kept = next_kept(files, at, model->kept == SIZE_MAX ? 0 : model->kept + 1);
        if (model->kept >= files->kept_count) {
            model->kept = files->kept_count; /* there is no other */
            return false;
        }
        model->kept_left = files->files[model->kept].requests;
        model->numbered++;
    }
    model->kept_left--;
    return true;
}

/* ---- the end ------------------------------------------------------------------------------------
 */

tgr_status tgr_export_files_finish(tgr_export_files *files, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < files->model_count; i++) {
        if (files->models[i].open) {
            status = end_file(files, &files->models[i], error);
        }
    }
    return status;
}

tgr_status tgr_export_files_commit(tgr_export_files *files, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < files->file_count; i++) {
        const char *path = tgr_export_files_path(files, files->files[i].name);
        char *partial = path == NULL ? NULL : tgr_output_beside(path, "partial");
        bool waits = partial != NULL && access(partial, F_OK) == 0;
        tgr_mem_free(partial);
        if (path == NULL || partial == NULL) {
            return tgr_fail_memory(error, "a file's name");
        }
        if (!waits) { /* an earlier run came as far as this */
            continue;
        }
        tgr_output output = {0};
        status = tgr_output_claim(&output, path, error);
        if (status == TGR_OK) {
            status = tgr_output_commit(&output, error);
        }
    }
    return status;
}

static void remove_whole(tgr_export_files *files)
{
    for (size_t i = 0; i < files->file_count; i++) {
        const char *path = tgr_export_files_path(files, files->files[i].name);
        char *partial = path == NULL ? NULL : tgr_output_beside(path, "partial");
        if (partial != NULL) {
            unlink(partial);
        }
        tgr_mem_free(partial);
    }
    const char *checkpoint = tgr_export_files_path(files, TGR_EXPORT_CHECKPOINT);
    if (checkpoint != NULL) {
        unlink(checkpoint);
    }
}

void tgr_export_files_close(tgr_export_files *files, bool keep)
{
    for (size_t i = 0; i < files->model_count; i++) {
        tgr_export_model *model = &files->models[i];
        if (model->open) {
            tgr_output_abandon(&model->output);
        }
        tgr_mem_free(model->file.name);
        tgr_mem_free(model->stem);
        tgr_mem_free_aligned(model->hash);
        tgr_id_set_free(&model->ids);
        tgr_buffer_free(&model->waiting);
    }
    if (!keep) {
        remove_whole(files);
    }
    for (size_t i = 0; i < files->file_count; i++) {
        tgr_mem_free(files->files[i].name);
    }
    tgr_mem_free(files->files);
    tgr_mem_free(files->models);
    tgr_buffer_free(&files->line);
    tgr_buffer_free(&files->path);
    *files = (tgr_export_files){0};
}
