/* pass_share.c - which rows are this process's: equal shares of rows and stored values together.
 *
 * A row costs something whatever it holds, and each stored value as much again; so shares take
 * about equally long, and files without a value are cut as well. Each process looks up where its
 * own share begins, by halving in the rows' starts, and hears from the next one where it ends.
 */
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/base/crew.h"
#include "engine/pass.h"
#include "engine/pass_walk.h"

#define COUNT_ROWS ((size_t)256 * 1024) /* looked at in one go */

__extension__ typedef unsigned __int128 wide;

static uint64_t work_of(const tgr_query_file *file)
{
    return file->rows + file->nonzeros;
}

/* The first row of a file before which there is this much work. */
static tgr_status find_row(tgr_query_file *file, uint64_t work, uint64_t *row, tgr_error *error)
{
    uint64_t low = 0, high = file->rows;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2, values;
        tgr_status status = tgr_query_values_before(file, middle, &values, error);
        if (status != TGR_OK) {
            return status;
        }
        if (middle + values < work) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *row = low;
    return TGR_OK;
}

/* Where the share of a process begins, over all files. */
static tgr_status find_begin(const tgr_pass *pass, uint32_t rank, uint32_t ranks, uint64_t *begin,
                             tgr_error *error)
{
    wide all = (wide)pass->rows + pass->nonzeros;
    uint64_t work = (uint64_t)(all * rank / ranks), row = 0;
    size_t file = 0;
    *begin = 0;
    while (file < pass->file_count && work > work_of(pass->files[file])) {
        work -= work_of(pass->files[file]);
        *begin += pass->files[file++]->rows;
    }
    tgr_status status =
        file < pass->file_count ? find_row(pass->files[file], work, &row, error) : TGR_OK;
    *begin += row;
    return status;
}

/* The shares follow each other whatever damaged files say. */
static tgr_status set_range(tgr_pass *pass, uint64_t own, const tgr_run *run, tgr_error *error)
{
    uint32_t rank = tgr_crew_rank(run), ranks = tgr_crew_ranks(run);
    void *all;
    tgr_status status = tgr_crew_gather(run, &own, sizeof own, &all, error);
    if (status != TGR_OK) {
        return status;
    }
    const uint64_t *begins = all;
    uint64_t begin = 0;
    for (uint32_t i = 0; i <= rank; i++) {
        begin = begins[i] > begin ? begins[i] : begin;
    }
    pass->begin = rank == 0 ? 0 : begin;
    pass->end = rank + 1 == ranks ? pass->rows : begins[rank + 1];
    pass->end = pass->end > pass->begin ? pass->end : pass->begin;
    tgr_mem_free(all);
    return TGR_OK;
}

static void tell_ranges(const tgr_pass *pass, uint32_t ranks, const uint64_t *ends,
                        const tgr_run *run)
{
    uint64_t begin = 0;
    for (uint32_t i = 0; i < ranks; i++) {
        tgr_run_message(run, TGR_DETAIL, "process %u of %u takes rows %llu to %llu of %llu",
                        (unsigned)i + 1, (unsigned)ranks, (unsigned long long)begin,
                        (unsigned long long)ends[i], (unsigned long long)pass->rows);
        begin = ends[i];
    }
}

static tgr_status tell_of_shares(const tgr_pass *pass, const tgr_run *run, tgr_error *error)
{
    void *ends;
    tgr_status status = tgr_crew_gather(run, &pass->end, sizeof pass->end, &ends, error);
    if (status == TGR_OK && tgr_crew_rank(run) == 0) {
        tell_ranges(pass, tgr_crew_ranks(run), ends, run);
    }
    tgr_mem_free(ends);
    return status;
}

