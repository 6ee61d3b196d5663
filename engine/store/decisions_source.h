/* decisions_source.h - a decision file being read; the store's own. */
#ifndef TGR_STORE_DECISIONS_SOURCE_H
#define TGR_STORE_DECISIONS_SOURCE_H

#include "engine/store/array.h"
#include "engine/store/decisions.h"

/* TGR_ERR_INPUT: "PATH: WHY". */
tgr_status tgr_decisions_bad(const tgr_h5_file *file, const char *why, tgr_error *error);

/* Everything that /uns/tagroute holds; freed with tgr_decisions_summary_free in any case. */
tgr_status tgr_decisions_read_header(const tgr_h5_file *file, tgr_decisions_summary *summary,
                                     tgr_error *error);

/* Opens the codes: of the categorical /obs/model, or the matrix /obsm/model. */
tgr_status tgr_decisions_open_codes(const tgr_h5_file *file, hid_t frame, bool single,
                                    tgr_array *codes, tgr_error *error);

#endif
