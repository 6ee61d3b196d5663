/* decisions_h5.c - decisions as a valid AnnData file. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/decisions_format.h"
#include "engine/store/layout.h"
#include "engine/store/stream.h"

struct tgr_decisions_h5 {
    const tgr_decisions_plan *plan;
    tgr_target target;
    tgr_anndata file; /* group: the file itself */
    tgr_stream index, model, margin;
};

static const char *policy_name(tgr_policy policy)
{
    static const char *const names[] = {[TGR_POLICY_MARGIN] = "margin",
                                        [TGR_POLICY_UTILITY] = "utility",
                                        [TGR_POLICY_SLACK] = "slack"};
    return (unsigned)policy < sizeof(names) / sizeof(names[0]) ? names[policy] : "";
}

/* AnnData's index holds strings: the ids, or the rows' numbers. */
static tgr_status open_index(tgr_decisions_h5 *writer, tgr_anndata obs, tgr_error *error)
{
    const tgr_decisions_plan *plan = writer->plan;
    char digits[24];
    size_t numbers =
        (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, plan->rows ? plan->rows - 1 : 0);
    /* Where some query file has no ids, its rows' numbers stand among the ids. */
    size_t width = plan->ids && plan->id_width > numbers ? plan->id_width : numbers;
    tgr_stream_plan stream = {
        .name = "_index", .element = TGR_ELEMENT_FIXED, .width = width, .rows = plan->rows};
    return tgr_stream_open(&writer->index, obs, &stream, error);
}

static tgr_status open_margin(tgr_decisions_h5 *writer, tgr_anndata at, size_t columns,
                              tgr_error *error)
{
    tgr_stream_plan stream = {.name = "margin",
                              .element = TGR_ELEMENT_F32,
                              .rows = writer->plan->rows,
                              .columns = columns};
    return writer->plan->margins ? tgr_stream_open(&writer->margin, at, &stream, error) : TGR_OK;
}

/* One threshold: the models are a categorical of /obs. */
static tgr_status open_categorical(tgr_decisions_h5 *writer, tgr_anndata obs, tgr_error *error)
{
    const tgr_decisions_plan *plan = writer->plan;
    tgr_element element = plan->model_count <= INT8_MAX ? TGR_ELEMENT_I8 : TGR_ELEMENT_I16;
    tgr_stream_plan stream = {.name = "codes", .element = element, .rows = plan->rows};
    tgr_anndata group;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_anndata_group(obs, "model", "categorical", "0.2.0", &group, error));
    TGR_TRY(tgr_anndata_flag(group, "ordered", false, error));
    TGR_TRY(tgr_anndata_put_texts(group, "categories", plan->models, plan->model_count, error));
    TGR_TRY(tgr_stream_open(&writer->model, group, &stream, error));
    TGR_TRY(open_margin(writer, obs, 0, error));
done:
    tgr_h5_close(group.group);
    return status;
}

/* Several: queries x thresholds in /obsm. */
static tgr_status open_matrix(tgr_decisions_h5 *writer, tgr_anndata obsm, tgr_error *error)
{
    const tgr_decisions_plan *plan = writer->plan;
    tgr_stream_plan stream = {.name = "model",
                              .element = TGR_ELEMENT_I16,
                              .rows = plan->rows,
                              .columns = plan->threshold_count};
    tgr_status status = tgr_stream_open(&writer->model, obsm, &stream, error);
    return status == TGR_OK ? open_margin(writer, obsm, plan->threshold_count, error) : status;
}

static tgr_status write_uns(tgr_decisions_h5 *writer, tgr_error *error)
{
    const tgr_decisions_plan *plan = writer->plan;
    tgr_anndata uns = {0}, own = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_anndata_group(writer->file, "uns", "dict", "0.1.0", &uns, error));
    TGR_TRY(tgr_anndata_group(uns, "tagroute", "dict", "0.1.0", &own, error));
    TGR_TRY(tgr_anndata_put_text(own, "format", TGR_DECISIONS_FORMAT, error));
    TGR_TRY(tgr_anndata_put_integer(own, "version", TGR_FORMAT_VERSION, error));
    TGR_TRY(tgr_anndata_put_texts(own, "models", plan->models, plan->model_count, error));
    TGR_TRY(tgr_anndata_put_text(own, "policy", policy_name(plan->policy), error));
    TGR_TRY(
        tgr_anndata_put_doubles(own, "thresholds", plan->thresholds, plan->threshold_count, error));
    TGR_TRY(tgr_anndata_put_text(own, "reference", plan->reference ? plan->reference : "", error));
    if (plan->fallback) {
        TGR_TRY(tgr_anndata_put_text(own, "fallback", plan->fallback, error));
    }
    TGR_TRY(tgr_anndata_put_flag(own, "ids", plan->ids, error));
    TGR_TRY(tgr_anndata_put_text(own, "router_digest",
                                 plan->router_digest ? plan->router_digest : "", error));
    TGR_TRY(
        tgr_anndata_put_texts(own, "query_digests", plan->query_digests, plan->query_count, error));
done:
    tgr_h5_close(own.group);
    tgr_h5_close(uns.group);
    return status;
}

/* AnnData asks for both frames and the mappings, if only empty ones. */
static tgr_status write_empty_parts(tgr_anndata file, tgr_error *error)
{
    static const char *const empty[] = {"layers", "varm", "obsp", "varp"};
    tgr_anndata var = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_anndata_frame(file, "var", NULL, 0, &var, error));
    TGR_TRY(tgr_anndata_put_texts(var, "_index", NULL, 0, error));
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        TGR_TRY(tgr_anndata_empty_dict(file, empty[i], error));
    }
