/* decisions_h5.c - decisions as a valid AnnData file: all of it but the arrays' contents.
 *
 * The arrays are contiguous and given their places at once, so that HDF5 is done with the file
 * before the first decision comes, and whoever fills them needs no HDF5. Only their sums are known
 * at the end: then the same is written once more over the same places. Row numbers need nobody to
 * fill them in.
 */
#include <string.h>

#include "engine/base/error.h"
#include "engine/store/anndata.h"
#include "engine/store/decisions_format.h"
#include "engine/store/layout.h"

/* A file that is being created. */
typedef struct creation {
    const tgr_decisions_plan *plan;
    tgr_target *target;
    tgr_sink *sums;
    tgr_decisions_place *places;
    int regions; /* of the sums, in the order of the places */
    tgr_anndata file;
} creation;

typedef struct array_plan {
    const char *name;
    int region;
    hid_t type; /* closed by create_array */
    size_t width;
    size_t columns; /* 0: one dimension */
} array_plan;

static const char *policy_name(tgr_policy policy)
{
    static const char *const names[] = {[TGR_POLICY_MARGIN] = "margin",
                                        [TGR_POLICY_UTILITY] = "utility",
                                        [TGR_POLICY_SLACK] = "slack"};
    return (unsigned)policy < sizeof(names) / sizeof(names[0]) ? names[policy] : "";
}

static hid_t fixed_string(size_t width)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type > 0 && (H5Tset_size(type, width) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0 ||
                     H5Tset_strpad(type, H5T_STR_NULLPAD) < 0)) {
        H5Tclose(type);
        return H5I_INVALID_HID;
    }
    return type;
}

/* Of fixed length, unlike AnnData's own attributes: nothing is read through a heap to check it. */
static bool write_total(hid_t dataset, uint64_t total)
{
    const tgr_checksum text = tgr_checksum_of(total);
    hid_t type = fixed_string(strlen(text.text));
    hid_t space = H5Screate(H5S_SCALAR), attribute = -1;
    bool ok = type > 0 && space > 0 &&
              (attribute =
                   H5Acreate2(dataset, TGR_CHECKSUM, type, space, H5P_DEFAULT, H5P_DEFAULT)) > 0 &&
              H5Awrite(attribute, type, text.text) >= 0;
    tgr_h5_close(attribute);
    tgr_h5_close(space);
    tgr_h5_close(type);
    return ok;
}

/* At the beginning the sums are not known: zeros take their room. */
static tgr_status write_sums(creation *made, hid_t dataset, uint64_t rows, uint64_t row_bytes,
                             tgr_error *error)
{
    tgr_block_hasher none = {0};
    tgr_block_hasher *hasher = made->sums ? &made->sums->regions[made->regions].hasher : &none;
    tgr_status status = TGR_OK;
    if (!made->sums) {
        TGR_TRY(tgr_block_hasher_open(&none, rows, row_bytes, error));
        memset(none.sums, 0, none.count * sizeof(*none.sums));
    }
    uint64_t total = tgr_block_hasher_finish(hasher);
    bool ok = tgr_block_sums_write(dataset, hasher->block_rows, hasher->sums, hasher->count) &&
              write_total(dataset, total);
    status = tgr_target_check(made->target, ok, error);
done:
    tgr_block_hasher_free(&none);
    return status;
}

static hid_t contiguous(void)
{
    hid_t properties = tgr_anndata_creation(H5P_DATASET_CREATE);
    if (properties > 0 && (H5Pset_layout(properties, H5D_CONTIGUOUS) < 0 ||
                           H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY) < 0 ||
                           H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER) < 0)) {
        H5Pclose(properties);
        return H5I_INVALID_HID;
    }
    return properties;
}

