/* team.h - threads pinned one to a processor, and pieces of work timed over them. */
#ifndef TGR_BENCH_TEAM_H
#define TGR_BENCH_TEAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

/* Processors that the process may use, one thread of each core before the second of any. */
typedef struct tgr_team {
    int *processors;
    size_t processor_count;
    void *affinity; /* of the calling thread, to be put back */
    size_t affinity_size;
    int most_threads;
    struct tgr_team_pieces *pieces; /* threads: what each has left to do */
} tgr_team;

/* most_threads: of any run. Freed with tgr_team_close in any case, which puts the calling thread's
 * affinity back. */
tgr_status tgr_team_open(tgr_team *team, int most_threads, tgr_error *error);
void tgr_team_close(tgr_team *team);

/* Does rows [begin, end) as thread number `thread`. */
typedef uint64_t tgr_team_body(const void *work, size_t thread, size_t begin, size_t end);

/* Seconds: from the first thread's start to the last one's end; and how long threads were on a
 * processor between, all together, which says whether something else kept them off it. */
typedef struct tgr_team_time {
    double seconds, busy;
} tgr_team_time;

/* A body over all pieces. Thread t of n begins with the t-th n-th of the pieces, which are the rows
 * that it placed in memory, and then takes what others have left. *seen: what the bodies returned,
 * exclusive-or'd. */
tgr_team_time tgr_team_run(const tgr_team *team, int threads, const size_t *bounds, size_t pieces,
                           tgr_team_body *body, const void *work, uint64_t *seen);

/* Each thread its equal share of `count`, for placing memory: the body is called once a thread. */
void tgr_team_share(const tgr_team *team, int threads, size_t count, tgr_team_body *body,
                    const void *work);

#endif
