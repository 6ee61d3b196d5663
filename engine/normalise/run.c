/* run.c - normalising as programs call it: options checked, files read and written. */
#include <tagroute/normalise.h>

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/tagger/mapping_file.h"
#include "engine/normalise/normalise.h"
#include "engine/normalise/tally.h"

void tgr_normalise_options_init(tgr_normalise_options *options)
{
    *options = (tgr_normalise_options){
        .size = sizeof *options,
        .min_count = 5,
        .eps = 0.15,
        .min_samples = 2,
        .align_min = 0.85,
    };
}

static tgr_status check_options(const tgr_normalise_options *options, tgr_error *error)
{
    const char *wrong = NULL;
    if (options->input_count == 0) {
        wrong = "no query file or log was given";
    } else if (options->output == NULL) {
        wrong = "no file to write the mapping to was given";
    } else if (strcmp(options->output, "-") == 0) {
        wrong = "a mapping cannot be written to standard output; name a file";
    } else if (!(options->eps >= 0 && options->eps <= 2)) {
        wrong = "--eps is a cosine distance, from 0 (the same direction) to 2";
    } else if (options->min_samples < 1) {
        wrong = "--min-samples counts the tag itself: at least 1";
    } else if (!(options->min_count >= 0) || !isfinite(options->min_count)) {
        wrong = "--min-count is a number, at least 0";
    } else if (!(options->align_min > 0)) {
        wrong = "--align-min is a cosine above 0, up to 1; above 1 nothing is near";
    }
    return wrong == NULL ? TGR_OK : tgr_fail(error, TGR_ERR_ARGUMENT, "%s", wrong);
}

static void fill_report(tgr_normalise_report *report, const tgr_normalised *result)
{
    tgr_mapping_counts counts = tgr_mapping_tally(result->mapping);
    const tgr_dbscan_report *clusters = &result->clusters;
    *report = (tgr_normalise_report){
        .tags = tgr_mapping_count(result->mapping),
        .canonical = counts.canonical,
        .rare = result->rare,
        .joined = result->joined,
        .by_rule = result->by_rule,
        .clustered = clusters->cores + clusters->borders + clusters->noise,
        .clusters = clusters->clusters,
        .alone = clusters->noise,
        .borders = clusters->borders,
        .no_vector = result->no_vector,
    };
}

tgr_status tgr_normalise(const tgr_normalise_options *given, tgr_normalise_report *report,
                         const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_normalise_options options;
    tgr_mapping *mapping = NULL;
    tgr_tag_tally tally = {0};
    tgr_normalised result = {0};
    tgr_normalise_options_init(&options);
    TGR_TRY(tgr_options_copy(&options, sizeof options, given, error));
    TGR_TRY(check_options(&options, error));
    if (options.mapping != NULL) {
        TGR_TRY(tgr_mapping_load(options.mapping, &mapping, error));
    }
    TGR_TRY(tgr_tag_tally_read(&tally, &options, run, error));
    tgr_normalise_plan plan = {
        .min_count = options.min_count,
        .dbscan = {options.eps, options.min_samples, tgr_run_memory(run)},
        .embeddings = options.embeddings,
        .given = mapping,
        .align_least = options.align_min,
    };
    tgr_seen_tags tags = {tally.tags, tally.seen};
    TGR_TRY(tgr_normalise_tags(&tags, &plan, &result, run, error));
    TGR_TRY(tgr_mapping_save(result.mapping, result.seen, options.output, error));
    if (report != NULL) {
        fill_report(report, &result);
    }
done:
    tgr_normalised_free(&result);
    tgr_tag_tally_free(&tally);
    tgr_mapping_free(mapping);
    return status;
}
