/* info.h - what a file holds, verified. */
#ifndef TAGROUTE_INFO_H
#define TAGROUTE_INFO_H

#include <stddef.h>

#include <tagroute/export.h>
#include <tagroute/prices.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads a query file, router, vocabulary or decision file (told apart by its content), checks it
 * whole, and describes it: *text as a screenful for people, *json as one JSON object (`kind` is
 * "queries", "router", "vocabulary" or "decisions"). Either may be NULL; both are freed with
 * tgr_free. TGR_ERR_INPUT where the file is none of these or is damaged; the sentence says where.
 */
TGR_API tgr_status tgr_info(const char *path, char **text, char **json, const tgr_run *run,
                            tgr_error *error);

/* The same with prices: a router is described with them, and a query file's recorded costs are
 * compared with them. NULL: as above. */
TGR_API tgr_status tgr_info_priced(const char *path, const tgr_price_options *prices, char **text,
                                   char **json, const tgr_run *run, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
