/* ranks.h - the processes of an MPI job as a crew. */
#ifndef TGR_CLI_MPI_RANKS_H
#define TGR_CLI_MPI_RANKS_H

#include <stdbool.h>

#include <tagroute/crew.h>

/* Joins the job; false where its MPI knows nothing of threads. */
bool tgr_ranks_open(int *count, char ***words);
void tgr_ranks_close(void);

const tgr_crew *tgr_ranks_crew(void);

/* Stops this process, as a signal would, where another one has said that it failed. */
void tgr_ranks_listen(void);

#endif
