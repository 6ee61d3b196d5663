/* decisions_copy.c - the arrays of a decision file as they are stored, for copying. */
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/decisions_source.h"
#include "engine/store/probe.h"

struct tgr_decisions_source {
    tgr_h5_file file;
    tgr_array arrays[TGR_DECISIONS_REGIONS];
};

static tgr_status open_regions(tgr_decisions_file *file, hid_t obs, hid_t obsm, tgr_error *error)
{
    struct tgr_decisions_source *source = file->source;
    bool single = file->header.threshold_count == 1;
    hid_t frame = single ? obs : obsm;
    tgr_array *arrays = source->arrays;
    tgr_status status = TGR_OK;
    if (obs && frame) {
        TGR_TRY(tgr_array_open(&source->file, obs, "_index", &arrays[TGR_REGION_INDEX], error));
        TGR_TRY(tgr_decisions_open_codes(&source->file, frame, single, &arrays[TGR_REGION_MODEL],
                                         error));
        TGR_TRY(tgr_array_open(&source->file, frame, "margin", &arrays[TGR_REGION_MARGIN], error));
    }
    const tgr_array *index = &arrays[TGR_REGION_INDEX], *model = &arrays[TGR_REGION_MODEL];
    const tgr_array *margin = &arrays[TGR_REGION_MARGIN];
    uint64_t columns = single ? 1 : file->header.threshold_count;
    size_t code = single && file->header.model_count <= INT8_MAX ? 1 : 2;
    bool fits = index->dataset && model->dataset && index->kind == TGR_ARRAY_FIXED &&
                index->columns == 1 && model->kind == TGR_ARRAY_INTEGER && model->width == code &&
                model->columns == columns && model->rows == index->rows &&
                (!margin->dataset || (margin->kind == TGR_ARRAY_FLOAT && margin->width == 4 &&
                                      margin->columns == columns && margin->rows == index->rows));
    if (!fits) {
        status = tgr_decisions_bad(&source->file,
                                   "its decisions are not as `tagroute route` writes them", error);
        goto done;
    }
    file->header.rows = index->rows;
    file->header.has_margins = margin->dataset != 0;
    for (int i = 0; i < TGR_DECISIONS_REGIONS; i++) {
        file->row_bytes[i] = arrays[i].dataset ? arrays[i].columns * arrays[i].width : 0;
    }
done:
    return status;
}

static tgr_status open_file(const char *path, tgr_decisions_file *file, tgr_error *error)
{
    hid_t obs = 0, obsm = 0;
    tgr_status status = TGR_OK;
    *file = (tgr_decisions_file){.source = tgr_mem_zalloc(1, sizeof(*file->source))};
    if (!file->source) {
        return tgr_fail_memory(error, path);
    }
    const tgr_h5_file *opened = &file->source->file;
    TGR_TRY(tgr_h5_open(path, &file->source->file, error));
    TGR_TRY(tgr_decisions_read_header(opened, &file->header, error));
    TGR_TRY(tgr_h5_group(opened, opened->id, "obs", &obs, error));
    TGR_TRY(tgr_h5_group(opened, opened->id, "obsm", &obsm, error));
    TGR_TRY(open_regions(file, obs, obsm, error));
done:
    tgr_h5_close(obsm);
    tgr_h5_close(obs);
    if (status != TGR_OK) {
        tgr_decisions_file_close(file);
    }
    return status;
}

static tgr_status try_to_open(void *path, tgr_error *error)
{
    tgr_decisions_file file;
    tgr_status status = open_file(path, &file, error);
    tgr_decisions_file_close(&file);
    return status;
}

tgr_status tgr_decisions_file_open(const char *path, tgr_decisions_file *file, tgr_error *error)
{
    tgr_h5_quiet quiet;
    *file = (tgr_decisions_file){0};
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = tgr_probe(path, try_to_open, (void *)(uintptr_t)path, error);
    if (status == TGR_OK) {
        status = open_file(path, file, error);
    }
    tgr_h5_quiet_end(&quiet);
    return status;
}

tgr_status tgr_decisions_file_read(tgr_decisions_file *file, int region, uint64_t first,
                                   uint64_t count, void *bytes, tgr_error *error)
{
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    tgr_status status =
        tgr_array_read_raw(&file->source->arrays[region], first, count, bytes, error);
    tgr_h5_quiet_end(&quiet);
    return status;
}

void tgr_decisions_file_close(tgr_decisions_file *file)
{
    if (file->source) {
        tgr_h5_quiet quiet;
        tgr_h5_quiet_begin(&quiet);
        for (int i = 0; i < TGR_DECISIONS_REGIONS; i++) {
            tgr_array_close(&file->source->arrays[i]);
        }
        tgr_h5_file_close(&file->source->file);
        tgr_h5_quiet_end(&quiet);
        tgr_mem_free(file->source);
    }
    tgr_decisions_summary_free(&file->header);
    *file = (tgr_decisions_file){0};
}
