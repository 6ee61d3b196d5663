/* facts.h - what callers know of rows beside their tags, checked before any of it is written. */
#ifndef TGR_ROWS_FACTS_H
#define TGR_ROWS_FACTS_H

#include <tagroute/rows.h>

/* Copies the caller's facts (NULL: none) and checks them. TGR_ERR_ARGUMENT or TGR_ERR_INPUT, naming
 * the column and the row. */
tgr_status tgr_row_facts_take(tgr_row_facts *facts, const tgr_row_facts *given, uint64_t rows,
                              tgr_error *error);

#endif
