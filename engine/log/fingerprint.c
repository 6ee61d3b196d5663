/* fingerprint.c - a file read to its end. */
#include "engine/log/fingerprint.h"

#include <inttypes.h>

#include "engine/base/error.h"
#include "engine/base/runtime.h"
#include "engine/log/source.h"

tgr_status tgr_fingerprint_add(const char *path, const char *what, tgr_buffer *text,
                               const tgr_run *run, tgr_error *error)
{
    char block[1 << 14];
    tgr_source *source = NULL;
    tgr_status status = tgr_source_open(path, run, &source, error);
    for (size_t got = 1; status == TGR_OK && got > 0;) {
        TGR_TRY(tgr_run_check(run, error));
        TGR_TRY(tgr_source_read(source, block, sizeof block, &got, error));
    }
    if (status == TGR_OK) {
        tgr_source_mark mark = tgr_source_marked(source);
        tgr_buffer_format(text, "%s %" PRIu64 " %016" PRIx64 "\n", what, mark.stored, mark.hash);
    }
done:
    tgr_source_close(source);
    return status;
}
