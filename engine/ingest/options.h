/* options.h - the caller's options, complete and checked. */
#ifndef TGR_INGEST_OPTIONS_H
#define TGR_INGEST_OPTIONS_H

#include <tagroute/ingest.h>

/* Copies what the caller's structure has (it may be older and shorter), takes defaults for the
 * rest, and checks all of it: TGR_ERR_ARGUMENT. */
tgr_status tgr_ingest_options_read(const tgr_ingest_options *given, tgr_ingest_options *options,
                                   tgr_error *error);

/* That the logs are there, that the output can be made (standard output is there, "-"), and that it
 * is not one of the files read. Better before hours of reading than after. *total: bytes of all
 * logs as stored, 0 where one is not known. */
tgr_status tgr_ingest_check_files(const tgr_ingest_options *options, uint64_t *total,
                                  tgr_error *error);

#endif
