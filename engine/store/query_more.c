/* query_more.c - columns of /obs that a caller names, beside those that every query file knows. */
#include <inttypes.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/probe.h"
#include "engine/store/query_source.h"

typedef struct request {
    tgr_query_file *file;
    const char *const *names;
    size_t count;
    uint32_t most;
} request;

static tgr_status open_one(tgr_query_file *file, hid_t obs, const char *name, uint32_t most,
                           tgr_code_column *column, tgr_strings **values, tgr_error *error)
{
    tgr_error why;
    column->most = most;
    tgr_status status =
        tgr_code_column_open(&file->source->file, obs, name, file->rows, column, values, &why);
    if (status == TGR_OK && *values != NULL && tgr_strings_count(*values) > most) {
        status =
            tgr_fail(&why, TGR_ERR_INPUT, "holds %" PRIu32 " distinct values, more than %" PRIu32,
                     tgr_strings_count(*values), most);
    }
    return status == TGR_OK ? TGR_OK
                            : tgr_fail(error, status, "%s: column '%.100s' of /obs: %s", file->path,
                                       name, why.message);
}

/* A 10x file has no /obs. */
static tgr_status open_columns(const request *asked, tgr_error *error)
{
    tgr_query_file *file = asked->file;
    struct tgr_query_source *source = file->source;
    hid_t obs = 0;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_h5_group(&source->file, source->file.id, "obs", &obs, error));
    for (size_t i = 0; obs && i < asked->count; i++) {
        TGR_TRY(open_one(file, obs, asked->names[i], asked->most, &source->more[i], &file->more[i],
                         error));
    }
done:
    tgr_h5_close(obs);
    return status;
}

/* In the child. */
static tgr_status try_columns(void *data, tgr_error *error)
{
    const request *asked = data;
    tgr_status status = open_columns(asked, error);
    for (size_t i = 0; status == TGR_OK && i < asked->count; i++) {
        tgr_array_touch(&asked->file->source->more[i].codes);
    }
    return status;
}

tgr_status tgr_query_open_more(tgr_query_file *file, const char *const *names, size_t count,
                               uint32_t most, tgr_error *error)
{
    request asked = {file, names, count, most};
    tgr_h5_quiet quiet;
    if (count > TGR_MORE_COLUMNS) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "at most %d columns are read at once, not %zu",
                        TGR_MORE_COLUMNS, count);
    }
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = tgr_probe(file->path, try_columns, &asked, error);
    if (status == TGR_OK) {
        status = open_columns(&asked, error);
    }
    tgr_h5_quiet_end(&quiet);
    return status;
}

/* ---- their names ------------------------------------------------------------------------- */

static herr_t list_member(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    tgr_buffer *names = data;
    (void)group;
    (void)info;
    if (name[0] != '_') {
        tgr_buffer_format(names, "%s%.100s", names->length > 0 ? ", " : "", name);
    }
    return names->length > 300; /* enough for a sentence */
}

/* The file's structures were followed when it was opened. */
char *tgr_query_column_names(tgr_query_file *file)
{
    const tgr_h5_file *h5 = &file->source->file;
    tgr_buffer names = {0};
    tgr_h5_quiet quiet;
    hid_t obs = 0;
    hsize_t at = 0;
    tgr_h5_quiet_begin(&quiet);
    tgr_buffer_text(&names, "");
    if (tgr_h5_group(h5, h5->id, "obs", &obs, NULL) == TGR_OK && obs) {
        H5Literate(obs, H5_INDEX_NAME, H5_ITER_INC, &at, list_member, &names);
    }
    tgr_h5_close(obs);
    tgr_h5_quiet_end(&quiet);
    if (names.failed) {
        tgr_buffer_free(&names);
    }
    return names.bytes;
}

bool tgr_query_has_column(tgr_query_file *file, const char *name)
{
    const tgr_h5_file *h5 = &file->source->file;
    tgr_h5_quiet quiet;
    hid_t obs = 0, column = 0;
    tgr_h5_quiet_begin(&quiet);
    bool found = tgr_h5_group(h5, h5->id, "obs", &obs, NULL) == TGR_OK && obs &&
                 tgr_h5_child(h5, obs, name, &column, NULL) == TGR_OK && column;
    tgr_h5_close(column);
    tgr_h5_close(obs);
    tgr_h5_quiet_end(&quiet);
    return found;
}
