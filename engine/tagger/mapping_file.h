/* mapping_file.h - mappings in files. */
#ifndef TGR_TAGGER_MAPPING_FILE_H
#define TGR_TAGGER_MAPPING_FILE_H

#include <tagroute/status.h>

#include "engine/tagger/mapping.h"

/* Reads a mapping that people may have edited. TGR_ERR_INPUT names file and line. */
tgr_status tgr_mapping_load(const char *path, tgr_mapping **mapping, tgr_error *error);

/* Writes a mapping, atomically; seen as in tgr_mapping_write. */
tgr_status tgr_mapping_save(const tgr_mapping *mapping, const double *seen, const char *path,
                            tgr_error *error);

#endif