/* How many of a file's rows [first, end) are of the split. */
static tgr_status count_rows(tgr_query_file *file, int code, uint64_t first, uint64_t end,
                             int32_t *codes, const tgr_run *run, uint64_t *queries,
                             tgr_error *error)
{
    while (first < end) {
        size_t rows = end - first < COUNT_ROWS ? (size_t)(end - first) : COUNT_ROWS;
        tgr_status status = tgr_run_check(run, error);
        if (status == TGR_OK) {
            status = tgr_query_read_split(file, first, rows, codes, error);
        }
        if (status != TGR_OK) {
            return status;
        }
        for (size_t i = 0; i < rows; i++) {
            *queries += codes[i] == code;
        }
        first += rows;
    }
    return TGR_OK;
}

/* What a share holds. */
typedef struct share {
    uint64_t queries;
    uint64_t first_file, last_file; /* with any of its queries; file_count: none */
} share;

static tgr_status count_file(const tgr_pass *pass, size_t file, uint64_t first, uint64_t end,
                             int32_t *codes, const tgr_run *run, share *own, tgr_error *error)
{
    int code = tgr_pass_split_code(pass, file);
    uint64_t queries = pass->split == NULL && first < end ? end - first : 0;
    tgr_status status = TGR_OK;
    if (code >= 0) {
        status = count_rows(pass->files[file], code, first, end, codes, run, &queries, error);
    }
    if (queries > 0) {
        own->first_file = own->queries == 0 ? file : own->first_file;
        own->last_file = file;
    }
    own->queries += queries;
    return status;
}

static tgr_status count_own(const tgr_pass *pass, const tgr_run *run, share *own, tgr_error *error)
{
    int32_t *codes = tgr_mem_alloc(COUNT_ROWS, sizeof *codes);
    tgr_status status = codes == NULL ? tgr_fail_memory(error, "a block of queries") : TGR_OK;
    uint64_t before = 0;
    *own = (share){0, pass->file_count, pass->file_count};
    for (size_t i = 0; status == TGR_OK && i < pass->file_count; i++) {
        uint64_t rows = pass->files[i]->rows;
        uint64_t first = pass->begin > before ? pass->begin - before : 0;
        uint64_t end = pass->end > before ? pass->end - before : 0;
        status = count_file(pass, i, first < rows ? first : rows, end < rows ? end : rows, codes,
                            run, own, error);
        before += rows;
    }
    tgr_mem_free(codes);
    return status;
}

/* What comes before this share, and in all. */
static tgr_status place_share(tgr_pass *pass, const share *own, const tgr_run *run,
                              tgr_error *error)
{
    void *all;
    tgr_status status = tgr_crew_gather(run, own, sizeof *own, &all, error);
    if (status != TGR_OK) {
        return status;
    }
    const share *shares = all;
    pass->own = own->queries;
    pass->before = pass->queries = 0;
    for (uint32_t i = 0; i < tgr_crew_ranks(run); i++) {
        if (i < tgr_crew_rank(run)) {
            pass->before += shares[i].queries;
            pass->begun_before = shares[i].queries > 0 && shares[i].last_file == own->first_file
                                     ? own->first_file
                                     : pass->begun_before;
        }
        pass->queries += shares[i].queries;
    }
    tgr_mem_free(all);
    return TGR_OK;
}

tgr_status tgr_pass_share(tgr_pass *pass, const tgr_run *run, tgr_error *error)
{
    uint64_t begin;
    if (tgr_run_crew(run) == NULL) {
        return TGR_OK;
    }
    tgr_status status = find_begin(pass, tgr_crew_rank(run), tgr_crew_ranks(run), &begin, error);
    return status == TGR_OK ? tgr_pass_share_from(pass, begin, run, error) : status;
}

tgr_status tgr_pass_share_from(tgr_pass *pass, uint64_t begin, const tgr_run *run, tgr_error *error)
{
    share own;
    tgr_status status = TGR_OK;
    if (tgr_run_crew(run) == NULL) {
        return TGR_OK;
    }
    TGR_TRY(set_range(pass, begin < pass->rows ? begin : pass->rows, run, error));
    TGR_TRY(tell_of_shares(pass, run, error));
    TGR_TRY(count_own(pass, run, &own, error));
    TGR_TRY(place_share(pass, &own, run, error));
    tgr_pass_begin_at(pass, pass->begin);
done:
    return status;
}
