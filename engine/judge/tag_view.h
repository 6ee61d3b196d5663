/* tag_view.h - how a router's tags stand on a set of queries, and how two sets differ in them. */
#ifndef TGR_JUDGE_TAG_VIEW_H
#define TGR_JUDGE_TAG_VIEW_H

#include <tagroute/details.h>

#include "engine/router/router.h"

/* counts: the router's tags, zeroed; how many queries have each, by weight. */
tgr_status tgr_tag_view_read(const tgr_router *router, const char *const *inputs,
                             size_t input_count, const char *split, const tgr_run *run,
                             uint64_t *counts, tgr_tag_view *view, tgr_error *error);

/* Half the sum of differences of shares, and the share of the first's that the second lacks. */
void tgr_tag_views_differ(const uint64_t *first, const uint64_t *second, size_t tags, double *drift,
                          double *unseen);

#endif
