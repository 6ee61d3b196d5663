/* eligibility.h - which models may serve which queries, as bit masks. */
#ifndef TGR_ROUTER_ELIGIBILITY_H
#define TGR_ROUTER_ELIGIBILITY_H

#include "engine/router/serve.h"

/* Fills the serve's masks and token limits; its order and place are there already. */
tgr_status tgr_eligibility_open(tgr_serve *serve, const tgr_router *router,
                                const tgr_query_file *file, tgr_error *error);

#endif
