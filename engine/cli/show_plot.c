/* show_plot.c - width from the terminal, characters from the locale. */
#include "engine/cli/show_plot.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <tagroute/report.h>

#include "engine/cli/messages.h"

#define NARROWEST 40
#define WIDEST    110

/* The program stays in the C locale, so the variables are read as the system would. */
static bool speaks_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = NULL;
    for (size_t i = 0; i < 3 && (locale == NULL || locale[0] == '\0'); i++) {
        locale = getenv(names[i]);
    }
    for (; locale != NULL && *locale != '\0'; locale++) {
        if (tolower((unsigned char)locale[0]) == 'u' && tolower((unsigned char)locale[1]) == 't' &&
            tolower((unsigned char)locale[2]) == 'f') {
            const char *digit = locale + 3 + (locale[3] == '-');
            return digit[0] == '8';
        }
    }
    return false;
}

static size_t width_of_terminal(size_t otherwise)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 ||
        size.ws_col == 0) {
        return otherwise;
    }
    size_t width = size.ws_col - 1u;
    return width < NARROWEST ? NARROWEST : width > WIDEST ? WIDEST : width;
}

tgr_status tgr_cli_show_plot(const tgr_simulation *simulation, FILE *file, tgr_error *error)
{
    tgr_plot_options options;
    char *text = NULL;
    tgr_plot_options_init(&options);
    options.columns = width_of_terminal(options.columns);
    options.ascii = !speaks_utf8();
    options.colour = tgr_cli_colour(stdout);
    tgr_status status = tgr_simulation_plot(simulation, &options, &text, NULL, error);
    if (status == TGR_OK && text[0] != '\0') {
        fprintf(file, "%s\n", text);
    }
    tgr_free(text);
    return status;
}
