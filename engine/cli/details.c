/* details.c - columns, predictions, category means and savings. */
#include "engine/cli/details.h"

#include <stdlib.h>

#include "engine/cli/fail.h"
#include "engine/cli/numbers.h"

#define MOST_COLUMNS 8

static const tgr_cli_option details_options[] = {
    {"by", 0, "COLUMN",
     "also for each value of a column of the queries, such as category or split; repeatable"},
    {"predictions", 0, NULL, "also how well scores predict what was measured, for each model"},
    {"category-mean", 0, NULL,
     "also what routing by each category's mean would do, learnt from split train"},
    {"baseline", 0, "MODEL",
     "also what is saved against sending everything to MODEL, or against what was `logged`"},
    {"logged", 0, NULL,
     "also what the models in column logged_model cost and achieved; with propensity, what that "
     "says of other decisions"},
    {"choose-on", 0, "SPLIT",
     "choose the best threshold on that split, so that results on --split do not flatter"},
    {"judged", 0, "FILE.h5",
     "quality from these queries, where the log has no outcomes: cost and shares stay the log's; "
     "repeatable"},
    {"judged-split", 0, "NAME", "only that split of the judged queries"},
    {"scale-days", 0, "N", "the savings of N days, where the log is of --log-days"},
    {"log-days", 0, "N", "how many days the log is of (default: 1)"},
    {"volume", 0, "FACTOR", "the savings of FACTOR times as many queries, such as 1.2"},
    {0},
};

const tgr_cli_group tgr_cli_details_group = {"In detail (each reads the queries once more)",
                                             details_options};

static tgr_status read_factor(const tgr_cli_arguments *arguments, const char *option,
                              double *factor, tgr_error *error)
{
    const char *text = tgr_cli_text(arguments, option);
    *factor = 1;
    if (text == NULL) {
        return TGR_OK;
    }
    tgr_status status = tgr_cli_parse_double(option, text, factor, error);
    if (status == TGR_OK && !(*factor > 0 && *factor < 1e9)) {
        status = tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--%s is a number above 0, not %.40s",
                              option, text);
    }
    return status;
}

static tgr_status read_scale(const tgr_cli_arguments *arguments, tgr_simulate_options *options,
                             tgr_error *error)
{
    static const char *const names[] = {"scale-days", "log-days", "volume"};
    double factors[3];
    for (size_t i = 0; i < 3; i++) {
        if (tgr_cli_has(arguments, names[i]) && options->baseline == NULL) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                "--%s scales the savings against a --baseline, which is not given",
                                names[i]);
        }
        tgr_status status = read_factor(arguments, names[i], &factors[i], error);
        if (status != TGR_OK) {
            return status;
        }
    }
    if (tgr_cli_has(arguments, "log-days") && !tgr_cli_has(arguments, "scale-days")) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--log-days says what --scale-days scales from: give both");
    }
    options->scale = factors[0] / factors[1] * factors[2];
    return TGR_OK;
}

tgr_status tgr_cli_details_read(tgr_cli_details *details, tgr_simulate_options *options,
                                const tgr_cli_arguments *arguments, tgr_error *error)
{
    size_t capacity = arguments->value_count;
    *details = (tgr_cli_details){.by = tgr_cli_alloc(2 * capacity + 1, sizeof *details->by, error)};
    if (details->by == NULL) {
        return TGR_ERR_NOMEM;
    }
    options->by_count = tgr_cli_list(arguments, "by", details->by, capacity);
    options->by = options->by_count > 0 ? details->by : NULL;
    if (options->by_count > MOST_COLUMNS) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--by takes at most %d columns at once",
                            MOST_COLUMNS);
    }
    details->judged = details->by + capacity;
    options->judged_count = tgr_cli_list(arguments, "judged", details->judged, capacity);
    options->judged = options->judged_count > 0 ? details->judged : NULL;
    options->judged_split = tgr_cli_text(arguments, "judged-split");
    if (options->judged_split != NULL && options->judged == NULL) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--judged-split is of --judged, which is not given");
    }
    options->choose_on = tgr_cli_text(arguments, "choose-on");
    options->logged = tgr_cli_has(arguments, "logged");
    options->predictions = tgr_cli_has(arguments, "predictions");
    options->category_mean = tgr_cli_has(arguments, "category-mean");
    options->baseline = tgr_cli_text(arguments, "baseline");
    return read_scale(arguments, options, error);
}

void tgr_cli_details_free(tgr_cli_details *details)
{
    free(details->by);
    details->by = NULL;
}
