/* decisions.c - decisions made elsewhere, as queries come. */
#include "engine/elsewhere/decisions.h"

#include <inttypes.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

/* Where both say which query a row is of, they have to agree. */
static tgr_status check_id(const tgr_elsewhere_decisions *decisions, const tgr_batch *batch,
                           size_t row, uint64_t decision, tgr_error *error)
{
    const tgr_texts *ids = &batch->ids;
    if (decisions->given.id_count == 0 || ids->bytes == NULL || ids->offsets == NULL) {
        return TGR_OK;
    }
    size_t length = (size_t)(ids->offsets[row + 1] - ids->offsets[row]);
    const char *id = ids->bytes + ids->offsets[row];
    if (tgr_given_hash(id, length) == decisions->given.ids[decision]) {
        return TGR_OK;
    }
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: row %" PRIu64 " (from 0) is not of query '%.*s', which the query files "
                    "have there; it needs the queries in their order",
                    decisions->given.path, decision, length < 80 ? (int)length : 80, id);
}

static tgr_status prepare(void *user, const tgr_batch *batch, const tgr_pass *pass, size_t file,
                          tgr_error *error)
{
    tgr_elsewhere_decisions *decisions = user;
    tgr_elsewhere_rows *rows = &decisions->rows;
    void *here = decisions->here;
    tgr_elsewhere_rows_next(rows, batch, pass, file);
    if (!tgr_mem_grow(&here, &decisions->capacity, batch->rows, sizeof *decisions->here)) {
        return tgr_fail_memory(error, "decisions from elsewhere");
    }
    decisions->here = here;
    size_t kept = 0;
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < rows->count; i++) {
        if (rows->keep == NULL || rows->keep[i]) {
            status = check_id(decisions, batch, kept, rows->first + i, error);
            decisions->here[kept++] = decisions->given.models[rows->first + i];
        }
    }
    return status;
}

static void choose(void *user, const tgr_decide *decide, size_t begin, size_t end, int16_t *places)
{
    const tgr_elsewhere_decisions *decisions = user;
    for (size_t row = begin; row < end; row++) {
        int16_t model = decisions->here[row];
        places[row - begin] =
            model == TGR_UNDECIDED ? TGR_UNDECIDED : (int16_t)decide->serve->place[model];
    }
}

tgr_status tgr_elsewhere_decisions_open(tgr_elsewhere_decisions *decisions,
                                        const tgr_router *router, const char *path,
                                        const tgr_simulate_options *options,
                                        tgr_simulate_source *source, const tgr_run *run,
                                        tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_elsewhere_rows_open(&decisions->rows, options, run, error));
    TGR_TRY(tgr_given_read(&decisions->given, router, path, decisions->rows.all, run, error));
    TGR_TRY(tgr_elsewhere_rows_fit(&decisions->rows, path, decisions->given.count, options, error));
    source->scores = (tgr_score_source){.choose = choose, .user = decisions, .knows_all = true};
    source->wants = decisions->given.id_count > 0 ? TGR_WANT_IDS : 0;
    source->prepare = prepare;
    source->user = decisions;
done:
    return status;
}

void tgr_elsewhere_decisions_close(tgr_elsewhere_decisions *decisions)
{
    tgr_given_free(&decisions->given);
    tgr_mem_free(decisions->here);
    *decisions = (tgr_elsewhere_decisions){0};
}
