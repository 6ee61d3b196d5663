/* near.h - the word that a mistyped one was probably meant to be. */
#ifndef TGR_CLI_NEAR_H
#define TGR_CLI_NEAR_H

#include <stddef.h>

typedef struct tgr_cli_near {
    const char *word; /* what was typed; not necessarily NUL-terminated */
    size_t length;
    const char *best; /* NULL: nothing is near enough */
    size_t distance;
} tgr_cli_near;

void tgr_cli_near_start(tgr_cli_near *near, const char *word, size_t length);
void tgr_cli_near_offer(tgr_cli_near *near, const char *candidate);

#endif
