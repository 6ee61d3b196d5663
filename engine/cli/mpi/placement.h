/* placement.h - on which hosts and processors the processes of an MPI job run. */
#ifndef TGR_CLI_MPI_PLACEMENT_H
#define TGR_CLI_MPI_PLACEMENT_H

/* Once the job is joined; every process takes part. Forgotten before it is left. */
void tgr_placement_find(void);
void tgr_placement_forget(void);

/* How many threads this process should use: its processors, shared out among those on this host
 * that may use the same ones. */
int tgr_placement_threads(void);

/* A sentence a process, in the first one. */
void tgr_placement_tell(void (*say)(const char *sentence));

#endif
