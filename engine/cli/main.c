/* main.c - tagroute: one process with all commands. */
#include "engine/cli/commands.h"
#include "engine/cli/program.h"

int main(int count, char **words)
{
    static const tgr_cli_program tagroute = {
        .name = "tagroute",
        .summary = "Routes large logs of LLM queries to models, offline.",
        .commands = tgr_cli_commands,
    };
    return tgr_cli_run(&tagroute, count, words);
}
