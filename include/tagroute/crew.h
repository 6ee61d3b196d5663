/* crew.h - several processes that do one operation together, each on a range of the rows.
 *
 * A crew is how processes speak with each other: the program that starts them fills in the
 * functions (MPI is one way), and the library knows nothing of how bytes travel. Every process
 * makes the same call with the same options and the same router; each walks over its own rows, and
 * sums are added as integers. So the results are the same bytes as those of one process, and every
 * process has them. Who writes what is made of results, such as a router, is the caller's to say:
 * one is enough.
 *
 * tgr_route, tgr_fit, tgr_fit_compare, tgr_simulate, tgr_simulate_goal, tgr_simulate_elsewhere and
 * tgr_router_of_models heed a crew; to other operations it means nothing, and each process does all
 * of them.
 *
 * All functions are called on the thread that made the call, by every process in the same order.
 * They return TGR_OK at every process or at none: where a process has failed or is gone, every
 * other is told so at its next call.
 */
#ifndef TAGROUTE_CREW_H
#define TAGROUTE_CREW_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tgr_crew {
    size_t size;    /* sizeof(tgr_crew); lets the structure grow */
    uint32_t rank;  /* this process, from 0; all see the ranks in the same order */
    uint32_t ranks; /* 1: alone */
    void *user;     /* handed to the functions */

    /* Waits for all. status and error: how this process fares. Returns TGR_OK where all are well,
     * else the status of the first rank that is not, with its sentence in *error. A process may
     * come here in place of any other function, to say that it has failed; the others then return
     * that. */
    tgr_status (*meet)(void *user, tgr_status status, tgr_error *error);

    /* Replaces numbers by their sums over all ranks. Each has `words` (1 or 2) words of 64 bits,
     * the lowest first, and is added without regard to overflow. */
    tgr_status (*sum)(void *user, uint64_t *numbers, size_t count, int words, tgr_error *error);

    /* The `length` bytes of every rank, one after another, at all: ranks x length. */
    tgr_status (*gather)(void *user, const void *own, size_t length, void *all, tgr_error *error);
} tgr_crew;

#ifdef __cplusplus
}
#endif
#endif
