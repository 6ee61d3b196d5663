/* prompt.h - what a model is told, with a place for the text. */
#ifndef TGR_ENDPOINT_PROMPT_H
#define TGR_ENDPOINT_PROMPT_H

#include <stddef.h>

#include <tagroute/status.h>

#include "engine/base/buffer.h"

#define TGR_PROMPT_PLACE "{text}"
#define TGR_PROMPT_MOST  ((size_t)1 << 20) /* bytes of a prompt file */

/* Starts zeroed. */
typedef struct tgr_prompt {
    tgr_buffer text; /* holds TGR_PROMPT_PLACE at least once */
} tgr_prompt;

/* path: a file of UTF-8 that holds {text}; NULL for the built-in prompt. */
tgr_status tgr_prompt_load(tgr_prompt *prompt, const char *path, tgr_error *error);
void tgr_prompt_free(tgr_prompt *prompt);

/* Appends the prompt with the text in its place. */
void tgr_prompt_fill(const tgr_prompt *prompt, const char *text, size_t length, tgr_buffer *filled);

#endif
