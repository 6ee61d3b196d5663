/* main.c - tagroute-manual FOLDER: writes pages and completions into a folder. Part of the build,
 * not installed. */
#include <stdbool.h>
#include <string.h>

#include "engine/cli/manual/manual.h"

static bool write_file(const char *folder, const char *name, void (*write)(FILE *file),
                       const tgr_cli_command *command)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "w") : NULL;
    if (file == NULL) {
        perror(path);
        return false;
    }
    if (command != NULL) {
        tgr_manual_command(file, command);
    } else {
        write(file);
    }
    bool good = !ferror(file);
    good = fclose(file) == 0 && good;
    if (!good) {
        perror(path);
    }
    return good;
}

int main(int count, char **words)
{
    if (count != 2) {
        fprintf(stderr, "usage: tagroute-manual FOLDER\n");
        return 2;
    }
    bool good = write_file(words[1], "tagroute.1", tgr_manual_program, NULL) &&
                write_file(words[1], "tagroute.bash", tgr_complete_bash, NULL) &&
                write_file(words[1], "_tagroute", tgr_complete_zsh, NULL) &&
                write_file(words[1], "tagroute.fish", tgr_complete_fish, NULL);
    for (size_t i = 0; good && tgr_cli_commands[i] != NULL; i++) {
        char name[64];
        snprintf(name, sizeof name, "tagroute-%s.1", tgr_cli_commands[i]->name);
        good = write_file(words[1], name, NULL, tgr_cli_commands[i]);
    }
    return good ? 0 : 1;
}
