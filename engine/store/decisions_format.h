/* decisions_format.h - what the formats of decisions have in common; the store's own. */
#ifndef TGR_STORE_DECISIONS_FORMAT_H
#define TGR_STORE_DECISIONS_FORMAT_H

#include "engine/store/decisions.h"

typedef struct tgr_decisions_h5 tgr_decisions_h5;
typedef struct tgr_decisions_text tgr_decisions_text;

/* The calls of decisions.h, once for HDF5 and once for JSON Lines and MessagePack. first_row: of
 * the decisions put, counted over the whole file. */
tgr_status tgr_decisions_h5_open(const char *path, const tgr_decisions_plan *plan,
                                 tgr_decisions_h5 **writer, tgr_error *error);
tgr_status tgr_decisions_h5_put(tgr_decisions_h5 *writer, const tgr_texts *ids,
                                const int16_t *model, const float *margin, uint64_t first_row,
                                size_t rows, tgr_error *error);
tgr_status tgr_decisions_h5_commit(tgr_decisions_h5 *writer, tgr_error *error);
void tgr_decisions_h5_free(tgr_decisions_h5 *writer);

tgr_status tgr_decisions_text_open(const char *path, bool msgpack, const tgr_decisions_plan *plan,
                                   tgr_decisions_text **writer, tgr_error *error);
tgr_status tgr_decisions_text_put(tgr_decisions_text *writer, const tgr_texts *ids,
                                  const int16_t *model, const float *margin, uint64_t first_row,
                                  size_t rows, tgr_error *error);
tgr_status tgr_decisions_text_commit(tgr_decisions_text *writer, tgr_error *error);
void tgr_decisions_text_free(tgr_decisions_text *writer);

#endif
