/* crew_row.h - numbers of many places, put in a row and added up over all processes in one go.
 *
 * One routine passes every number of what is united. It is called three times: to count them, to
 * pack them, and to put the sums back. Every number travels as a wide one; counts wrap, so of these
 * the low half counts.
 */
#ifndef TGR_BASE_CREW_ROW_H
#define TGR_BASE_CREW_ROW_H

#include "engine/base/crew.h"

typedef struct tgr_crew_row {
    enum { TGR_ROW_COUNTING, TGR_ROW_PACKING, TGR_ROW_PUTTING_BACK } doing;
    tgr_sum *numbers;
    size_t count;
} tgr_crew_row;

void tgr_crew_row_sum(tgr_crew_row *row, tgr_sum *sum);
void tgr_crew_row_number(tgr_crew_row *row, uint64_t *number);
void tgr_crew_row_numbers(tgr_crew_row *row, uint64_t *numbers, size_t count);

/* Has to pass as many numbers at every process. */
typedef void tgr_crew_passing(tgr_crew_row *row, void *user);

/* What `pass` passes becomes its sums over all processes; alone, nothing happens. */
tgr_status tgr_crew_unite(const tgr_run *run, tgr_crew_passing *pass, void *user, tgr_error *error);

#endif
