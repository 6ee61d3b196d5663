/* crew_row.c - counting, packing, adding up, putting back. */
#include "engine/base/crew_row.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"

void tgr_crew_row_sum(tgr_crew_row *row, tgr_sum *sum)
{
    if (row->doing == TGR_ROW_PACKING) {
        row->numbers[row->count] = *sum;
    } else if (row->doing == TGR_ROW_PUTTING_BACK) {
        *sum = row->numbers[row->count];
    }
    row->count++;
}

void tgr_crew_row_number(tgr_crew_row *row, uint64_t *number)
{
    tgr_sum wide = (tgr_sum)*number;
    tgr_crew_row_sum(row, &wide);
    *number = (uint64_t)wide;
}

void tgr_crew_row_numbers(tgr_crew_row *row, uint64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tgr_crew_row_number(row, &numbers[i]);
    }
}

tgr_status tgr_crew_unite(const tgr_run *run, tgr_crew_passing *pass, void *user, tgr_error *error)
{
    tgr_crew_row row = {.doing = TGR_ROW_COUNTING};
    if (tgr_run_crew(run) == NULL) {
        return TGR_OK;
    }
    pass(&row, user);
    size_t count = row.count;
    row = (tgr_crew_row){TGR_ROW_PACKING, tgr_mem_alloc(count, sizeof *row.numbers), 0};
    if (row.numbers == NULL) {
        return tgr_fail_memory(error, "the sums of all processes");
    }
    pass(&row, user);
    tgr_status status = tgr_crew_sum_wide(run, row.numbers, count, error);
    if (status == TGR_OK) {
        row.doing = TGR_ROW_PUTTING_BACK;
        row.count = 0;
        pass(&row, user);
    }
    tgr_mem_free(row.numbers);
    return status;
}