done:
    tgr_h5_close(var.group);
    return status;
}

static tgr_status open_all(tgr_decisions_h5 *writer, const char *path, tgr_error *error)
{
    static const char *const columns[] = {"model", "margin"};
    const tgr_decisions_plan *plan = writer->plan;
    bool single = plan->threshold_count == 1;
    tgr_anndata obs = {0}, obsm = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_target_open(&writer->target, path, error));
    writer->file = (tgr_anndata){writer->target.file, &writer->target};
    TGR_TRY(tgr_anndata_encode(writer->file, "anndata", "0.1.0", error));
    TGR_TRY(tgr_anndata_frame(writer->file, "obs", columns, single ? 1 + (size_t)plan->margins : 0,
                              &obs, error));
    TGR_TRY(open_index(writer, obs, error));
    TGR_TRY(tgr_anndata_group(writer->file, "obsm", "dict", "0.1.0", &obsm, error));
    TGR_TRY(single ? open_categorical(writer, obs, error) : open_matrix(writer, obsm, error));
    TGR_TRY(write_empty_parts(writer->file, error));
    TGR_TRY(write_uns(writer, error));
done:
    tgr_h5_close(obsm.group);
    tgr_h5_close(obs.group);
    return status;
}

tgr_status tgr_decisions_h5_open(const char *path, const tgr_decisions_plan *plan,
                                 tgr_decisions_h5 **writer, tgr_error *error)
{
    tgr_h5_quiet quiet;
    tgr_decisions_h5 *made = tgr_mem_zalloc(1, sizeof(*made));
    *writer = made;
    if (!made) {
        return tgr_fail_memory(error, path);
    }
    made->plan = plan;
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = open_all(made, path, error);
    tgr_h5_quiet_end(&quiet);
    return status; /* the caller frees */
}

static tgr_status put_numbers(tgr_stream *index, uint64_t first_row, size_t rows, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t row = 0; status == TGR_OK && row < rows; row++) {
        char text[24];
        uint64_t offsets[2] = {0, 0};
        offsets[1] = (uint64_t)snprintf(text, sizeof(text), "%" PRIu64, first_row + row);
        const tgr_texts one = {text, offsets};
        status = tgr_stream_put_texts(index, &one, 1, error);
    }
    return status;
}

static tgr_status put_codes(tgr_stream *stream, const int16_t *model, size_t count,
                            tgr_error *error)
{
    if (stream->element == TGR_ELEMENT_I16) {
        return tgr_stream_put(stream, model, count, error);
    }
    tgr_status status = TGR_OK;
    for (size_t done = 0; status == TGR_OK && done < count;) {
        size_t room;
        int8_t *to = tgr_stream_room(stream, &room);
        size_t now = count - done < room ? count - done : room;
        if (now == 0) {
            return tgr_fail(error, TGR_ERR_INTERNAL, "%s: a column of decisions is full",
                            stream->target->output.path);
        }
        for (size_t i = 0; i < now; i++) {
            to[i] = (int8_t)model[done + i];
        }
        status = tgr_stream_advance(stream, now, error);
        done += now;
    }
    return status;
}

tgr_status tgr_decisions_h5_put(tgr_decisions_h5 *writer, const tgr_texts *ids,
                                const int16_t *model, const float *margin, uint64_t first_row,
                                size_t rows, tgr_error *error)
{
    const tgr_decisions_plan *plan = writer->plan;
    tgr_h5_quiet quiet;
    tgr_status status = TGR_OK;
    tgr_h5_quiet_begin(&quiet);
    if (plan->ids && ids) {
        TGR_TRY(tgr_stream_put_texts(&writer->index, ids, rows, error));
    } else {
        TGR_TRY(put_numbers(&writer->index, first_row, rows, error));
    }
    TGR_TRY(put_codes(&writer->model, model, rows * plan->threshold_count, error));
    if (plan->margins) {
        TGR_TRY(tgr_stream_put(&writer->margin, margin, rows * plan->threshold_count, error));
    }
done:
    tgr_h5_quiet_end(&quiet);
    return status;
}

static tgr_status finish(tgr_decisions_h5 *writer, tgr_error *error)
{
    tgr_stream *streams[] = {&writer->index, &writer->model, &writer->margin};
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        uint64_t checksum;
        tgr_status status =
            streams[i]->dataset ? tgr_stream_finish(streams[i], &checksum, error) : TGR_OK;
        if (status != TGR_OK) {
            return status;
        }
        tgr_stream_close(streams[i]);
    }
    return tgr_target_commit(&writer->target, error);
}

tgr_status tgr_decisions_h5_commit(tgr_decisions_h5 *writer, tgr_error *error)
{
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = finish(writer, error);
    tgr_h5_quiet_end(&quiet);
    return status;
}

void tgr_decisions_h5_free(tgr_decisions_h5 *writer)
{
    if (!writer) {
        return;
    }
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    writer->target.discard = true;
    tgr_stream_close(&writer->index);
    tgr_stream_close(&writer->model);
    tgr_stream_close(&writer->margin);
    tgr_target_abandon(&writer->target);
    tgr_h5_quiet_end(&quiet);
    tgr_mem_free(writer);
}
