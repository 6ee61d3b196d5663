/* join.c - judgements read, then laid over the rows of a query file while it is written anew. */
#include <tagroute/join.h>

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/judgements/files.h"
#include "engine/merge/queries.h"

void tgr_join_options_init(tgr_join_options *options)
{
    *options = (tgr_join_options){.size = sizeof *options};
}

static tgr_status check(const tgr_join_options *options, tgr_error *error)
{
    if (options->queries == NULL || options->output == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "no query file, or no output, is named");
    }
    if (options->outcome_count == 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "no file of judgements is named");
    }
    return TGR_OK;
}

static void take_ids(const tgr_judgements *judged, tgr_join_report *report)
{
    tgr_judged_ids found;
    tgr_judgements_report(judged, &found);
    report->ids = found.ids;
    report->unmatched = found.unmatched;
    report->judgements = judged->count;
    report->joined_queries = judged->joined_rows;
    memcpy(report->first_unmatched, found.first_unmatched, sizeof report->first_unmatched);
}

tgr_status tgr_join(const tgr_join_options *given, tgr_join_report *report, const tgr_run *run,
                    tgr_error *error)
{
    tgr_join_options options;
    tgr_join_report made = {0};
    tgr_merge_report merged = {0};
    tgr_judgements judged = {0};
    tgr_status status = TGR_OK;
    tgr_join_options_init(&options);
    TGR_TRY(tgr_options_copy(&options, sizeof options, given, error));
    TGR_TRY(check(&options, error));
    TGR_TRY(tgr_judgements_read(&judged, options.outcomes, options.outcome_count, run, error));
    tgr_merging work = {.options = {.size = sizeof work.options,
                                    .inputs = &options.queries,
                                    .input_count = 1,
                                    .output = options.output,
                                    .compress = options.compress,
                                    .compact = options.compact},
                        .run = run};
    TGR_TRY(tgr_merge_judged(&work, &judged, &merged, error));
    take_ids(&judged, &made);
    made.queries = merged.queries;
    made.models = merged.models;
    if (report != NULL) {
        *report = made;
    }
done:
    tgr_judgements_free(&judged);
    return status;
}
