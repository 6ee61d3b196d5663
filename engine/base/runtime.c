/* runtime.c - defaults and callbacks of a run. */
#include "engine/base/runtime.h"

#include <omp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "engine/base/error.h"

int tgr_run_threads(const tgr_run *run)
{
    if (run != NULL && run->threads > 0) {
        return run->threads;
    }
    int threads = omp_get_max_threads();
    return threads > 0 ? threads : 1;
}

uint64_t tgr_run_memory(const tgr_run *run)
{
    bool has = run != NULL && run->size >= offsetof(tgr_run, memory) + sizeof run->memory;
    return has && run->memory > 0 ? run->memory : UINT64_C(256) << 20;
}

void tgr_run_progress(const tgr_run *run, const char *phase, const char *unit, uint64_t done,
                      uint64_t total, uint64_t queries)
{
    if (run != NULL && run->progress != NULL) {
        tgr_progress progress = {phase, done, total, unit, queries};
        run->progress(run->user, &progress);
    }
}

void tgr_run_message(const tgr_run *run, tgr_level level, const char *format, ...)
{
    if (run == NULL || run->message == NULL) {
        return;
    }
    char sentence[TGR_ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    run->message(run->user, level, sentence);
}

bool tgr_run_cancelled(const tgr_run *run)
{
    /* It may be set on another thread, as well as in a signal handler. */
    return run != NULL && run->cancel != NULL &&
           __atomic_load_n(run->cancel, __ATOMIC_RELAXED) != 0;
}

tgr_status tgr_run_check(const tgr_run *run, tgr_error *error)
{
    if (tgr_run_cancelled(run)) {
        return tgr_fail(error, TGR_ERR_CANCELLED, "stopped before the end; nothing was written");
    }
    return TGR_OK;
}
