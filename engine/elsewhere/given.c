/* given.c - which format decisions are in, and one decision after another. */
#include "engine/elsewhere/given.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/xxh3.h"
#include "engine/elsewhere/lines.h"
#include "engine/store/npy.h"
#include "kernels/kernels.h"

uint64_t tgr_given_hash(const char *id, size_t length)
{
    return XXH3_64bits(id, length);
}

tgr_status tgr_given_add(tgr_given *given, int model, const char *id, size_t length,
                         tgr_error *error)
{
    void *models = given->models, *ids = given->ids;
    if (given->count >= given->most) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s holds more decisions than the query files hold queries, %" PRIu64,
                        given->path, given->most);
    }
    bool grown = tgr_mem_grow(&models, &given->capacity, given->count + 1, sizeof *given->models);
    given->models = models;
    if (grown && id != NULL) {
        grown = tgr_mem_grow(&ids, &given->id_capacity, given->id_count + 1, sizeof *given->ids);
        given->ids = ids;
    }
    if (!grown) {
        return tgr_fail_memory(error, "decisions from elsewhere");
    }
    given->models[given->count++] = (int16_t)model;
    if (id != NULL) {
        given->ids[given->id_count++] = tgr_given_hash(id, length);
    }
    return TGR_OK;
}

tgr_status tgr_given_number(const tgr_given *given, int64_t number, const char *place, int *model,
                            tgr_error *error)
{
    *model = number < 0 ? TGR_UNDECIDED : (int)number;
    if (number >= (int64_t)given->router->model_count) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: %s: there is no model %" PRId64 "; they count from 0 to %zu",
                        given->path, place, number, given->router->model_count - 1);
    }
    return TGR_OK;
}

tgr_status tgr_given_find(const tgr_given *given, const char *text, const char *place, int *model,
                          tgr_error *error)
{
    bool none = text[0] == '\0' || strcmp(text, "-1") == 0;
    *model = none ? TGR_UNDECIDED : tgr_router_find_model(given->router, text);
    if (none || *model >= 0) {
        return TGR_OK;
    }
    size_t digits = strspn(text, "0123456789");
    if (text[digits] == '\0' && digits < 6) {
        int64_t number = 0;
        for (size_t i = 0; i < digits; i++) {
            number = 10 * number + (text[i] - '0');
        }
        return tgr_given_number(given, number, place, model, error);
    }
    tgr_error why;
    size_t unused;
    tgr_router_need_model(given->router, text, &unused, &why);
    return tgr_fail(error, TGR_ERR_INPUT, "%s: %s: %s", given->path, place, why.message);
}

static bool is_hdf5(const char *front, size_t length)
{
    static const char magic[8] = "\x89HDF\r\n\x1a\n";
    return length >= sizeof magic && memcmp(front, magic, sizeof magic) == 0;
}

static bool ends_in(const char *path, const char *ending)
{
    size_t length = strlen(path), end = strlen(ending);
    return length >= end && strcmp(path + length - end, ending) == 0;
}

static bool is_csv(const char *path, const char *front, size_t length)
{
    size_t space = 0;
    while (space < length && strchr(" \t\r\n", front[space]) != NULL) {
        space++;
    }
    return ends_in(path, ".csv") || ends_in(path, ".csv.gz") || ends_in(path, ".csv.zst") ||
           space == length || front[space] != '{';
}

static tgr_status read_any(tgr_given *given, const tgr_run *run, tgr_error *error)
{
    char front[64];
    size_t length;
    struct stat about;
    if (stat(given->path, &about) == 0 && !S_ISREG(about.st_mode)) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: not a regular file, which decisions have to be in: they are looked at "
                        "before they are read",
                        given->path);
    }
    if (tgr_npy_is(given->path)) {
        return tgr_given_read_npy(given, error);
    }
    tgr_status status = tgr_lines_peek(given->path, run, front, sizeof front, &length, error);
    if (status != TGR_OK) {
        return status;
    }
    if (is_hdf5(front, length)) {
        return tgr_given_read_h5(given, error);
    }
    bool json = ends_in(given->path, ".jsonl") || ends_in(given->path, ".jsonl.gz") ||
                ends_in(given->path, ".jsonl.zst");
    return json || !is_csv(given->path, front, length) ? tgr_given_read_jsonl(given, run, error)
                                                       : tgr_given_read_csv(given, run, error);
}

tgr_status tgr_given_read(tgr_given *given, const tgr_router *router, const char *path,
                          uint64_t most, const tgr_run *run, tgr_error *error)
{
    *given = (tgr_given){.router = router, .path = path, .most = most};
    tgr_status status = read_any(given, run, error);
    if (status == TGR_OK && given->id_count > 0 && given->id_count < given->count) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s: some decisions name their query and others do not", path);
    }
    return status;
}

void tgr_given_free(tgr_given *given)
{
    tgr_mem_free(given->models);
    tgr_mem_free(given->ids);
    *given = (tgr_given){0};
}
