/* logs.c - names of the inputs. */
#include "engine/ingest/logs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/strings.h"
#include "engine/ingest/source_name.h"

static bool is_taken(const tgr_strings *names, const tgr_buffer *text)
{
    return !text->failed &&
           tgr_strings_find(names, text->bytes ? text->bytes : "", text->length) != TGR_STRING_NONE;
}

/* The second log of a name gets #2 behind it, and so on. */
static bool set_text(tgr_log_name *log, tgr_strings *names)
{
    tgr_buffer text = {0};
    tgr_source_name_text(log->name, &text);
    size_t length = text.length;
    for (unsigned next = 2; is_taken(names, &text); next++) {
        log->renamed = true;
        text.length = length;
        tgr_buffer_format(&text, "#%u", next);
    }
    const char *bytes = text.bytes != NULL ? text.bytes : "";
    bool complete = !text.failed && tgr_strings_add(names, bytes, text.length) != TGR_STRING_NONE;
    log->text = complete ? tgr_mem_string_n(bytes, text.length) : NULL;
    tgr_buffer_free(&text);
    return log->text != NULL;
}

static bool set_name(tgr_log_name *log, const char *path, tgr_strings *names)
{
    const char *slash = strrchr(path, '/');
    log->path = path;
    log->range = tgr_log_whole;
    log->name = strcmp(path, "-") == 0 ? "stdin" : slash != NULL ? slash + 1 : path;
    return set_text(log, names);
}

static tgr_status measure(tgr_logs *logs, uint64_t *total, tgr_error *error)
{
    struct stat found;
    for (size_t i = 0; i < logs->count; i++) {
        tgr_log_name *log = &logs->logs[i];
        bool from_stdin = strcmp(log->path, "-") == 0;
        if (!from_stdin && stat(log->path, &found) != 0) {
            return tgr_fail_io(error, log->path, "open", errno);
        }
        if (from_stdin || !S_ISREG(found.st_mode)) {
            return tgr_fail(error, TGR_ERR_ARGUMENT,
                            "%s: is no file, so it has no shares that shards could take",
                            log->name);
        }
        log->size = (uint64_t)found.st_size;
        *total += log->size;
    }
    return TGR_OK;
}

/* A number of bytes before a shard, without overflow. */
static uint64_t share(uint64_t total, unsigned shard, unsigned count)
{
    return total / count * shard + total % count * shard / count;
}

static tgr_status set_ranges(tgr_logs *logs, const tgr_ingest_options *options, tgr_error *error)
{
    uint64_t total = 0, before = 0;
    tgr_status status = measure(logs, &total, error);
    logs->begin = share(total, options->shard - 1, options->shard_count);
    logs->end = share(total, options->shard, options->shard_count);
    for (size_t i = 0; i < logs->count; i++) {
        tgr_log_name *log = &logs->logs[i];
        log->range.begin = logs->begin > before ? logs->begin - before : 0;
        log->range.end = logs->end > before ? logs->end - before : 0;
        if (log->range.begin >= log->size) { /* it ends before */
            log->range.end = 0;
        }
        before += log->size;
    }
    return status;
}

tgr_status tgr_logs_open(tgr_logs *logs, const tgr_ingest_options *options, tgr_error *error)
{
    tgr_strings *names = tgr_strings_new();
    logs->logs = tgr_mem_zalloc(options->input_count, sizeof *logs->logs);
    bool complete = logs->logs != NULL && names != NULL;
    for (size_t i = 0; i < options->input_count && complete; i++) {
        complete = set_name(&logs->logs[i], options->inputs[i], names);
        logs->count++;
    }
    tgr_strings_free(names);
    if (!complete) {
        return tgr_fail_memory(error, "the names of the logs");
    }
    return options->shard_count > 0 ? set_ranges(logs, options, error) : TGR_OK;
}

void tgr_logs_free(tgr_logs *logs)
{
    for (size_t i = 0; i < logs->count; i++) {
        tgr_mem_free(logs->logs[i].text);
    }
    tgr_mem_free(logs->logs);
    *logs = (tgr_logs){0};
}
