/* threads.c - what the threads of a run are used for. */
#include <string.h>

#include "engine/base/runtime.h"
#include "engine/route/routing.h"

static bool all_plain(const tgr_pass *pass)
{
    for (size_t i = 0; i < pass->file_count; i++) {
        if (!tgr_query_is_plain(pass->files[i])) {
            return false;
        }
    }
    return true;
}

void tgr_route_share_threads(tgr_routing *work)
{
    const tgr_route_options *options = &work->options;
    work->in_lanes = tgr_route_lanes_suit(work);
    bool even = !work->in_lanes && tgr_run_threads(work->run) == 2 && tgr_query_read_in_threads() &&
                work->format == TGR_DECISIONS_H5 && options->threshold_count == 1 &&
                !options->ids && !options->margins;
    if (even) {
        work->pass.read_threads = all_plain(&work->pass) ? 1 : 2;
        if (work->run != NULL) {
            size_t known = sizeof work->lean; /* a caller's may be older, and smaller */
            memcpy(&work->lean, work->run, work->run->size < known ? work->run->size : known);
        }
        work->lean.size = sizeof work->lean;
        work->lean.threads = 1;
        work->run = &work->lean;
    }
}
