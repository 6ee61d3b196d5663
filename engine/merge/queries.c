/* queries.c - query files, opened, compared, and united in two passes. */
#include "engine/merge/queries.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/merge/unite.h"

/* ---- checking -------------------------------------------------------------------------- */

static void warn_of_left_out(const tgr_merging *work, const tgr_query_file *file)
{
    if (file->left_out != NULL) {
        tgr_run_message(work->run, TGR_WARNING, "%s: what ingest does not know is left out: %s",
                        file->path, file->left_out);
    }
}

/* What is wrong with a file, as a finding; anything else that failed is the merge's failure. */
static tgr_status judge(tgr_merging *work, tgr_status status, const tgr_error *why,
                        tgr_error *error)
{
    if (status == TGR_ERR_INPUT || status == TGR_ERR_IO) {
        return tgr_merge_finding(work, error, "%s", why->message);
    }
    return status == TGR_OK ? TGR_OK : tgr_fail(error, status, "%s", why->message);
}

/* Opens what can be opened; *count says how many that are. */
static tgr_status open_each(tgr_merging *work, tgr_query_file **files, size_t *count,
                            tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < work->options.input_count; i++) {
        tgr_error why;
        tgr_query_file *file = NULL;
        TGR_TRY(tgr_run_check(work->run, error));
        status = judge(work, tgr_query_open(work->options.inputs[i], &file, &why), &why, error);
        if (file != NULL) {
            files[(*count)++] = file;
        }
    }
done:
    return status;
}

/* Every byte of every file. */
static tgr_status verify_each(tgr_merging *work, tgr_query_file **files, size_t count,
                              tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        tgr_error why;
        TGR_TRY(tgr_run_check(work->run, error));
        files[i]->threads = tgr_run_threads(work->run);
        tgr_run_progress(work->run, "checking", "queries", i, count, 0);
        status = tgr_query_verify(files[i], &why);
        if (status == TGR_OK) {
            status = tgr_query_open_origins(files[i], &why);
        }
        if (status == TGR_OK) {
            warn_of_left_out(work, files[i]);
        }
        status = judge(work, status, &why, error);
    }
done:
    return status;
}

static tgr_status check(tgr_merging *work, tgr_merge_report *report, tgr_error *error)
{
    size_t count = 0;
    tgr_query_file **files = tgr_mem_zalloc(work->options.input_count, sizeof *files);
    tgr_status status = files == NULL ? tgr_fail_memory(error, "the list of query files") : TGR_OK;
    if (status == TGR_OK) {
        TGR_TRY(open_each(work, files, &count, error));
        TGR_TRY(tgr_query_files_compare(work, files, count, error));
        TGR_TRY(verify_each(work, files, count, error));
        TGR_TRY(tgr_merge_verdict(work, error));
        report->shards = files[0]->shards;
        for (size_t i = 0; i < count; i++) {
            report->queries += files[i]->rows;
        }
    }
done:
    for (size_t i = 0; i < count; i++) {
        tgr_query_close(files[i]);
    }
    tgr_mem_free(files);
    return status;
}

/* ---- joining --------------------------------------------------------------------------- */

static tgr_status open_all(tgr_merging *work, tgr_pass *pass, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_pass_open(pass, work->options.inputs, work->options.input_count, NULL, error));
    TGR_TRY(tgr_query_files_compare(work, pass->files, pass->file_count, error));
    for (size_t i = 0; i < pass->file_count; i++) {
        TGR_TRY(tgr_run_check(work->run, error));
        TGR_TRY(tgr_query_open_origins(pass->files[i], error));
        warn_of_left_out(work, pass->files[i]);
    }
done:
    return status;
}

static tgr_status write(tgr_merging *work, tgr_pass *pass, tgr_union *all, tgr_merge_report *report,
                        tgr_error *error)
{
    const tgr_query_file *tagged = all->tagged;
    tgr_assembly assembly = {
        .output = work->options.output,
        .compress = work->options.compress,
        .compact = work->options.compact,
        .tagger_kind = tagged != NULL ? tagged->tagger_kind : "given",
        .tagger_digest = tagged != NULL ? tagged->tagger_digest : "",
        .tagger_settings = tagged != NULL ? tagged->tagger_settings : NULL,
        .tagger_settings_length = tagged != NULL ? tagged->tagger_settings_length : 0,
        .category_tag = tagged != NULL && tagged->category_tag,
        .skipped = all->skipped,
    };
    for (uint32_t i = 0; i < tgr_strings_count(all->kept); i++) {
        assembly.kept_columns[i] = tgr_strings_get(all->kept, i, NULL);
    }
    tgr_numbering numbering = {0};
    tgr_query_plan plan;
    tgr_query_writer *writer = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_numbering_make(&numbering, &all->columns, error));
    tgr_ingest_plan_make(&plan, &all->columns, &numbering, &assembly, work->run);
    TGR_TRY(tgr_query_writer_open(work->options.output, &plan, &writer, error));
    TGR_TRY(tgr_union_copy(all, pass, &numbering, &plan, writer, work->run, error));
    if (all->judged != NULL && all->judged->joined_rows == 0) {
        TGR_TRY(tgr_fail(error, TGR_ERR_INPUT,
                         "%s: no query has the id of a judgement; are both of the same log?",
                         work->options.inputs[0]));
    }
    TGR_TRY(tgr_query_writer_commit(writer, error));
    report->queries = plan.rows;
    report->tags = plan.tags.count;
    report->models = plan.models.count;
    report->shards = pass->files[0]->shards;
done:
    tgr_query_writer_free(writer);
    tgr_numbering_free(&numbering);
    return status;
}

/* judged: NULL, or what is laid over the rows. */
static tgr_status join(tgr_merging *work, tgr_judgements *judged, tgr_merge_report *report,
                       tgr_error *error)
{
    tgr_pass pass = {0};
    tgr_union all = {.judged = judged};
    tgr_status status = TGR_OK;
    TGR_TRY(open_all(work, &pass, error));
    TGR_TRY(tgr_union_open_kept(&all, &pass, error));
    TGR_TRY(tgr_union_open(&all, &pass, work->options.output, error));
    TGR_TRY(tgr_union_survey(&all, &pass, work->run, error));
    TGR_TRY(write(work, &pass, &all, report, error));
done:
    tgr_union_free(&all);
    tgr_pass_close(&pass);
    return status;
}

tgr_status tgr_merge_queries(tgr_merging *work, tgr_merge_report *report, tgr_error *error)
{
    report->of_queries = true;
    return work->options.check ? check(work, report, error) : join(work, NULL, report, error);
}

tgr_status tgr_merge_judged(tgr_merging *work, tgr_judgements *judged, tgr_merge_report *report,
                            tgr_error *error)
{
    return join(work, judged, report, error);
}
