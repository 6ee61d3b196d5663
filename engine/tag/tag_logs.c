/* tag_logs.c - logs written again with the tags of their texts. */
#include <tagroute/tagger.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/base/output.h"
#include "engine/base/runtime.h"
#include "engine/ingest/options.h"
#include "engine/log/writer.h"
#include "engine/tag/found_tagger.h"
#include "engine/tag/walk.h"

/* One run. */
typedef struct tagging_logs {
    tgr_tag_logs_options options;
    tgr_log_shape shape;
    bool console; /* standard output */
    tgr_found_tagger tagger;
    tgr_tag_walk walk;
    tgr_output output;
    tgr_log_writer *writer;
    tgr_facts facts;
    uint64_t kept, lost;
} tagging_logs;

void tgr_tag_logs_options_init(tgr_tag_logs_options *options)
{
    tgr_ingest_options reading;
    tgr_ingest_options_init(&reading);
    *options = (tgr_tag_logs_options){
        .size = sizeof *options, .max_bad = reading.max_bad, .max_record = reading.max_record};
}

/* A file's name says what is to be written; standard output has none. */
static tgr_status find_shape(tagging_logs *work, tgr_error *error)
{
    tgr_log_format to = work->options.to;
    if ((unsigned)to > TGR_LOG_MSGPACK) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "there is no format number %d", (int)to);
    }
    if (!work->console && to != TGR_LOG_AUTO) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "%s: a file's ending says what is written; only standard output (-) has to "
                        "be told",
                        work->options.output);
    }
    work->shape = (tgr_log_shape){.format = to == TGR_LOG_AUTO ? TGR_LOG_JSONL : to,
                                  .codec = TGR_CODEC_PLAIN};
    return work->console ? TGR_OK : tgr_log_shape_of(work->options.output, &work->shape, error);
}

static tgr_status read_options(tagging_logs *work, const tgr_tag_logs_options *given,
                               tgr_error *error)
{
    tgr_tag_logs_options *options = &work->options;
    tgr_ingest_options reading;
    tgr_status status = TGR_OK;
    tgr_tag_logs_options_init(options);
    TGR_TRY(tgr_options_copy(options, sizeof *options, given, error));
    if (options->tagger == NULL || options->output == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "a tagger and an output have to be named");
    }
    work->console = strcmp(options->output, "-") == 0;
    TGR_TRY(find_shape(work, error));
    tgr_ingest_options_init(&reading);
    reading.inputs = options->inputs;
    reading.input_count = options->input_count;
    reading.output = options->output;
    reading.vocabulary = options->tagger; /* which is not to be the output */
    reading.format = options->format;
    reading.strict = options->strict;
    reading.max_bad = options->max_bad;
    reading.max_record = options->max_record;
    TGR_TRY(tgr_ingest_options_read(&reading, &work->walk.options, error));
done:
    return status;
}

static tgr_status write_part(void *user, tgr_part *part, tgr_error *error)
{
    tagging_logs *work = user;
    tgr_facts_add(&work->facts, &part->facts);
    work->kept += part->kept;
    work->lost += part->lost;
    return tgr_log_writer_add(work->writer, part->written.bytes, part->written.length, error);
}

static tgr_status walk(tagging_logs *work, const tgr_run *run, tgr_error *error)
{
    const char *path = work->console ? "standard output" : work->options.output;
    int fd = STDOUT_FILENO;
    tgr_status status = TGR_OK;
    work->walk.run = run;
    work->walk.work =
        (tgr_work){.schema = TGR_SCHEMA_TAGROUTE,
                   .tagger = work->tagger.tagger.tagger,
                   .normalisation = tgr_found_tagger_mapping(&work->tagger),
                   .use = work->options.retag ? TGR_TEXT_ALONE : TGR_TEXT_WITHOUT_TAGS,
                   .write = work->shape.format};
    if (!work->console) {
        TGR_TRY(tgr_output_open(&work->output, path, error));
        fd = work->output.fd;
    }
    TGR_TRY(tgr_log_writer_open(fd, path, work->shape.codec, &work->writer, error));
    TGR_TRY(tgr_tag_walk_run(&work->walk, write_part, work, error));
    if (work->lost > 0) {
        tgr_run_message(run, TGR_WARNING,
                        "%llu values that JSON cannot hold were left out; MessagePack holds them",
                        (unsigned long long)work->lost);
    }
    TGR_TRY(tgr_log_writer_finish(work->writer, error));
    if (!work->console) {
        TGR_TRY(tgr_output_commit(&work->output, error));
    }
done:
    return status;
}

static void fill_report(const tagging_logs *work, tgr_tag_logs_report *report)
{
    const tgr_ingest_report *read = &work->walk.report;
    *report = (tgr_tag_logs_report){
        .records = work->facts.rows,
        .tagged = work->facts.rows - work->kept,
        .blank = work->facts.untagged,
        .kept = work->kept,
        .tags = work->facts.nonzeros,
        .bytes = read->bytes,
        .lost = work->lost,
        .bad = read->bad,
        .normalised = tgr_found_tagger_mapping(&work->tagger) != NULL,
        .aligned_exactly = work->facts.aligned[TGR_ALIGNED_EXACTLY],
        .aligned_by_rule = work->facts.aligned[TGR_ALIGNED_BY_RULE],
        .aligned_nearest = work->facts.aligned[TGR_ALIGNED_NEAREST],
        .not_aligned = work->facts.aligned[TGR_ALIGNED_NOT],
        .dropped = work->facts.dropped,
    };
    memcpy(report->bad_by_reason, read->bad_by_reason, sizeof report->bad_by_reason);
    memcpy(report->first_bad, read->first_bad, sizeof report->first_bad);
}

tgr_status tgr_tag_logs(const tgr_tag_logs_options *options, tgr_tag_logs_report *report,
                        const tgr_run *run, tgr_error *error)
{
    tagging_logs work = {.output.fd = -1};
    tgr_status status = TGR_OK;
    TGR_TRY(read_options(&work, options, error));
    if (!work.console) {
        tgr_output_sweep(work.options.output);
    }
    TGR_TRY(tgr_found_tagger_open(&work.tagger, work.options.tagger, error));
    TGR_TRY(walk(&work, run, error));
    if (report != NULL) {
        fill_report(&work, report);
    }
done:
    tgr_log_writer_free(work.writer);
    tgr_output_abandon(&work.output);
    tgr_found_tagger_close(&work.tagger);
    return status;
}
