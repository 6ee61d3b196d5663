/* hearsay.c - a page of sentences a process, gathered at the end. */
#include "engine/cli/hearsay.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/fail.h"
#include "engine/cli/messages.h"

#define MOST_SENTENCES 10
#define SENTENCE_SIZE  (TGR_ERROR_MESSAGE_SIZE + 1)

typedef char page[MOST_SENTENCES][SENTENCE_SIZE]; /* each begins with its level; "" ends it */

static page kept;
static size_t count;

void tgr_cli_hearsay_keep(tgr_level level, const char *sentence)
{
    if (count < MOST_SENTENCES) {
        snprintf(kept[count++], SENTENCE_SIZE, "%c%s", level == TGR_WARNING ? 'w' : 'n', sentence);
    }
}

static bool is_in(const page *pages, size_t page_count, const char *sentence)
{
    for (size_t i = 0; i < page_count; i++) {
        for (size_t line = 0; line < MOST_SENTENCES; line++) {
            if (strcmp(pages[i][line], sentence) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void say(const char *sentence)
{
    if (sentence[0] == 'w') {
        tgr_cli_warning("%s", sentence + 1);
    } else {
        tgr_cli_note(sentence + 1);
    }
}

tgr_status tgr_cli_hearsay_tell(const tgr_crew *crew, tgr_error *error)
{
    page *pages = tgr_cli_alloc(crew->ranks, sizeof *pages, error);
    if (pages == NULL) {
        return TGR_ERR_NOMEM;
    }
    tgr_status status = crew->gather(crew->user, kept, sizeof kept, pages, error);
    for (size_t i = 1; status == TGR_OK && crew->rank == 0 && i < crew->ranks; i++) {
        for (size_t line = 0; line < MOST_SENTENCES && pages[i][line][0] != '\0'; line++) {
            if (!is_in(pages, i, pages[i][line])) {
                say(pages[i][line]);
            }
        }
    }
    free(pages);
    return status;
}
