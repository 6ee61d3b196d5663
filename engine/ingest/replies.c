/* replies.c - a file is of responses where its first record is one. */
#include "engine/ingest/replies.h"

#include <string.h>
#include <sys/stat.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/log/fingerprint.h"

/* Whether an input is such a file; *size is then what it has. */
static tgr_status look(const tgr_ingest_state *in, const char *path, bool *answers, uint64_t *size,
                       tgr_error *error)
{
    struct stat found;
    *answers = false;
    if (strcmp(path, "-") == 0 || stat(path, &found) != 0 || !S_ISREG(found.st_mode)) {
        return TGR_OK;
    }
    *size = (uint64_t)found.st_size;
    return tgr_responses_begin(path, in->options.format, in->run, answers, error);
}

static bool reserve(tgr_ingest_state *in)
{
    in->asked = tgr_mem_alloc(in->options.input_count, sizeof *in->asked);
    in->replies = tgr_mem_alloc(in->options.input_count, sizeof *in->replies);
    return in->asked != NULL && in->replies != NULL;
}

tgr_status tgr_replies_take_out(tgr_ingest_state *in)
{
    tgr_ingest_options *options = &in->options;
    size_t asked = 0;
    tgr_status status = TGR_OK;
    if (options->schema != TGR_SCHEMA_AUTO && options->schema != TGR_SCHEMA_OPENAI) {
        return TGR_OK;
    }
    if (!reserve(in)) {
        return tgr_fail_memory(in->error, "the names of the logs");
    }
    for (size_t i = 0; i < options->input_count; i++) {
        bool answers;
        uint64_t size = 0;
        TGR_TRY(look(in, options->inputs[i], &answers, &size, in->error));
        if (answers) {
            in->replies[in->reply_count++] = options->inputs[i];
            in->total -= size < in->total ? size : in->total;
        } else {
            in->asked[asked++] = options->inputs[i];
        }
    }
    if (asked == 0) {
        TGR_TRY(tgr_fail(in->error, TGR_ERR_INPUT,
                         "%s: holds responses without the requests that they are to; name the file "
                         "of requests, too",
                         options->inputs[0]));
    }
    options->inputs = in->asked;
    options->input_count = asked;
done:
    return status;
}

tgr_status tgr_replies_read(tgr_ingest_state *in)
{
    tgr_status status = TGR_OK;
    if (in->reply_count == 0) {
        return TGR_OK;
    }
    if (!tgr_responses_open(&in->responses)) {
        return tgr_fail_memory(in->error, "responses");
    }
    for (size_t i = 0; i < in->reply_count; i++) {
        TGR_TRY(tgr_fingerprint_add(in->replies[i], "responses", &in->beside, in->run, in->error));
        TGR_TRY(tgr_responses_read(&in->responses, in->replies[i], in->options.format, in->run,
                                   in->error));
    }
    if (!tgr_responses_settle(&in->responses)) {
        status = tgr_fail_memory(in->error, "responses");
    }
done:
    return status;
}

void tgr_replies_free(tgr_ingest_state *in)
{
    tgr_responses_free(&in->responses);
    tgr_mem_free(in->asked);
    tgr_mem_free(in->replies);
}
