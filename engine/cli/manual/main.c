/* main.c - tagroute-manual FOLDER: writes pages and completions into a folder. Part of the build,
 * not installed. */
#include <stdbool.h>
#include <string.h>

#include "engine/cli/manual/manual.h"

static const char *folder;
static bool good = true;

static void write_file(const char *name, void (*write)(FILE *file, const tgr_cli_command *command),
                       const tgr_cli_command *command)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "w") : NULL;
    if (file == NULL) {
        perror(path);
        good = false;
        return;
    }
    write(file, command);
    bool written = !ferror(file);
    written = fclose(file) == 0 && written;
    if (!written) {
        perror(path);
        good = false;
    }
}

static void program_page(FILE *file, const tgr_cli_command *command)
{
    (void)command;
    tgr_manual_program(file);
}

static void shared_page(FILE *file, const tgr_cli_command *command)
{
    (void)command;
    tgr_manual_shared(file);
}

static void write_bash(FILE *file, const tgr_cli_command *command)
{
    (void)command;
    tgr_complete_bash(file);
}

static void write_zsh(FILE *file, const tgr_cli_command *command)
{
    (void)command;
    tgr_complete_zsh(file);
}

static void write_fish(FILE *file, const tgr_cli_command *command)
{
    (void)command;
    tgr_complete_fish(file);
}

static void write_page(FILE *file, const tgr_cli_command *command)
{
    (void)file;
    char page[64], name[80];
    tgr_page_name(command, page, sizeof page);
    snprintf(name, sizeof name, "%s.1", page);
    write_file(name, tgr_manual_command, command);
}

int main(int count, char **words)
{
    if (count != 2) {
        fprintf(stderr, "usage: tagroute-manual FOLDER\n");
        return 2;
    }
    folder = words[1];
    write_file("tagroute.1", program_page, NULL);
    write_file("tagroute-mpi.1", shared_page, NULL);
    write_file("tagroute.bash", write_bash, NULL);
    write_file("_tagroute", write_zsh, NULL);
    write_file("tagroute.fish", write_fish, NULL);
    tgr_manual_each(write_page, NULL);
    return good ? 0 : 1;
}
