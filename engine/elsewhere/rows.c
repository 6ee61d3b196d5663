/* rows.c - counting rows beside a walk over queries. */
#include "engine/elsewhere/rows.h"

#include <inttypes.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"

/* Several processes count a share each. */
static tgr_status count_queries(tgr_pass *pass, const tgr_run *run, uint64_t *queries,
                                tgr_error *error)
{
    if (tgr_run_crew(run) == NULL) {
        return tgr_pass_count(pass, run, queries, error);
    }
    tgr_status status = tgr_pass_share(pass, run, error);
    *queries = pass->queries;
    return status;
}

tgr_status tgr_elsewhere_rows_open(tgr_elsewhere_rows *rows, const tgr_simulate_options *options,
                                   const tgr_run *run, tgr_error *error)
{
    tgr_pass pass;
    *rows = (tgr_elsewhere_rows){0};
    tgr_status status =
        tgr_pass_open(&pass, options->inputs, options->input_count, options->split, error);
    if (status == TGR_OK) {
        rows->all = pass.rows;
        status = count_queries(&pass, run, &rows->some, error);
        tgr_pass_close(&pass);
    }
    return status;
}

tgr_status tgr_elsewhere_rows_fit(tgr_elsewhere_rows *rows, const char *path, uint64_t count,
                                  const tgr_simulate_options *options, tgr_error *error)
{
    bool split = options->split != NULL && options->split[0] != '\0';
    rows->of_split =
        count != rows->all && split && count == rows->some && options->choose_on == NULL;
    if (count == rows->all || rows->of_split) {
        return TGR_OK;
    }
    if (!split || options->choose_on != NULL) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s has %" PRIu64 " rows, where the query files hold %" PRIu64
                        " queries; it needs one for each, in their order",
                        path, count, rows->all);
    }
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s has %" PRIu64 " rows, where the query files hold %" PRIu64
                    " queries, %" PRIu64
                    " of them in split '%s'; it needs one for each of either, in their order",
                    path, count, rows->all, rows->some, options->split);
}

void tgr_elsewhere_rows_next(tgr_elsewhere_rows *rows, const tgr_batch *batch, const tgr_pass *pass,
                             size_t file)
{
    uint64_t begin = batch->first_row;
    for (size_t i = 0; i < file; i++) {
        begin += pass->files[i]->rows;
    }
    if (rows->of_split) {
        uint64_t before = pass->begin > 0 ? pass->before : 0; /* in shares of other processes */
        rows->first = before + pass->given - batch->rows;
        rows->count = batch->rows;
        rows->keep = NULL;
    } else {
        rows->first = begin;
        rows->count = (size_t)(pass->next - begin);
        rows->keep = pass->keep;
    }
}
