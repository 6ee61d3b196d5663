/* endpoint.c - a log tagged by a language model: opens all that it takes, and puts the result in
 * place. */
#include <tagroute/endpoint.h>

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/endpoint/options.h"
#include "engine/endpoint/tagging.h"
#include "engine/log/bad.h"

#define WINDOW_LEAST    1024 /* records, so that one slow answer does not stop the others */
#define WINDOW_A_SLOT   64
#define FINISH_PATIENCE 10.0 /* seconds for answers on their way when a run ends early */

/* Whether a run has begun and not come to its end: it leaves an empty file under the hidden name.
 */
static tgr_status was_left(const char *output, bool *left, tgr_error *error)
{
    struct stat found;
    char *partial = tgr_output_beside(output, "partial");
    if (partial == NULL) {
        return tgr_fail_memory(error, "a file name");
    }
    *left = stat(partial, &found) == 0;
    tgr_mem_free(partial);
    return TGR_OK;
}

static tgr_status open_cache(tgr_tagging *tagging, tgr_error *error)
{
    const tgr_endpoint_options *options = &tagging->options;
    tgr_buffer path = {0};
    if (options->cache == NULL) {
        tgr_buffer_format(&path, "%s.answers", options->output);
    } else {
        tgr_buffer_text(&path, options->cache);
    }
    tagging->cache_path = path.bytes;
    if (path.failed) {
        return tgr_fail_memory(error, "a file name");
    }
    tgr_status status = tgr_answer_cache_open(&tagging->cache, tagging->cache_path, error);
    tagging->report.damaged = tagging->cache.damaged;
    if (status == TGR_OK && tagging->cache.damaged > 0) {
        tgr_run_message(tagging->run, TGR_WARNING,
                        "%s: %llu bytes hold no whole answer and are passed over",
                        tagging->cache_path, (unsigned long long)tagging->cache.damaged);
    }
    return status;
}

/* The output is begun afresh: what is answered already comes from the cache. */
static tgr_status open_output(tgr_tagging *tagging, tgr_error *error)
{
    const char *path = tagging->options.output;
    tgr_status status = tgr_output_claim(&tagging->output, path, error);
    if (status != TGR_OK) {
        return status;
    }
    tagging->claimed = true;
    if (ftruncate(tagging->output.fd, 0) != 0) {
        return tgr_fail_io(error, path, "write", errno);
    }
    return tgr_log_writer_open(tagging->output.fd, path, tagging->shape.codec, &tagging->writer,
                               error);
}

static tgr_status open_all(tgr_tagging *tagging, tgr_error *error)
{
    const tgr_endpoint_options *options = &tagging->options;
    const tgr_http_options http = {options->url,           options->key,       options->ca_file,
                                   options->insecure_http, options->in_flight, options->timeout};
    size_t window = (size_t)WINDOW_A_SLOT * options->in_flight;
    tgr_status status = TGR_OK;
    window = window > WINDOW_LEAST ? window : WINDOW_LEAST;
    TGR_TRY(tgr_records_open(&tagging->records, options, tagging->run, error));
    TGR_TRY(tgr_prompt_load(&tagging->prompt, options->prompt, error));
    TGR_TRY(tgr_tagging_begin(tagging, error));
    TGR_TRY(tgr_http_open(&http, &tagging->http, error));
    TGR_TRY(tgr_window_open(&tagging->window, window, tgr_run_memory(tagging->run), error));
    TGR_TRY(open_output(tagging, error));
    TGR_TRY(open_cache(tagging, error));
    TGR_TRY(tgr_asking_open(&tagging->asking, options, tagging->run, tagging->http, &tagging->cache,
                            &tagging->report, window, error));
done:
    return status;
}

static void report_bad(tgr_tagging *tagging)
{
    tgr_endpoint_report *report = &tagging->report;
    report->bad = tagging->bad.bad;
    memcpy(report->bad_by_reason, tagging->bad.bad_by_reason, sizeof report->bad_by_reason);
    memcpy(report->first_bad, tagging->bad.first_bad, sizeof report->first_bad);
    report->bytes = tagging->records.bytes;
}

static tgr_status judge_bad(tgr_tagging *tagging, tgr_error *error)
{
    const tgr_ingest_options options = {.size = sizeof options,
                                        .inputs = tagging->options.inputs,
                                        .input_count = tagging->options.input_count,
                                        .max_bad = tagging->options.max_bad};
    return tgr_bad_judge(&tagging->bad, &options, tagging->report.records, tagging->first_bad,
                         error);
}

