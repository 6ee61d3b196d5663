/* fingerprint.h - what tells a file that is read beside the logs from what it was before. */
#ifndef TGR_LOG_FINGERPRINT_H
#define TGR_LOG_FINGERPRINT_H

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/base/buffer.h"

/* Appends a line of `what`, the file's size and a hash of its bytes as stored. */
tgr_status tgr_fingerprint_add(const char *path, const char *what, tgr_buffer *text,
                               const tgr_run *run, tgr_error *error);

#endif