static tgr_status create_array(creation *made, tgr_anndata at, const array_plan *plan,
                               tgr_error *error)
{
    uint64_t rows = made->plan->rows, row_bytes = plan->width * (plan->columns ? plan->columns : 1);
    hsize_t shape[2] = {rows, plan->columns};
    hid_t properties = contiguous();
    hid_t space = H5Screate_simple(plan->columns ? 2 : 1, shape, NULL);
    hid_t dataset = -1;
    tgr_status status = TGR_OK;
    bool ok = plan->type > 0 && properties > 0 && space > 0 &&
              (dataset = H5Dcreate2(at.group, plan->name, plan->type, space, H5P_DEFAULT,
                                    properties, H5P_DEFAULT)) > 0;
    haddr_t offset = ok && rows > 0 ? H5Dget_offset(dataset) : 0;
    TGR_TRY(tgr_target_check(made->target, ok && offset != HADDR_UNDEF, error));
    made->places[plan->region] = (tgr_decisions_place){offset, rows, row_bytes};
    TGR_TRY(tgr_anndata_encode((tgr_anndata){dataset, made->target},
                               plan->region == TGR_REGION_INDEX ? "string-array" : "array", "0.2.0",
                               error));
    TGR_TRY(write_sums(made, dataset, rows, row_bytes, error));
    made->regions++;
done:
    tgr_h5_close(dataset);
    tgr_h5_close(space);
    tgr_h5_close(properties);
    tgr_h5_close(plan->type);
    return status;
}

/* AnnData's index holds strings: the ids, or the rows' numbers. Where some query file has no ids,
 * its rows' numbers stand among the ids. */
static tgr_status create_index(creation *made, tgr_anndata obs, tgr_error *error)
{
    const tgr_decisions_plan *plan = made->plan;
    size_t width = tgr_decisions_index_width(plan);
    const array_plan index = {"_index", TGR_REGION_INDEX, fixed_string(width), width, 0};
    if (!tgr_decisions_numbered(plan)) {
        return create_array(made, obs, &index, error);
    }
    tgr_status status = tgr_decisions_write_numbers(plan, obs, index.type, error);
    tgr_h5_close(index.type);
    return status;
}

static tgr_status create_margin(creation *made, tgr_anndata at, size_t columns, tgr_error *error)
{
    if (!made->plan->margins) {
        return TGR_OK;
    }
    const array_plan margin = {"margin", TGR_REGION_MARGIN, H5Tcopy(H5T_IEEE_F32LE), sizeof(float),
                               columns};
    return create_array(made, at, &margin, error);
}

/* One threshold: the models are a categorical of /obs. */
static tgr_status create_categorical(creation *made, tgr_anndata obs, tgr_error *error)
{
    const tgr_decisions_plan *plan = made->plan;
    bool narrow = tgr_decisions_narrow(plan);
    tgr_anndata group;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_anndata_group(obs, "model", "categorical", "0.2.0", &group, error));
    TGR_TRY(tgr_anndata_flag(group, "ordered", false, error));
    TGR_TRY(tgr_anndata_put_texts(group, "categories", plan->models, plan->model_count, error));
    const array_plan codes = {"codes", TGR_REGION_MODEL,
                              H5Tcopy(narrow ? H5T_STD_I8LE : H5T_STD_I16LE), narrow ? 1 : 2, 0};
    TGR_TRY(create_array(made, group, &codes, error));
    TGR_TRY(create_margin(made, obs, 0, error));
done:
    tgr_h5_close(group.group);
    return status;
}

/* Several: queries x thresholds in /obsm. */
static tgr_status create_matrix(creation *made, tgr_anndata obsm, tgr_error *error)
{
    size_t columns = made->plan->threshold_count;
    const array_plan model = {"model", TGR_REGION_MODEL, H5Tcopy(H5T_STD_I16LE), sizeof(int16_t),
                              columns};
    tgr_status status = create_array(made, obsm, &model, error);
    return status == TGR_OK ? create_margin(made, obsm, columns, error) : status;
}

/* Which part of which run this is; the whole of a run says nothing of it. */
static tgr_status write_shard(const tgr_decisions_plan *plan, tgr_anndata own, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (plan->shards == 0) {
        return TGR_OK;
    }
    TGR_TRY(tgr_anndata_put_integer(own, "shard", plan->shard, error));
    TGR_TRY(tgr_anndata_put_integer(own, "shards", plan->shards, error));
    TGR_TRY(tgr_anndata_put_integer(own, "first_row", (int64_t)plan->first_row, error));
    TGR_TRY(tgr_anndata_put_integer(own, "total_rows", (int64_t)plan->total_rows, error));
    TGR_TRY(tgr_anndata_put_text(own, "run_digest", plan->run_digest, error));
done:
    return status;
}

