/* mutants_run.c - a damaged file, tried as the program would, and judged. */
#include "tests/fuzz/fuzz_batches.h"
#include "tests/fuzz/mutants.h"

#include <dirent.h>

#include <hdf5.h>
#include <tagroute/fit.h>
#include <tagroute/info.h>
#include <tagroute/ingest.h>
#include <tagroute/prices.h>
#include <tagroute/route.h>

#include "engine/base/memory.h"

/* ---- what became of it ----------------------------------------------------------------- */

static outcome wrong(bench *on, const char *what, const char *detail)
{
    char about[600];
    snprintf(about, sizeof about, "%.*s", (int)sizeof about - 1, detail);
    snprintf(on->message, sizeof on->message, "%s: %s", what, about);
    return OUTCOME_WRONG;
}

/* A failure says one sentence that names the file (a log without its folder), or the good file that
 * a damaged router does not fit. */
static bool is_sentence(const bench *on, const char *text, const char *path)
{
    size_t length = strlen(text);
    bool names =
        strstr(text, strrchr(path, '/') + 1) != NULL || strstr(text, on->queries->name) != NULL;
    return length > 0 && strchr(text, '\n') == NULL && text[length - 1] != '.' && names;
}

static outcome judge(bench *on, tgr_status status, const tgr_error *error, const char *path)
{
    snprintf(on->message, sizeof on->message, "%s", status == TGR_OK ? "" : error->message);
    switch (status) {
    case TGR_OK:
        return OUTCOME_TAKEN;
    case TGR_ERR_INPUT:
    case TGR_ERR_UNSUPPORTED:
        if (!is_sentence(on, error->message, path)) {
            return wrong(on, "not a sentence about the file", error->message);
        }
        return strstr(error->message, "the HDF5 library crashes") ? OUTCOME_PROBE : OUTCOME_REFUSED;
    case TGR_ERR_ARGUMENT:
        return OUTCOME_USAGE;
    case TGR_ERR_IO:
        return OUTCOME_IO;
    case TGR_ERR_NOMEM:
        return OUTCOME_MEMORY;
    default:
        return wrong(on, tgr_status_name(status), error->message);
    }
}

static const char *in_bench(const bench *on, const char *name, char path[512])
{
    snprintf(path, 512, "%s/%s", on->folder, name);
    return path;
}

