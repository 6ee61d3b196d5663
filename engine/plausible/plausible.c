/* plausible.c - files looked over, whole or in even stretches. */
#include <tagroute/plausible.h>

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/plausible/file_prices.h"
#include "engine/plausible/oddities.h"

#define STRETCHES      16
#define BATCH_ROWS     ((size_t)16 * 1024)
#define BATCH_NONZEROS ((size_t)4 * 1024 * 1024)

static tgr_status look_at(tgr_oddities *odd, tgr_query_file *file, uint64_t first, uint64_t last,
                          tgr_batch *batch, const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    while (first < last) {
        size_t most = last - first < BATCH_ROWS ? (size_t)(last - first) : BATCH_ROWS;
        TGR_TRY(tgr_run_check(run, error));
        TGR_TRY(tgr_query_read(file, first, most, BATCH_NONZEROS, TGR_ODDITY_WANTS, batch, error));
        if (batch->rows == 0) {
            break;
        }
        tgr_oddities_add(odd, batch);
        first += batch->rows;
    }
done:
    return status;
}

/* All rows, or as many as `most` in stretches that begin evenly. */
static tgr_status look_over(tgr_oddities *odd, tgr_query_file *file, uint64_t most,
                            const tgr_run *run, tgr_error *error)
{
    tgr_batch batch = {0};
    tgr_status status = TGR_OK;
    if (most == 0 || most >= file->rows) {
        status = look_at(odd, file, 0, file->rows, &batch, run, error);
    } else {
        uint64_t each = (most + STRETCHES - 1) / STRETCHES;
        for (uint64_t i = 0; status == TGR_OK && i < STRETCHES; i++) {
            uint64_t first = file->rows / STRETCHES * i + file->rows % STRETCHES * i / STRETCHES;
            uint64_t last = first + each < file->rows ? first + each : file->rows;
            status = look_at(odd, file, first, last, &batch, run, error);
        }
    }
    tgr_batch_free(&batch);
    return status;
}

static void warn(void *user, const char *sentence)
{
    tgr_run_message(user, TGR_WARNING, "%s", sentence);
}

/* Recorded costs go before computed ones: of which models, and how many of their answers. */
static void note_recorded(const tgr_oddities *odd, const tgr_query_file *file, const tgr_run *run)
{
    tgr_buffer list = {0};
    for (size_t model = 0; model < odd->count; model++) {
        const tgr_model_oddities *own = &odd->models[model];
        if (odd->priced[model] != NULL && own->costs > 0) {
            tgr_buffer_format(&list, "%s%s (%.3g %%)", list.length > 0 ? ", " : "",
                              tgr_strings_get(file->models, (uint32_t)model, NULL),
                              100 * (double)own->costs / (double)odd->queries);
        }
    }
    if (list.length > 0 && !list.failed) {
        tgr_run_message(run, TGR_NOTE,
                        "%s: costs are recorded for answers of %s; these go before computed ones",
                        file->path, list.bytes);
    }
    tgr_buffer_free(&list);
}

static tgr_status look_at_file(const tgr_plausible_options *options, const char *path,
                               const tgr_run *run, tgr_error *error)
{
    tgr_query_file *file = NULL;
    tgr_router *priced = NULL;
    tgr_oddities odd = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_query_open(path, &file, error));
    if (options->router == NULL && options->prices != NULL) {
        TGR_TRY(tgr_file_prices(file, options->prices, !options->some_models, &priced, run, error));
    }
    TGR_TRY(
        tgr_oddities_open(&odd, file, options->router != NULL ? options->router : priced, error));
    TGR_TRY(look_over(&odd, file, options->most, run, error));
    if (options->router != NULL) {
        note_recorded(&odd, file, run);
    }
    TGR_TRY(tgr_oddities_tell(&odd, file, warn, (void *)(uintptr_t)run, error));
done:
    tgr_oddities_close(&odd);
    tgr_router_free(priced);
    tgr_query_close(file);
    return status;
}

tgr_status tgr_plausible(const tgr_plausible_options *given, const tgr_run *run, tgr_error *error)
{
    tgr_plausible_options options = {0};
    tgr_status status = tgr_options_copy(&options, sizeof options, given, error);
    for (size_t i = 0; status == TGR_OK && i < options.input_count; i++) {
        status = look_at_file(&options, options.inputs[i], run, error);
    }
    return status;
}
