/* threads.c - what the threads of a run are used for. */
#include <string.h>

#include "engine/base/runtime.h"
#include "engine/route/routing.h"

void tgr_route_share_threads(tgr_routing *work)
{
    const tgr_route_options *options = &work->options;
    bool even = tgr_run_threads(work->run) == 2 && tgr_query_read_in_threads() &&
                work->format == TGR_DECISIONS_H5 && options->threshold_count == 1 &&
                !options->ids && !options->margins;
    for (size_t i = 0; even && i < work->pass.file_count; i++) {
        even = tgr_query_is_plain(work->pass.files[i]);
    }
    if (even) {
        if (work->run != NULL) {
            size_t known = sizeof work->lean; /* a caller's may be older, and smaller */
            memcpy(&work->lean, work->run, work->run->size < known ? work->run->size : known);
        }
        work->lean.size = sizeof work->lean;
        work->lean.threads = 1;
        work->run = &work->lean;
    }
}