/* What runs that failed leave for a later one, under names of their own. */
static void sweep(const bench *on)
{
    char path[600];
    DIR *folder = opendir(on->folder);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (strncmp(entry->d_name, "out.", 4) == 0 || strncmp(entry->d_name, ".out.", 5) == 0) {
            snprintf(path, sizeof path, "%s/%s", on->folder, entry->d_name);
            unlink(path);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

static uint64_t digest_of_file(const char *path)
{
    char block[4096];
    uint64_t sum = 1;
    FILE *file = fopen(path, "rb");
    for (size_t got; file != NULL && (got = fread(block, 1, sizeof block, file)) > 0;) {
        sum = fuzz_mix(sum, block, got);
    }
    if (file != NULL) {
        fclose(file);
    }
    return sum;
}

/* ---- one operation each ---------------------------------------------------------------- */

static const tgr_run one_thread = {.size = sizeof(tgr_run), .threads = 1};
static const tgr_run two_threads = {.size = sizeof(tgr_run), .threads = 2};

static outcome run_info(bench *on, const char *path)
{
    char *text = NULL, *json = NULL;
    tgr_error error = {0};
    outcome found = judge(on, tgr_info(path, &text, &json, &one_thread, &error), &error, path);
    tgr_free(text);
    tgr_free(json);
    return found;
}

static outcome run_route(bench *on, const char *queries, const char *router_path,
                         const char *blamed, uint64_t *decisions, const tgr_run *run)
{
    char output[512];
    const double threshold = 0;
    tgr_router *router = NULL;
    tgr_route_options options;
    tgr_error error = {0};
    tgr_route_options_init(&options);
    options.inputs = &queries;
    options.input_count = 1;
    options.output = in_bench(on, "out.jsonl", output);
    options.thresholds = &threshold;
    options.threshold_count = 1;
    tgr_status status = tgr_router_load(router_path, &router, &error);
    if (status == TGR_OK) {
        status = tgr_route(router, &options, NULL, run, &error);
    }
    tgr_router_free(router);
    *decisions = status == TGR_OK ? digest_of_file(output) : 0;
    return judge(on, status, &error, blamed);
}

static outcome run_fit(bench *on, const char *queries, const tgr_run *run)
{
    tgr_router *router = NULL;
    tgr_fit_options options;
    tgr_error error = {0};
    tgr_fit_options_init(&options);
    options.inputs = &queries;
    options.input_count = 1;
    options.min_count = 1;
    tgr_status status = tgr_fit(&options, NULL, &router, NULL, run, &error);
    tgr_router_free(router);
    return judge(on, status, &error, queries);
}

static outcome read_contents(bench *on, const char *path, uint64_t *digest)
{
    tgr_query_file *file;
    tgr_error error = {0};
    tgr_status status = tgr_query_open(path, &file, &error);
    if (status == TGR_OK) {
        status = fuzz_read_batches(file, 25, 60, digest, &error);
    }
    tgr_query_close(file);
    return judge(on, status, &error, path);
}

/* ---- files of each kind ---------------------------------------------------------------- */

static bool is_good(outcome found)
{
    return found < OUTCOME_GOOD;
}

/* What a checksum is over can change without any change of what is read only where it is packed. */
static outcome hold_to_checksums(bench *on, const seed *from, const char *path, outcome described)
{
    uint64_t digest = 0;
    if (described != OUTCOME_TAKEN) {
        return described;
    }
    if (strstr(from->name, "compressed") == NULL) {
        return wrong(on, "a changed byte was not noticed", "info");
    }
    outcome found = read_contents(on, path, &digest);
    if (found == OUTCOME_TAKEN && digest != from->digest) {
        return wrong(on, "a changed byte was not noticed", "reading");
    }
    return found;
}

static outcome try_queries(bench *on, const seed *from, const mutant *made, const char *path,
                           uint64_t *random)
{
    uint64_t decisions = 0, digest;
    const tgr_run *run = draw_below(random, 8) == 0 ? &two_threads : &one_thread;
    outcome described = run_info(on, path), used;
    if (made->how == MUTATE_SUMMED) {
        described = hold_to_checksums(on, from, path, described);
    } else if (described == OUTCOME_TAKEN && draw_below(random, 2) == 0) {
        described = read_contents(on, path, &digest);
    }
    /* A file that is no good once is seldom good for something else. */
    bool enough = described == OUTCOME_REFUSED && draw_below(random, 2) == 0;
    if (!is_good(described) || described == OUTCOME_PROBE || enough) {
        return described;
    }
    if (draw_below(random, 2) == 0) {
        used = run_fit(on, path, run);
    } else {
        used = run_route(on, path, on->router->path, path, &decisions, run);
    }
    if (made->how == MUTATE_SUMMED && decisions != 0 && decisions != from->decisions) {
        return wrong(on, "a changed byte was not noticed", "route");
    }
    return is_good(used) ? described : used;
}

/* A router with its digest whole is the same router or none. */
static bool digest_stands(const seed *from, const mutant *made)
{
    const size_t tail = 48;
    return strncmp(from->name, "own", 3) == 0 && made->length == from->length &&
           memcmp(made->bytes + made->length - tail, from->bytes + from->length - tail, tail) == 0;
}

static outcome try_router(bench *on, const seed *from, const mutant *made, const char *path)
{
    uint64_t decisions;
    outcome described = run_info(on, path);
    if (!is_good(described)) {
        return described;
    }
    outcome used = run_route(on, on->queries->path, path, path, &decisions, &one_thread);
    if (used == OUTCOME_TAKEN && decisions != from->decisions && digest_stands(from, made)) {
        return wrong(on, "a changed byte was not noticed", "router");
    }
    return is_good(used) ? described : used;
}

static outcome try_log(bench *on, const char *path, uint64_t *random)
{
    char output[512];
    tgr_ingest_options options;
    tgr_error error = {0};
    tgr_ingest_options_init(&options);
    options.inputs = &path;
    options.input_count = 1;
    options.output = in_bench(on, "out.h5", output);
    options.max_bad = 1;
    options.compress = draw_below(random, 2);
    options.compact = draw_below(random, 2);
    options.no_text = draw_below(random, 2);
    options.max_record = draw_below(random, 2) ? 4096 : options.max_record;
    options.router = draw_below(random, 4) == 0 ? on->router->path : NULL;
    const tgr_run *run = draw_below(random, 8) == 0 ? &two_threads : &one_thread;
    outcome found = judge(on, tgr_ingest(&options, NULL, run, &error), &error, path);
    if (found == OUTCOME_TAKEN && draw_below(random, 4) == 0 &&
        run_info(on, output) != OUTCOME_TAKEN) {
        return wrong(on, "what ingest wrote is not good", error.message);
    }
    return found;
}

/* A vocabulary that gives tags to texts, or a mapping that tags go through. */
static outcome try_tagger(bench *on, const seed *from, const char *path)
{
    char output[512];
    tgr_ingest_options options;
    tgr_error error = {0};
    const char *input = on->log->path;
    tgr_ingest_options_init(&options);
    options.inputs = &input;
    options.input_count = 1;
    options.output = in_bench(on, "out.h5", output);
    *(from->kind == SEED_VOCABULARY ? &options.vocabulary : &options.mapping) = path;
    outcome found = judge(on, tgr_ingest(&options, NULL, &one_thread, &error), &error, path);
    if (found == OUTCOME_TAKEN && run_info(on, output) != OUTCOME_TAKEN) {
        return wrong(on, "what ingest wrote is not good", error.message);
    }
    return found;
}

static outcome try_prices(bench *on, const char *path)
{
    tgr_router *router = NULL;
    tgr_error error = {0};
    const tgr_price_options options = {.size = sizeof options, .map = path};
    tgr_status status = tgr_router_load(on->router->path, &router, &error);
    if (status == TGR_OK) {
        status = tgr_router_set_prices(router, &options, &one_thread, &error);
    }
    tgr_router_free(router);
    return judge(on, status, &error, path);
}

outcome try_mutant(bench *on, const seed *from, const mutant *made, const char *path,
                   uint64_t *random)
{
    long live = tgr_mem_live();
    outcome found = OUTCOME_WRONG;
    switch (from->kind) {
    case SEED_QUERIES:
        found = try_queries(on, from, made, path, random);
        break;
    case SEED_ROUTER:
        found = try_router(on, from, made, path);
        break;
    case SEED_LOG:
        found = try_log(on, path, random);
        break;
    case SEED_DECISIONS:
        found = run_info(on, path);
        if (found == OUTCOME_TAKEN && made->how == MUTATE_SUMMED) {
            found = wrong(on, "a changed byte was not noticed", "info");
        }
        break;
    case SEED_PRICES:
        found = try_prices(on, path);
        break;
    case SEED_VOCABULARY:
    case SEED_MAPPING:
        found = try_tagger(on, from, path);
        break;
    case SEED_KINDS:
        break;
    }
    sweep(on);
    return tgr_mem_live() == live ? found : wrong(on, "memory was not given back", on->message);
}

/* ---- good files ------------------------------------------------------------------------ */

static void add_range(seed *of, uint64_t begin, uint64_t length)
{
    if (length > 0 && of->range_count < RANGES) {
        of->ranges[of->range_count++] = (byte_range){begin, length};
    }
}

static void add_dataset(seed *of, hid_t dataset)
{
    hid_t creation = H5Dget_create_plist(dataset), space = H5Dget_space(dataset);
    H5D_layout_t layout = H5Pget_layout(creation);
    hsize_t chunks = 0;
    if (layout == H5D_CONTIGUOUS && H5Dget_offset(dataset) != HADDR_UNDEF) {
        add_range(of, H5Dget_offset(dataset), H5Dget_storage_size(dataset));
    } else if (layout == H5D_CHUNKED) {
        H5Dget_num_chunks(dataset, space, &chunks);
    }
    for (hsize_t chunk = 0; chunk < chunks; chunk++) {
        hsize_t at[H5S_MAX_RANK], length;
        haddr_t address;
        unsigned mask;
        if (H5Dget_chunk_info(dataset, space, chunk, at, &mask, &address, &length) >= 0) {
            add_range(of, address, length);
        }
    }
    H5Sclose(space);
    H5Pclose(creation);
}

static herr_t visit(hid_t file, const char *name, const H5O_info_t *about, void *data)
{
    if (about->type == H5O_TYPE_DATASET) {
        hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), type = H5Dget_type(dataset);
        if (H5Aexists(dataset, "xxh3") > 0 && H5Tis_variable_str(type) <= 0) {
            add_dataset(data, dataset);
        }
        H5Tclose(type);
        H5Dclose(dataset);
    }
    return 0;
}

static void find_ranges(seed *of)
{
    hid_t file = H5Fopen(of->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file > 0) {
        H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, visit, of);
        H5Fclose(file);
    }
}

bool study(bench *on, seed *of)
{
    outcome found = OUTCOME_TAKEN;
    if (of->kind == SEED_QUERIES) {
        find_ranges(of);
        found = read_contents(on, of->path, &of->digest);
        if (found == OUTCOME_TAKEN) {
            found =
                run_route(on, of->path, on->router->path, of->path, &of->decisions, &one_thread);
        }
    } else if (of->kind == SEED_ROUTER) {
        found = run_route(on, on->queries->path, of->path, of->path, &of->decisions, &one_thread);
    } else if (of->kind == SEED_DECISIONS) {
        find_ranges(of);
        found = run_info(on, of->path);
    } else if (of->kind == SEED_VOCABULARY || of->kind == SEED_MAPPING) {
        found = try_tagger(on, of, of->path);
    }
    sweep(on);
    return found == OUTCOME_TAKEN;
}
