/* join.c - judgements read, then laid over the rows of a query file while it is written anew. */
#include <tagroute/join.h>

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/join/outcomes.h"
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
    for (size_t i = 0; i < options->outcome_count; i++) {
        if (strcmp(options->outcomes[i], "-") == 0) {
            return tgr_fail(error, TGR_ERR_ARGUMENT,
                            "judgements are read from a file, not from standard input");
        }
    }
    return TGR_OK;
}

/* An id is cut at a whole character. */
static void show_id(char shown[64], const char *id, size_t length)
{
    if (length > 63) {
        length = 63;
        while (length > 0 && ((unsigned char)id[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    memcpy(shown, id, length);
    shown[length] = '\0';
}

static void report_ids(const tgr_judgements *judged, tgr_join_report *report)
{
    report->ids = tgr_strings_count(judged->ids);
    report->judgements = judged->count;
    report->joined_queries = judged->joined_rows;
    for (uint32_t id = 0; id < report->ids; id++) {
        size_t length;
        const char *text = tgr_strings_get(judged->ids, id, &length);
        if (!judged->seen[id]) {
            if (report->unmatched < TGR_UNMATCHED_SHOWN) {
                show_id(report->first_unmatched[report->unmatched], text, length);
            }
            report->unmatched++;
        }
    }
}

/* A weight is the query's: how many queries it stands for. */
static tgr_status check_weights(const tgr_judgements *judged, tgr_error *error)
{
    double weights[2];
    char id[64];
    size_t length;
    uint32_t odd = tgr_judgements_odd_weights(judged, weights);
    if (odd == TGR_STRING_NONE) {
        return TGR_OK;
    }
    const char *text = tgr_strings_get(judged->ids, odd, &length);
    show_id(id, text, length);
    return tgr_fail(error, TGR_ERR_INPUT,
                    "the judgements of %s have the weights %g and %g, and a query has one; give "
                    "all of its judgements the same",
                    id, weights[0], weights[1]);
}

static tgr_status read_all(const tgr_join_options *options, tgr_judgements *judged,
                           const tgr_run *run, tgr_error *error)
{
    tgr_status status = tgr_judgements_open(judged) ? TGR_OK : tgr_fail_memory(error, "judgements");
    for (size_t i = 0; status == TGR_OK && i < options->outcome_count; i++) {
        status = tgr_outcomes_read(options->outcomes[i], judged, run, error);
    }
    if (status == TGR_OK && judged->count == 0) {
        status = tgr_fail(error, TGR_ERR_INPUT, "%s: holds no judgement", options->outcomes[0]);
    }
    if (status == TGR_OK && !tgr_judgements_settle(judged)) {
        status = tgr_fail_memory(error, "judgements");
    }
    return status == TGR_OK ? check_weights(judged, error) : status;
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
    TGR_TRY(read_all(&options, &judged, run, error));
    tgr_merging work = {.options = {.size = sizeof work.options,
                                    .inputs = &options.queries,
                                    .input_count = 1,
                                    .output = options.output,
                                    .compress = options.compress,
                                    .compact = options.compact},
                        .run = run};
    TGR_TRY(tgr_merge_judged(&work, &judged, &merged, error));
    report_ids(&judged, &made);
    made.queries = merged.queries;
    made.models = merged.models;
    if (report != NULL) {
        *report = made;
    }
done:
    tgr_judgements_free(&judged);
    return status;
}
