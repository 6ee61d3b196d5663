/* main.c - tagroute-mpi: as many processes as mpirun starts, which share the queries out. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/cli/commands.h"
#include "engine/cli/mpi/placement.h"
#include "engine/cli/mpi/ranks.h"
#include "engine/cli/program.h"

/* All processes say the same, so that one of them is enough. */
static void fall_silent(void)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        close(nowhere);
    }
}

int main(int count, char **words)
{
    tgr_cli_program program = {
        .name = "tagroute-mpi",
        .summary = "Fits, routes and simulates with several processes, on one machine or many:\n"
                   "`mpirun -n N tagroute-mpi COMMAND ...` gives the bytes of `tagroute COMMAND`.",
        .commands = tgr_cli_shared_commands,
    };
    if (!tgr_ranks_open(&count, &words)) {
        fprintf(stderr, "tagroute-mpi: this MPI cannot be used by a program with threads\n");
        return 1;
    }
    const tgr_crew *crew = tgr_ranks_crew();
    tgr_placement_find();
    if (crew->ranks > 1) {
        program.crew = crew;
        program.listen = tgr_ranks_listen;
        program.threads = tgr_placement_threads();
    }
    program.place = tgr_placement_tell;
    if (crew->rank > 0) {
        fall_silent();
    }
    int result = tgr_cli_run(&program, count, words);
    tgr_placement_forget();
    tgr_ranks_close();
    return result;
}