static tgr_status finish(tgr_tagging *tagging, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(judge_bad(tagging, error));
    tgr_bad_warn(&tagging->bad, tagging->report.records, tagging->run);
    if (tagging->report.lost > 0) {
        tgr_run_message(tagging->run, TGR_WARNING,
                        "%llu values that JSON cannot hold were left out; MessagePack holds them",
                        (unsigned long long)tagging->report.lost);
    }
    TGR_TRY(tgr_answer_cache_sync(&tagging->cache, error));
    TGR_TRY(tgr_log_writer_finish(tagging->writer, error));
    TGR_TRY(tgr_output_commit(&tagging->output, error));
done:
    return status;
}

/* Says that the output which is there is not this run's. Putting it in place may have failed,
 * which gives the hidden name up. */
static void leave_mark(tgr_tagging *tagging)
{
    if (tagging->output.temporary == NULL &&
        tgr_output_claim(&tagging->output, tagging->options.output, NULL) != TGR_OK) {
        return;
    }
    (void)!ftruncate(tagging->output.fd, 0);
    tgr_output_leave(&tagging->output);
}

/* The answers of a run that ends early are kept, those on their way included. Bad input leaves
 * nothing to go on with. */
static tgr_status end_early(tgr_tagging *tagging, tgr_status status, tgr_error *error)
{
    bool goes_on = status == TGR_ERR_IO || status == TGR_ERR_CANCELLED || status == TGR_ERR_NOMEM;
    if (tagging->asking.slots != NULL) {
        tgr_asking_finish(&tagging->asking, FINISH_PATIENCE);
    }
    if (tagging->claimed && (goes_on || tagging->left) &&
        access(tagging->options.output, F_OK) == 0) {
        leave_mark(tagging);
    }
    if (error != NULL && goes_on && tagging->cache.answers + tagging->report.now.answers > 0) {
        tgr_error met = *error;
        tgr_fail(error, status,
                 "%.700s; the answers so far are kept in %.200s, and the same command goes on from "
                 "them",
                 status == TGR_ERR_CANCELLED ? "stopped before the end" : met.message,
                 tagging->cache_path);
    }
    return status;
}

static void close_all(tgr_tagging *tagging)
{
    tgr_http_close(tagging->http); /* before the bodies that it may still be sending */
    tgr_asking_close(&tagging->asking);
    tgr_answer_cache_close(&tagging->cache);
    tgr_mem_free(tagging->cache_path);
    tgr_window_close(&tagging->window);
    tgr_log_writer_free(tagging->writer);
    if (tagging->claimed) {
        tgr_output_abandon(&tagging->output);
    }
    tgr_records_close(&tagging->records);
    tgr_record_free(&tagging->record);
    tgr_prompt_free(&tagging->prompt);
    tgr_buffer_free(&tagging->said);
    tgr_buffer_free(&tagging->body);
    tgr_answer_reader_free(&tagging->reader);
    tgr_buffer_free(&tagging->tags.bytes);
    XXH3_freeState(tagging->hash);
}

static void price(const tgr_endpoint_options *options, tgr_endpoint_use *use)
{
    use->cost = (double)use->prompt_tokens * options->input_price +
                (double)use->completion_tokens * options->output_price;
}

tgr_status tgr_tag_by_endpoint(const tgr_endpoint_options *options, tgr_endpoint_report *report,
                               const tgr_run *run, tgr_error *error)
{
    tgr_tagging tagging = {.run = run, .output.fd = -1};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_endpoint_options_read(options, &tagging.options, error));
    TGR_TRY(tgr_log_shape_of(tagging.options.output, &tagging.shape, error));
    TGR_TRY(was_left(tagging.options.output, &tagging.left, error));
    if (tagging.options.resume && !tagging.left) {
        tagging.report.was_complete = access(tagging.options.output, F_OK) == 0;
    }
    if (!tagging.report.was_complete) {
        TGR_TRY(open_all(&tagging, error));
        TGR_TRY(tgr_tagging_run(&tagging, error));
        TGR_TRY(finish(&tagging, error));
    }
done:
    if (status != TGR_OK) {
        status = end_early(&tagging, status, error);
    }
    report_bad(&tagging);
    price(&tagging.options, &tagging.report.now);
    price(&tagging.options, &tagging.report.earlier);
    close_all(&tagging);
    if (report != NULL) {
        *report = tagging.report;
    }
    return status;
}
