/* moving.c - all movers over the same rows; X by a thread of its own where there are two.
 *
 * X is the costliest, and hangs on nothing that the others find out. Where columns are contiguous
 * each has its place in the file from the beginning, so that it does not matter who writes first.
 */
#include "engine/ingest/moving.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "engine/base/error.h"
#include "engine/base/runtime.h"

tgr_status tgr_movers_open(tgr_movers *movers, tgr_columns *columns, const tgr_numbering *numbering,
                           const tgr_query_plan *plan, size_t block_rows, tgr_error *error)
{
    tgr_status status = TGR_OK;
    movers->with_models = numbering->models.count > 0;
    movers->beside = !plan->compress;
    TGR_TRY(tgr_row_mover_open(&movers->rows, columns, numbering, plan, block_rows, error));
    TGR_TRY(tgr_cell_mover_open(&movers->cells, columns, numbering, block_rows, error));
    TGR_TRY(tgr_id_mover_open(&movers->ids, &columns->ids, block_rows, error));
    if (columns->facts.has_text) {
        movers->texts = &columns->texts;
        TGR_TRY(tgr_spool_rewind(movers->texts, error));
    }
    if (movers->with_models) {
        TGR_TRY(tgr_model_mover_open(&movers->models, columns, numbering, block_rows, error));
    }
done:
    return status;
}

void tgr_movers_free(tgr_movers *movers)
{
    tgr_row_mover_free(&movers->rows);
    tgr_cell_mover_free(&movers->cells);
    tgr_id_mover_free(&movers->ids);
    tgr_model_mover_free(&movers->models);
}

/* Everything but X. */
static tgr_status move_others(tgr_movers *movers, const tgr_block *block, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_cell_mover_move(&movers->cells, block, error));
    TGR_TRY(tgr_id_mover_move(&movers->ids, block, error));
    TGR_TRY(tgr_cell_mover_weights(&movers->cells, block, error));
    if (movers->texts != NULL) {
        TGR_TRY(tgr_texts_move(movers->texts, block, error));
    }
    if (movers->with_models) {
        TGR_TRY(tgr_model_mover_move(&movers->models, block, error));
    }
done:
    return status;
}

static size_t rows_from(const tgr_block *block, uint64_t row, uint64_t rows)
{
    return rows - row < block->capacity ? (size_t)(rows - row) : block->capacity;
}

/* ---- X beside the others --------------------------------------------------------------- */

typedef struct row_thread {
    tgr_row_mover *mover;
    tgr_block block;
    uint64_t rows;
    const tgr_run *run;
    atomic_bool stop; /* the others failed */
    tgr_status status;
    tgr_error error;
    pthread_t thread;
    bool running;
} row_thread;

static void *move_rows(void *data)
{
    row_thread *work = data;
    tgr_status status = TGR_OK;
    for (uint64_t row = 0; status == TGR_OK && row < work->rows && !atomic_load(&work->stop);
         row += work->block.rows) {
        work->block.rows = rows_from(&work->block, row, work->rows);
        status = tgr_run_check(work->run, &work->error);
        if (status == TGR_OK) {
            status = tgr_row_mover_move(work->mover, &work->block, &work->error);
        }
    }
    work->status = status;
    return NULL;
}

/* Whether X is moved by a thread of its own from now on. Signals that ask the program to stop are
 * for those threads that it knows of; those that a write itself raises must reach it. */
static void start_rows(row_thread *work)
{
    sigset_t blocked, before;
    sigfillset(&blocked);
    sigdelset(&blocked, SIGPIPE);
    sigdelset(&blocked, SIGXFSZ);
    if (pthread_sigmask(SIG_BLOCK, &blocked, &before) != 0) {
        return;
    }
    work->running = pthread_create(&work->thread, NULL, move_rows, work) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static tgr_status join_rows(row_thread *work, tgr_status others, tgr_error *error)
{
    if (!work->running) {
        return others;
    }
    atomic_store(&work->stop, others != TGR_OK);
    pthread_join(work->thread, NULL);
    if (others == TGR_OK && work->status != TGR_OK) {
        *error = work->error;
        return work->status;
    }
    return others;
}

/* ---- all of it ------------------------------------------------------------------------- */

tgr_status tgr_movers_move(tgr_movers *movers, tgr_block *block, uint64_t rows, const tgr_run *run,
                           tgr_error *error)
{
    row_thread work = {.mover = &movers->rows, .block = *block, .rows = rows, .run = run};
    tgr_status status = TGR_OK;
    if (movers->beside && rows > 0 && tgr_run_threads(run) > 1) {
        start_rows(&work);
    }
    uint64_t row = 0;
    do { /* once even for no row: it has boundaries */
        TGR_TRY(tgr_run_check(run, error));
        tgr_run_progress(run, "writing", "queries", row, rows, row);
        block->rows = rows_from(block, row, rows);
        if (!work.running) {
            TGR_TRY(tgr_row_mover_move(&movers->rows, block, error));
        }
        TGR_TRY(move_others(movers, block, error));
        row += block->rows;
    } while (row < rows);
    tgr_run_progress(run, "writing", "queries", rows, rows, rows);
    TGR_TRY(tgr_run_check(run, error));
done:
    return join_rows(&work, status, error);
}
