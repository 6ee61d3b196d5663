/* write_simulation.c - a simulation on standard output, or as JSON in a file. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/cli/fail.h"
#include "engine/cli/show_simulation.h"
#include "engine/cli/write_file.h"

tgr_status tgr_cli_write_simulation(const tgr_simulation *simulation, const char *path,
                                    tgr_error *error)
{
    char *text = NULL;
    size_t length = 0;
    tgr_status status = tgr_simulation_json(simulation, &text, &length, error);
    if (status == TGR_OK) {
        status = tgr_cli_write_file(path, text, length, error);
    }
    tgr_free(text);
    return status;
}

/* The tables are made in memory, so that a failing write is seen where it happens. */
tgr_status tgr_cli_print_simulation(const tgr_simulation *simulation, tgr_error *error)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    if (memory == NULL) {
        return tgr_cli_fail(error, TGR_ERR_NOMEM, "not enough memory for the tables");
    }
    tgr_cli_show_simulation(simulation, memory);
    tgr_status status = TGR_OK;
    if (fclose(memory) != 0) {
        status = tgr_cli_fail(error, TGR_ERR_NOMEM, "not enough memory for the tables");
    } else {
        status = tgr_cli_write_file("-", text, length, error);
    }
    free(text);
    return status;
}
