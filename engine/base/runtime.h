/* runtime.h - a tgr_run, read with its defaults: threads, progress, messages, cancellation. */
#ifndef TGR_BASE_RUNTIME_H
#define TGR_BASE_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

/* Threads to use: run->threads, else what OpenMP may use (affinity and OMP_NUM_THREADS honoured).
 */
int tgr_run_threads(const tgr_run *run);

/* Bytes: run->memory, where the caller's structure has it and it is not 0, else 256 MiB. */
uint64_t tgr_run_memory(const tgr_run *run);

void tgr_run_progress(const tgr_run *run, const char *phase, const char *unit, uint64_t done,
                      uint64_t total, uint64_t queries);

void tgr_run_message(const tgr_run *run, tgr_level level, const char *format, ...) TGR_PRINTF(3, 4);

bool tgr_run_cancelled(const tgr_run *run);

/* TGR_OK, or TGR_ERR_CANCELLED with a sentence where the run was cancelled. */
tgr_status tgr_run_check(const tgr_run *run, tgr_error *error);

#endif