static tgr_status write_uns(creation *made, tgr_error *error)
{
    const tgr_decisions_plan *plan = made->plan;
    tgr_anndata uns = {0}, own = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_anndata_group(made->file, "uns", "dict", "0.1.0", &uns, error));
    TGR_TRY(tgr_anndata_group(uns, "tagroute", "dict", "0.1.0", &own, error));
    TGR_TRY(tgr_anndata_put_text(own, "format", TGR_DECISIONS_FORMAT, error));
    TGR_TRY(tgr_anndata_put_integer(own, "version", TGR_FORMAT_VERSION, error));
    TGR_TRY(tgr_anndata_put_texts(own, "models", plan->models, plan->model_count, error));
    TGR_TRY(tgr_anndata_put_text(own, "policy", policy_name(plan->policy), error));
    TGR_TRY(
        tgr_anndata_put_doubles(own, "thresholds", plan->thresholds, plan->threshold_count, error));
    if (plan->cut_rows > 0) {
        TGR_TRY(tgr_anndata_put_doubles(own, "cut_threshold", &plan->cut_threshold, 1, error));
        TGR_TRY(tgr_anndata_put_integer(own, "cut_rows", (int64_t)plan->cut_rows, error));
    }
    TGR_TRY(tgr_anndata_put_text(own, "reference", plan->reference ? plan->reference : "", error));
    if (plan->fallback) {
        TGR_TRY(tgr_anndata_put_text(own, "fallback", plan->fallback, error));
    }
    TGR_TRY(tgr_anndata_put_flag(own, "ids", plan->ids, error));
    TGR_TRY(tgr_anndata_put_text(own, "router_digest",
                                 plan->router_digest ? plan->router_digest : "", error));
    TGR_TRY(
        tgr_anndata_put_texts(own, "query_digests", plan->query_digests, plan->query_count, error));
    TGR_TRY(write_shard(plan, own, error));
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

static tgr_status create_all(creation *made, tgr_error *error)
{
    static const char *const columns[] = {"model", "margin"};
    const tgr_decisions_plan *plan = made->plan;
    bool single = plan->threshold_count == 1;
    tgr_anndata obs = {0}, obsm = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_target_create(made->target, error));
    made->file = (tgr_anndata){made->target->file, made->target};
    TGR_TRY(tgr_anndata_encode(made->file, "anndata", "0.1.0", error));
    TGR_TRY(tgr_anndata_frame(made->file, "obs", columns, single ? 1 + (size_t)plan->margins : 0,
                              &obs, error));
    TGR_TRY(create_index(made, obs, error));
    TGR_TRY(tgr_anndata_group(made->file, "obsm", "dict", "0.1.0", &obsm, error));
    TGR_TRY(single ? create_categorical(made, obs, error) : create_matrix(made, obsm, error));
    TGR_TRY(write_empty_parts(made->file, error));
    TGR_TRY(write_uns(made, error));
done:
    tgr_h5_close(obsm.group);
    tgr_h5_close(obs.group);
    return status;
}

tgr_status tgr_decisions_h5_create(tgr_target *target, const tgr_decisions_plan *plan,
                                   tgr_sink *sums,
                                   tgr_decisions_place places[TGR_DECISIONS_REGIONS],
                                   tgr_error *error)
{
    tgr_h5_quiet quiet;
    creation made = {.plan = plan, .target = target, .sums = sums, .places = places};
    memset(places, 0, TGR_DECISIONS_REGIONS * sizeof(*places));
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = create_all(&made, error);
    target->discard = target->discard || status != TGR_OK;
    tgr_status closed = tgr_target_close(target, status == TGR_OK ? error : NULL);
    tgr_h5_quiet_end(&quiet);
    target->least = target->eoa; /* what lies there now is not HDF5's to cut off */
    return status == TGR_OK ? closed : status;
}
