/* placement.c - asking each process where it is, and sharing processors out. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "engine/cli/mpi/placement.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mpi.h>

typedef struct place {
    char host[128];
    cpu_set_t processors;
} place;

static place *places; /* of every process; NULL where memory is short */
static int rank, ranks;

void tgr_placement_find(void)
{
    place own;
    memset(&own, 0, sizeof own);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    gethostname(own.host, sizeof own.host - 1);
    sched_getaffinity(0, sizeof own.processors, &own.processors);
    places = malloc((size_t)ranks * sizeof *places);
    if (places == NULL) {
        MPI_Abort(MPI_COMM_WORLD, 1);
        return;
    }
    MPI_Allgather(&own, (int)sizeof own, MPI_BYTE, places, (int)sizeof own, MPI_BYTE,
                  MPI_COMM_WORLD);
}

void tgr_placement_forget(void)
{
    free(places);
    places = NULL;
}

/* Processors of a process, divided by how many have the same ones. */
static int threads_of(int process)
{
    const place *one = &places[process];
    int sharing = 0, processors = CPU_COUNT(&one->processors);
    for (int i = 0; i < ranks; i++) {
        sharing += strcmp(places[i].host, one->host) == 0 &&
                   CPU_EQUAL(&places[i].processors, &one->processors);
    }
    int threads = sharing > 0 ? processors / sharing : 1;
    return threads > 0 ? threads : 1;
}

int tgr_placement_threads(void)
{
    return threads_of(rank);
}

void tgr_placement_tell(void (*say)(const char *sentence))
{
    for (int i = 0; i < ranks; i++) {
        char sentence[256];
        int threads = threads_of(i);
        snprintf(sentence, sizeof sentence,
                 "process %d of %d runs on %s, may use %d processor%s and by itself takes %d "
                 "thread%s",
                 i + 1, ranks, places[i].host, CPU_COUNT(&places[i].processors),
                 CPU_COUNT(&places[i].processors) == 1 ? "" : "s", threads,
                 threads == 1 ? "" : "s");
        say(sentence);
    }
}
