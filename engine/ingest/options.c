/* options.c - checks what a caller asks for before anything is read. */
#include "engine/ingest/options.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/base/output.h"
#include "engine/judgements/files.h"
#include "engine/log/asked.h"

#define CHECKPOINT_BYTES        ((uint64_t)256 << 20)
#define CHECKPOINT_MILLISECONDS 3000

void tgr_ingest_options_init(tgr_ingest_options *options)
{
    *options = (tgr_ingest_options){
        .size = sizeof *options,
        .max_bad = TGR_LOG_MAX_BAD,
        .max_record = TGR_LOG_MAX_RECORD,
        .checkpoint_bytes = CHECKPOINT_BYTES,
        .checkpoint_milliseconds = CHECKPOINT_MILLISECONDS,
        .align_min = 0.85,
    };
}

static tgr_status check_log(const tgr_ingest_options *options, tgr_error *error)
{
    const tgr_log_asked asked = {.inputs = options->inputs,
                                 .input_count = options->input_count,
                                 .max_bad = options->max_bad,
                                 .max_record = options->max_record,
                                 .format = options->format};
    if ((unsigned)options->schema >= TGR_SCHEMAS || (unsigned)options->text >= TGR_CHAT_TEXTS) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "there is no schema number %d, or no text %d",
                        (int)options->schema, (int)options->text);
    }
    return tgr_log_check_asked(&asked, error);
}

static tgr_status check_output(const tgr_ingest_options *options, tgr_error *error)
{
    if (options->output == NULL || options->output[0] == '\0') {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "no output is named");
    }
    return TGR_OK;
}

static tgr_status check_tagger(const tgr_ingest_options *options, tgr_error *error)
{
    if (options->vocabulary != NULL && options->router != NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a router tags a log as its own was tagged: leave out the vocabulary");
    }
    if (options->mapping != NULL && options->router != NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a router maps tags as those that it learnt from were: leave out the "
                        "mapping");
    }
    if (!(options->align_min > 0)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the likeness from which tags become their nearest one is above 0");
    }
    return TGR_OK;
}

static tgr_status check_shard(const tgr_ingest_options *options, tgr_error *error)
{
    unsigned shard = options->shard, count = options->shard_count;
    if (shard > count || (shard == 0) != (count == 0)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "there is no shard %u of %u: they count from 1",
                        shard, count);
    }
    if (count > 0 && options->router == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a shard numbers its tags as a router does, so that shards fit together; "
                        "name one");
    }
    return TGR_OK;
}

tgr_status tgr_ingest_options_read(const tgr_ingest_options *given, tgr_ingest_options *options,
                                   tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_ingest_options_init(options);
    TGR_TRY(tgr_options_copy(options, sizeof *options, given, error));
    TGR_TRY(check_log(options, error));
    TGR_TRY(check_output(options, error));
    TGR_TRY(check_tagger(options, error));
    TGR_TRY(tgr_judgements_check(options->outcomes, options->outcome_count, error));
    TGR_TRY(check_shard(options, error));
done:
    return status;
}

static bool same_file(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* That a file to be read is there, and is not the output. Adds its size, where it has one. */
static tgr_status check_one(const char *path, const struct stat *output, uint64_t *total,
                            bool *known, tgr_error *error)
{
    struct stat found;
    if (stat(path, &found) != 0) {
        return tgr_fail_io(error, path, "open", errno);
    }
    if (output != NULL && same_file(&found, output)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "%s: is both read and to be replaced; name another output", path);
    }
    if (S_ISREG(found.st_mode)) {
        *total += (uint64_t)found.st_size;
    } else {
        *known = false;
    }
    return TGR_OK;
}

static tgr_status check_writable(const char *path, tgr_error *error)
{
    tgr_output trial;
    tgr_status status = tgr_output_open(&trial, path, error);
    if (status == TGR_OK) {
        tgr_output_abandon(&trial);
    }
    return status;
}

tgr_status tgr_ingest_check_files(const tgr_ingest_options *options, uint64_t *total,
                                  tgr_error *error)
{
    struct stat found;
    bool to_file = strcmp(options->output, "-") != 0;
    const struct stat *output = to_file && stat(options->output, &found) == 0 ? &found : NULL;
    bool known = true;
    uint64_t of_logs = 0, of_others = 0;
    const char *const others[] = {options->router, options->vocabulary};
    tgr_status status = TGR_OK;
    for (size_t i = 0; i < options->input_count; i++) {
        if (strcmp(options->inputs[i], "-") == 0) {
            known = false;
        } else {
            TGR_TRY(check_one(options->inputs[i], output, &of_logs, &known, error));
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        bool other_known;
        if (others[i] != NULL) {
            TGR_TRY(check_one(others[i], output, &of_others, &other_known, error));
        }
    }
    for (size_t i = 0; i < options->outcome_count; i++) {
        bool other_known;
        TGR_TRY(check_one(options->outcomes[i], output, &of_others, &other_known, error));
    }
    if (to_file) {
        TGR_TRY(check_writable(options->output, error));
    }
    *total = known ? of_logs : 0;
done:
    return status;
}
