/* move_judged.h - judgements on their way into the query file, with the rows that they are of. */
#ifndef TGR_INGEST_MOVE_JUDGED_H
#define TGR_INGEST_MOVE_JUDGED_H

#include "engine/ingest/move.h"

/* Numbers the judged models, those of unknown ids too, behind those of the logs. All have been
 * read. */
tgr_status tgr_judged_number(tgr_judgements *judged, tgr_columns *columns, tgr_error *error);

/* Notes what was judged of a row of the block, which has judgements. */
void tgr_judged_find(const tgr_block *block, size_t row, const char *id, size_t length);

/* Puts what was judged in the place of what the log says of its pairs. */
void tgr_judged_lay(tgr_model_mover *mover, const tgr_block *block);

/* Likewise the weights that come with judgements, over those of the log. */
void tgr_judged_weigh(const tgr_block *block, double *weights);

#endif
