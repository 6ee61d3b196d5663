/* simulation_outputs.c - a simulation as tables, JSON, CSV and a page. */
#include "engine/cli/simulation_outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tagroute/report.h>

#include "engine/cli/fail.h"
#include "engine/cli/show_simulation.h"
#include "engine/cli/write_file.h"

static const tgr_cli_option outputs_options[] = {
    {"json", 0, "FILE", "everything as one JSON object; - is standard output, without tables"},
    {"csv", 0, "FILE", "every figure as comma-separated values, a row a threshold or baseline"},
    {"html", 0, "FILE", "a report to look at: one page that needs nothing else"},
    {0},
};

const tgr_cli_group tgr_cli_simulation_outputs_group = {"Output", outputs_options};

static bool is_stdout(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

const char *tgr_cli_simulation_outputs_any(const tgr_cli_arguments *arguments)
{
    for (size_t i = 0; outputs_options[i].name != NULL; i++) {
        if (tgr_cli_has(arguments, outputs_options[i].name)) {
            return outputs_options[i].name;
        }
    }
    return NULL;
}

tgr_status tgr_cli_simulation_outputs_read(tgr_cli_simulation_outputs *outputs,
                                           const tgr_cli_arguments *arguments, tgr_error *error)
{
    *outputs = (tgr_cli_simulation_outputs){.json = tgr_cli_text(arguments, "json"),
                                            .csv = tgr_cli_text(arguments, "csv"),
                                            .html = tgr_cli_text(arguments, "html")};
    if (same(outputs->json, outputs->csv) || same(outputs->json, outputs->html) ||
        same(outputs->csv, outputs->html)) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--json, --csv and --html each need a file of their own");
    }
    outputs->silent =
        is_stdout(outputs->json) || is_stdout(outputs->csv) || is_stdout(outputs->html);
    return TGR_OK;
}

typedef tgr_status (*text_maker)(const tgr_simulation *simulation, char **text, size_t *length,
                                 tgr_error *error);

static tgr_status write_one(const char *path, text_maker make, const tgr_simulation *simulation,
                            tgr_error *error)
{
    char *text = NULL;
    size_t length = 0;
    if (path == NULL) {
        return TGR_OK;
    }
    tgr_status status = make(simulation, &text, &length, error);
    if (status == TGR_OK) {
        status = tgr_cli_write_file(path, text, length, error);
    }
    tgr_free(text);
    return status;
}

/* The tables are made in memory, so that a failing write is seen where it happens. */
static tgr_status print_tables(const tgr_simulation *simulation, tgr_error *error)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    if (memory == NULL) {
        return tgr_cli_fail(error, TGR_ERR_NOMEM, "not enough memory for the tables");
    }
    tgr_status status = tgr_cli_show_simulation(simulation, memory, error);
    if (fclose(memory) != 0 && status == TGR_OK) {
        status = tgr_cli_fail(error, TGR_ERR_NOMEM, "not enough memory for the tables");
    }
    if (status == TGR_OK) {
        status = tgr_cli_write_file("-", text, length, error);
    }
    free(text);
    return status;
}

tgr_status tgr_cli_simulation_outputs_write(const tgr_cli_simulation_outputs *outputs,
                                            const tgr_simulation *simulation, tgr_error *error)
{
    tgr_status status = write_one(outputs->json, tgr_simulation_json, simulation, error);
    if (status == TGR_OK) {
        status = write_one(outputs->csv, tgr_simulation_csv, simulation, error);
    }
    if (status == TGR_OK) {
        status = write_one(outputs->html, tgr_simulation_html, simulation, error);
    }
    if (status == TGR_OK && !outputs->silent) {
        status = print_tables(simulation, error);
    }
    return status;
}
