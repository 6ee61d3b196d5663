/* value_kind.c - what an argument's word in a table says about it. */
#include "engine/cli/manual/manual.h"

#include <ctype.h>
#include <string.h>

/* "paper|bayes": words of small letters and digits, and nothing that stands for something else. */
static int is_choice(const char *argument)
{
    for (const char *at = argument; *at != '\0'; at++) {
        if (!islower((unsigned char)*at) && !isdigit((unsigned char)*at) && *at != '|' &&
            *at != '-') {
            return 0;
        }
    }
    return strchr(argument, '|') != NULL;
}

tgr_value_kind tgr_value_kind_of(const char *argument)
{
    static const char *const files[] = {"FILE", "LOG", ".h5", ".json", ".msgpack", "DIR", "FOLDER"};
    if (is_choice(argument)) {
        return TGR_VALUE_CHOICE;
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strstr(argument, files[i]) != NULL) {
            return TGR_VALUE_FILE;
        }
    }
    return strcmp(argument, "R") == 0 || strcmp(argument, "ROUTER") == 0 ? TGR_VALUE_FILE
                                                                         : TGR_VALUE_OTHER;
}

void tgr_brief(const char *help, char *text, size_t size)
{
    size_t length = 0;
    for (const char *at = help; *at != '\0' && *at != ';' && *at != '\n' && length + 1 < size;
         at++) {
        if (strchr("'\"`\\[]:$", *at) == NULL) {
            text[length++] = *at;
        }
    }
    text[length] = '\0';
}
