/* asked.h - checks of what a caller asks of reading logs, before anything is read. */
#ifndef TGR_LOG_ASKED_H
#define TGR_LOG_ASKED_H

#include <stddef.h>

#include <tagroute/ingest.h>
#include <tagroute/status.h>

typedef struct tgr_log_asked {
    const char *const *inputs; /* "-": standard input */
    size_t input_count;
    double max_bad;
    size_t max_record;
    tgr_log_format format;
} tgr_log_asked;

#define TGR_LOG_MAX_BAD    0.05 /* defaults */
#define TGR_LOG_MAX_RECORD ((size_t)64 << 20)

/* TGR_ERR_ARGUMENT unless every log has a name, standard input is read once at most, and the
 * numbers make sense. */
tgr_status tgr_log_check_asked(const tgr_log_asked *asked, tgr_error *error);

#endif
