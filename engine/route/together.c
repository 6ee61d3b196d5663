/* together.c - routing by the processes of a crew: what they may be asked for, and what they
 * counted. */
#include <string.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/route/routing.h"

tgr_status tgr_route_check_crew(const tgr_routing *work, tgr_error *error)
{
    if (work->options.shards > 0) {
        return tgr_fail(error, TGR_ERR_UNSUPPORTED,
                        "shards are for processes that know nothing of each other; these share the "
                        "queries out among themselves: leave the shard out");
    }
    if (strcmp(work->options.output, "-") == 0) {
        return tgr_fail(error, TGR_ERR_UNSUPPORTED,
                        "several processes write their decisions side by side, which standard "
                        "output does not allow; name a file with -o, or route in one process");
    }
    return TGR_OK;
}

tgr_status tgr_route_unite(tgr_routing *work, tgr_error *error)
{
    tgr_decide *decide = &work->decide;
    uint64_t *const counts[] = {&decide->queries,   &decide->nonzeros,  &decide->no_known_tag,
                                &decide->fell_back, &decide->undecided, &work->unknown_tags,
                                &work->resumed};
    uint64_t numbers[sizeof counts / sizeof counts[0]];
    tgr_status status = TGR_OK;
    if (tgr_run_crew(work->run) == NULL) {
        return TGR_OK;
    }
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        numbers[i] = *counts[i];
    }
    TGR_TRY(tgr_crew_sum(work->run, numbers, sizeof counts / sizeof counts[0], error));
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        *counts[i] = numbers[i];
    }
    TGR_TRY(tgr_crew_sum(work->run, (uint64_t *)(void *)&work->aligned,
                         sizeof work->aligned / sizeof(uint64_t), error));
    TGR_TRY(tgr_route_tally_unite(&work->tally, work->run, error));
done:
    return status;
}
