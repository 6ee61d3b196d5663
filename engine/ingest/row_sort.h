/* row_sort.h - puts one row's entries into column order. */
#ifndef TGR_INGEST_ROW_SORT_H
#define TGR_INGEST_ROW_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Sorts keys, ascending; scratch has room for as many. Rows are short: runs by insertion, merged.
 */
void tgr_row_sort(uint64_t *keys, uint64_t *scratch, size_t count);

#endif
