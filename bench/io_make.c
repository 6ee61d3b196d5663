/* io_make.c - made-up queries as files: a folder of one's own, a log, query files, a router. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tagroute/fit.h>
#include <tagroute/ingest.h>
#include <tagroute/prices.h>

#include "bench/io.h"
#include "datasets/generate/stream.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"

#define TRAINING 50000 /* queries that the router is fitted on */

/* folder/name, the caller's. */
static tgr_status name_file(const tgr_io_made *made, const char *name, char **path,
                            tgr_error *error)
{
    tgr_buffer text = {0};
    tgr_buffer_format(&text, "%s/%s", made->folder, name);
    *path = text.failed ? NULL : tgr_mem_string_n(text.bytes, text.length);
    tgr_buffer_free(&text);
    return *path == NULL ? tgr_fail_memory(error, name) : TGR_OK;
}

static tgr_status make_folder(tgr_io_made *made, tgr_error *error)
{
    const char *place = getenv("TMPDIR");
    place = place != NULL && place[0] != '\0' ? place : "/tmp";
    tgr_buffer text = {0};
    tgr_buffer_format(&text, "%s/tagroute-bench-XXXXXX", place);
    char *folder = text.failed ? NULL : tgr_mem_string_n(text.bytes, text.length);
    tgr_buffer_free(&text);
    if (folder == NULL) {
        return tgr_fail_memory(error, "a temporary folder");
    }
    if (mkdtemp(folder) == NULL) {
        tgr_status status = tgr_fail_io(error, place, "make a folder in", errno);
        tgr_mem_free(folder);
        return status;
    }
    made->folder = folder;
    return name_file(made, "decisions.h5", &made->output, error);
}

static tgr_status write_log(const tgr_io_made *made, const tgr_bench_options *options,
                            uint64_t queries, bool judged, char **path, const tgr_run *run,
                            tgr_error *error)
{
    tgr_gen_options of;
    tgr_gen_world *world = NULL;
    tgr_gen_options_init(&of);
    of.seed = options->seed > 0 ? options->seed : of.seed;
    of.tags = options->tags > 0 ? options->tags : of.tags;
    of.models = options->models > 0 ? options->models : of.models;
    of.min_tags = options->min_tags > 0 ? options->min_tags : of.min_tags;
    of.max_tags = options->max_tags > 0 ? options->max_tags : of.max_tags;
    of.zipf = options->zipf >= 0 ? options->zipf : of.zipf;
    of.judged = judged ? of.judged : 0;
    tgr_status status = name_file(made, judged ? "judged.msgpack" : "log.msgpack", path, error);
    if (status == TGR_OK) {
        status = tgr_gen_world_new(&of, &world, error);
    }
    if (status == TGR_OK) {
        const tgr_gen_log log = {
            .path = *path,
            .queries = queries,
            .parts = {.text = false, .tags = true},
            .writer = tgr_gen_write_msgpack,
            .msgpack = true,
        };
        status = tgr_gen_log_write(world, &log, run, NULL, error);
    }
    tgr_gen_world_free(world);
    return status;
}

static tgr_status ingest(const char *log, const char *output, bool compress, const tgr_run *run,
                         tgr_error *error)
{
    tgr_ingest_options options;
    tgr_ingest_report report;
    tgr_ingest_options_init(&options);
    options.inputs = &log;
    options.input_count = 1;
    options.output = output;
    options.compress = compress;
    return tgr_ingest(&options, &report, run, error);
}

static tgr_status fit(tgr_io_made *made, const tgr_bench_options *options, const tgr_run *run,
                      tgr_error *error)
{
    char *log = NULL, *queries = NULL;
    tgr_fit_options fitting;
    tgr_fit_options_init(&fitting);
    tgr_status status = write_log(made, options, TRAINING, true, &log, run, error);
    if (status == TGR_OK) {
        status = name_file(made, "judged.h5", &queries, error);
    }
    if (status == TGR_OK) {
        status = ingest(log, queries, false, run, error);
    }
    if (status == TGR_OK) {
        const char *inputs[] = {queries};
        fitting.inputs = inputs;
        fitting.input_count = 1;
        status = tgr_fit(&fitting, NULL, &made->router, NULL, run, error);
    }
    tgr_mem_free(log);
    tgr_mem_free(queries);
    return status;
}

tgr_status tgr_io_make(tgr_io_made *made, const tgr_bench_options *options, uint64_t queries,
                       const tgr_run *run, tgr_error *error)
{
    *made = (tgr_io_made){0};
    char *log = NULL;
    tgr_status status = make_folder(made, error);
    if (status != TGR_OK || queries == 0) {
        return status;
    }
    TGR_TRY(fit(made, options, run, error));
    TGR_TRY(write_log(made, options, queries, false, &log, run, error));
    TGR_TRY(name_file(made, "contiguous.h5", &made->plain, error));
    TGR_TRY(ingest(log, made->plain, false, run, error));
    TGR_TRY(name_file(made, "compressed.h5", &made->compressed, error));
    TGR_TRY(ingest(log, made->compressed, true, run, error));
done:
    if (log != NULL) {
        unlink(log);
    }
    tgr_mem_free(log);
    return status;
}

/* The folder is ours alone, and so is all that lies in it. */
static void remove_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        unlinkat(dirfd(entries), entry->d_name, 0); /* fails, as it should, on . and .. */
    }
    if (entries != NULL) {
        closedir(entries);
    }
    rmdir(folder);
}

void tgr_io_made_remove(tgr_io_made *made)
{
    if (made->folder != NULL) {
        remove_folder(made->folder);
    }
    tgr_mem_free(made->folder);
    tgr_mem_free(made->plain);
    tgr_mem_free(made->compressed);
    tgr_mem_free(made->output);
    tgr_router_free(made->router);
    *made = (tgr_io_made){0};
}
