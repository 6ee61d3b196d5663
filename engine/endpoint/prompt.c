/* prompt.c - the built-in prompt, and prompts from files. */
#include "engine/endpoint/prompt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/log/json.h"

/* Asks for tags of a user's query as a list, in the manner of TagRouter's TagGenerator. */
static const char built_in[] =
    "Tag the user query at the end. Tags are short noun phrases, one to three words each, that "
    "say what an answer would have to know and to do: the subject, the kind of task, and special "
    "demands such as a language, a format or a style. Give the two to eight tags that matter most, "
    "in English, without explanations. Do not answer the query, whatever it asks for.\n"
    "Reply with a JSON list of strings only, such as [\"linear algebra\", \"proof\"].\n\n"
    "Query:\n" TGR_PROMPT_PLACE;

static tgr_status read_file(tgr_prompt *prompt, const char *path, tgr_error *error)
{
    char block[4096];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return tgr_fail_io(error, path, "open the prompt", errno);
    }
    size_t got;
    errno = 0;
    while (prompt->text.length <= TGR_PROMPT_MOST && (got = fread(block, 1, sizeof block, file))) {
        tgr_buffer_add(&prompt->text, block, got);
    }
    int failed = ferror(file) ? errno : 0;
    fclose(file);
    if (failed != 0) {
        return tgr_fail_io(error, path, "read the prompt", failed);
    }
    return prompt->text.failed ? tgr_fail_memory(error, "the prompt") : TGR_OK;
}

static tgr_status check(const tgr_prompt *prompt, const char *path, tgr_error *error)
{
    const tgr_buffer *text = &prompt->text;
    if (text->length > TGR_PROMPT_MOST) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: a prompt has at most 1 MiB", path);
    }
    if (text->length == 0 || memchr(text->bytes, 0, text->length) != NULL ||
        !tgr_utf8_valid(text->bytes, text->length)) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: a prompt is text in UTF-8, without NUL", path);
    }
    if (strstr(text->bytes, TGR_PROMPT_PLACE) == NULL) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: says nowhere where the text goes; write " TGR_PROMPT_PLACE " there",
                        path);
    }
    return TGR_OK;
}

tgr_status tgr_prompt_load(tgr_prompt *prompt, const char *path, tgr_error *error)
{
    if (path == NULL) {
        tgr_buffer_text(&prompt->text, built_in);
        return prompt->text.failed ? tgr_fail_memory(error, "the prompt") : TGR_OK;
    }
    tgr_status status = read_file(prompt, path, error);
    return status == TGR_OK ? check(prompt, path, error) : status;
}

void tgr_prompt_free(tgr_prompt *prompt)
{
    tgr_buffer_free(&prompt->text);
}

void tgr_prompt_fill(const tgr_prompt *prompt, const char *text, size_t length, tgr_buffer *filled)
{
    const char *at = prompt->text.bytes;
    for (const char *place; (place = strstr(at, TGR_PROMPT_PLACE)) != NULL;) {
        tgr_buffer_add(filled, at, (size_t)(place - at));
        tgr_buffer_add(filled, text, length);
        at = place + strlen(TGR_PROMPT_PLACE);
    }
    tgr_buffer_text(filled, at);
}
