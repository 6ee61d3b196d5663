/* logs.c - names of the inputs. */
#include "engine/ingest/logs.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/ingest/source_name.h"

static bool set_name(tgr_log_name *log, const char *path)
{
    tgr_buffer text = {0};
    const char *slash = strrchr(path, '/');
    log->path = path;
    log->name = strcmp(path, "-") == 0 ? "stdin" : slash != NULL ? slash + 1 : path;
    tgr_source_name_text(log->name, &text);
    log->text = text.failed ? NULL : tgr_mem_string_n(text.bytes ? text.bytes : "", text.length);
    tgr_buffer_free(&text);
    return log->text != NULL;
}

tgr_status tgr_logs_open(tgr_logs *logs, const tgr_ingest_options *options, tgr_error *error)
{
    logs->logs = tgr_mem_zalloc(options->input_count, sizeof *logs->logs);
    bool complete = logs->logs != NULL;
    for (size_t i = 0; i < options->input_count && complete; i++) {
        complete = set_name(&logs->logs[i], options->inputs[i]);
        logs->count++;
    }
    return complete ? TGR_OK : tgr_fail_memory(error, "the names of the logs");
}

void tgr_logs_free(tgr_logs *logs)
{
    for (size_t i = 0; i < logs->count; i++) {
        tgr_mem_free(logs->logs[i].text);
    }
    tgr_mem_free(logs->logs);
    *logs = (tgr_logs){0};
}
