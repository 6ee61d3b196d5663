/* run.h - what every long operation takes: threads, progress, messages, cancellation,
 * memory.
 *
 * A tgr_run may be NULL wherever one is taken: all threads, no progress, messages dropped. The
 * callbacks run on the thread that made the call, never concurrently, and must not call back into
 * the operation. A run may be shared by operations on different threads if its callbacks allow it.
 */
#ifndef TAGROUTE_RUN_H
#define TAGROUTE_RUN_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/crew.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A detail tells how something is done, such as which kernels run: for those who ask for it. */
typedef enum tgr_level { TGR_DETAIL = -1, TGR_NOTE = 0, TGR_WARNING = 1 } tgr_level;

typedef struct tgr_progress {
    const char *phase; /* such as "reading"; static storage */
    uint64_t done;     /* in `unit`s */
    uint64_t total;    /* 0 where it is not known */
    const char *unit;  /* such as "queries" or "bytes" */
    uint64_t queries;  /* queries handled so far, for a rate */
} tgr_progress;

typedef struct tgr_run {
    size_t size; /* sizeof(tgr_run); lets the structure grow */
    int threads; /* 0: all that the process may use */
    void (*progress)(void *user, const tgr_progress *progress);         /* may be NULL */
    void (*message)(void *user, tgr_level level, const char *sentence); /* may be NULL */
    void *user;
    const volatile sig_atomic_t *cancel; /* may be NULL; non-zero: stop soon, TGR_ERR_CANCELLED */
    uint64_t memory;      /* bytes to stay about within while queries are read; 0: 256 MiB */
    const tgr_crew *crew; /* NULL: alone; else the processes that share the operation */
} tgr_run;

#ifdef __cplusplus
}
#endif
#endif
