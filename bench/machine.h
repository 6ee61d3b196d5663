/* machine.h - what the figures were taken on. */
#ifndef TGR_BENCH_MACHINE_H
#define TGR_BENCH_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "bench/team.h"

/* Numbers that are not known are 0, texts "". */
typedef struct tgr_machine {
    char cpu[128];
    int allowed; /* processors that this process may use */
    int cores;   /* that these belong to */
    int online;  /* processors of the machine */
    int threads_per_core;
    int sockets, numa_nodes;
    uint64_t cache[3]; /* bytes of a data or unified cache of each level */
    uint64_t memory;
    uint64_t memory_limit;  /* of the control group */
    double processor_limit; /* of the control group: processors' worth of time */
    char governor[32];
    char huge_pages[16];
} tgr_machine;

void tgr_machine_describe(tgr_machine *machine, const tgr_team *team);

#endif
