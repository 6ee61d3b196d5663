/* row_ranks.h - puts a short row's entries into column order by counting, for each, the columns
 * before its own: all comparisons, but sixteen at a time and without a branch.
 */
#ifndef TGR_INGEST_ROW_RANKS_H
#define TGR_INGEST_ROW_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TGR_ROW_RANKS_MOST 64 /* entries; columns and ranks have room for so many */

/* Whether it is faster than sorting here. */
bool tgr_row_ranks_pay(void);

/* ranks[i]: how many of `count` distinct columns are smaller than columns[i]. */
void tgr_row_ranks(const uint32_t *columns, size_t count, uint32_t *ranks);

#endif
