/* breakdown.c - sums and moves for each value of a column. */
#include <inttypes.h>
#include <sched.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/judge/breakdown_sums.h"
#include "engine/simulate/observers.h"

#define MOST_VALUES 4096

/* ---- opening --------------------------------------------------------------------------------- */

static void close_column(tgr_value_column *own, size_t copies)
{
    for (size_t i = 0; own->sums != NULL && i < copies * own->count; i++) {
        tgr_group_sums_close(&own->sums[i].sums);
        tgr_moves_free(&own->sums[i].moves);
    }
    tgr_mem_free(own->sums);
    tgr_united_close(&own->values);
}

void tgr_breakdowns_close(tgr_breakdowns *breakdowns)
{
    if (breakdowns == NULL) {
        return;
    }
    for (size_t i = 0; breakdowns->columns != NULL && i < breakdowns->count; i++) {
        close_column(&breakdowns->columns[i], breakdowns->copies);
    }
    tgr_mem_free(breakdowns->columns);
    tgr_mem_free(breakdowns);
}

static tgr_status fail_without(const tgr_pass *pass, const char *name, tgr_error *error)
{
    char *names = tgr_query_column_names(pass->files[0]);
    tgr_status status =
        tgr_fail(error, TGR_ERR_ARGUMENT, "%s has no column '%s' in /obs; it has %s",
                 pass->files[0]->path, name, names == NULL || names[0] == '\0' ? "none" : names);
    tgr_mem_free(names);
    return status;
}

tgr_status tgr_breakdowns_check(const tgr_simulate_options *options, tgr_error *error)
{
    tgr_pass pass;
    tgr_status status =
        tgr_pass_open(&pass, options->inputs, options->input_count, options->split, error);
    for (size_t i = 0; status == TGR_OK && i < options->by_count; i++) {
        bool found = false;
        for (size_t file = 0; file < pass.file_count && !found; file++) {
            found = tgr_query_has_column(pass.files[file], options->by[i]);
        }
        status = found ? TGR_OK : fail_without(&pass, options->by[i], error);
    }
    tgr_pass_close(&pass);
    return status;
}

/* Numbers the values of all files. */
static tgr_status unite_values(tgr_second_walk *walk, size_t number, tgr_value_column *own,
                               tgr_error *error)
{
    if (!tgr_united_open(&own->values, &walk->pass, tgr_names_of_column, number)) {
        return tgr_fail_memory(error, "the values of a column");
    }
    own->count = tgr_united_none(&own->values) + 1;
    if (own->count > MOST_VALUES + 1) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "column '%s' has %zu distinct values in all files, more than %d", own->name,
                        own->count - 1, MOST_VALUES);
    }
    return TGR_OK;
}

static uint64_t bytes_each(size_t models)
{
    return sizeof(tgr_value_sums) + 3 * (sizeof(tgr_decided) + models * sizeof(uint64_t)) +
           (2 * (uint64_t)models + 1) * sizeof(tgr_tally);
}

/* A copy for each thread where a quarter of the memory holds that many. */
static tgr_status choose_copies(tgr_breakdowns *breakdowns, tgr_error *error)
{
    const tgr_second_walk *walk = breakdowns->walk;
    uint64_t memory = walk->options->memory > 0 ? walk->options->memory : tgr_run_memory(walk->run);
    uint64_t all = 0;
    for (size_t i = 0; i < breakdowns->count; i++) {
        all += breakdowns->columns[i].count * bytes_each(walk->router->model_count);
    }
    uint64_t fit = memory / 4 / (all > 0 ? all : 1);
    if (fit == 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "sums for every value of the columns take %" PRIu64 " MiB; allow four "
                        "times as much memory, or leave a column out",
                        (all >> 20) + 1);
    }
    breakdowns->copies = fit < (uint64_t)walk->threads ? (size_t)fit : (size_t)walk->threads;
    bool weighed = walk->weighing.weighed;
    breakdowns->most =
        memory / 2 /
        ((weighed ? sizeof(tgr_weighed_move) : sizeof(tgr_move)) + sizeof(tgr_curve_point));
    return TGR_OK;
}

static tgr_status open_sums(tgr_breakdowns *breakdowns, tgr_value_column *own, tgr_error *error)
{
    size_t count = breakdowns->copies * own->count;
    own->sums = tgr_mem_zalloc(count, sizeof *own->sums);
    bool opened = own->sums != NULL;
    for (size_t i = 0; opened && i < count; i++) {
        opened = tgr_group_sums_open(&own->sums[i].sums, breakdowns->walk->router->model_count, 1);
        own->sums[i].moves.weighed = breakdowns->walk->weighing.weighed;
        own->sums[i].moves.bits = breakdowns->walk->weighing.bits;
    }
    return opened ? TGR_OK : tgr_fail_memory(error, "the sums of a column's values");
}

static tgr_status open_columns(tgr_breakdowns *breakdowns, tgr_error *error)
{
    tgr_second_walk *walk = breakdowns->walk;
    const tgr_simulate_options *options = walk->options;
    tgr_status status = TGR_OK;
    for (size_t file = 0; file < walk->pass.file_count; file++) {
        TGR_TRY(tgr_query_open_more(walk->pass.files[file], options->by, options->by_count,
                                    MOST_VALUES, error));
    }
    for (size_t i = 0; i < breakdowns->count; i++) {
        breakdowns->columns[i].name = options->by[i];
        TGR_TRY(unite_values(walk, i, &breakdowns->columns[i], error));
    }
    TGR_TRY(choose_copies(breakdowns, error));
    for (size_t i = 0; i < breakdowns->count; i++) {
        TGR_TRY(open_sums(breakdowns, &breakdowns->columns[i], error));
    }
done:
    return status;
}

/* ---- a row ----------------------------------------------------------------------------------- */

static tgr_status enter(void *user, const tgr_decide *decide, const tgr_query_file *file,
                        size_t number, tgr_error *error)
{
    tgr_breakdowns *breakdowns = user;
    (void)file;
    (void)error;
    breakdowns->known = decide->serve->unknown_tags == 0 ? NULL : decide->serve->known;
    for (size_t i = 0; i < breakdowns->count; i++) {
        breakdowns->columns[i].here = breakdowns->columns[i].values.codes[number];
    }
    return TGR_OK;
}

static void count_tags(const tgr_breakdowns *breakdowns, const tgr_seen *seen,
                       tgr_value_sums *value)
{
    const tgr_csr *x = &seen->batch->x;
    int64_t begin = x->indptr[seen->row], end = x->indptr[seen->row + 1];
    uint64_t known = 0;
    for (int64_t entry = begin; entry < end; entry++) {
        known += breakdowns->known == NULL || breakdowns->known[x->indices[entry]];
    }
    value->tags += (uint64_t)(end - begin) * seen->weight;
    value->known_tags += known * seen->weight;
    value->no_known_tag += known == 0;
}

static bool add_path(tgr_breakdowns *breakdowns, const tgr_seen *seen, tgr_value_sums *value)
{
    const tgr_path *path = seen->path;
    const uint16_t *order = seen->decide->serve->order;
    tgr_answers *answers = seen->answers;
    const tgr_second_walk *walk = breakdowns->walk;
    bool utility = walk->moving && walk->options->policy == TGR_POLICY_UTILITY, kept = true;
    const tgr_answer *from = tgr_answers_ranked(answers, order[path->first]);
    tgr_tally_add(&value->sums.counts->tally, from, seen->weight);
    value->sums.counts->chosen[from->model] += seen->weight;
    tgr_asked_add(&walk->asked, value->sums.counts + 1, path, order, utility, answers,
                  seen->weight);
    uint64_t moves = __atomic_add_fetch(&breakdowns->moves, path->count, __ATOMIC_RELAXED);
    int place = path->first;
    for (size_t i = 0; moves <= breakdowns->most && kept && i < path->count; i++) {
        int next = path->moves[i].model;
        const tgr_answer *to = tgr_answers_ranked(answers, order[next]);
        uint64_t at = tgr_move_order(path, path->moves[i].at, place, next, utility);
        kept = tgr_moves_keep(&value->moves, at, from, to, seen->weight);
        from = to;
        place = next;
    }
    return kept;
}

static bool add_row(tgr_breakdowns *breakdowns, const tgr_value_column *own, size_t number,
                    const tgr_seen *seen)
{
    const int32_t *codes = seen->batch->more[number];
    int32_t code = codes == NULL ? -1 : codes[seen->row];
    size_t place = code < 0 ? own->count - 1 : (size_t)own->here[code];
    tgr_value_sums *value =
        &own->sums[(size_t)seen->thread % breakdowns->copies * own->count + place];
    while (__atomic_exchange_n(&value->sums.lock, 1, __ATOMIC_ACQUIRE) != 0) {
        sched_yield();
    }
    bool kept = true;
    value->rows++;
    value->sums.queries += seen->weight;
    if (breakdowns->walk->weighing.weighed) {
        tgr_stand_add(&value->stand, seen->weight);
    }
    tgr_baselines_add(&value->sums.baselines, seen->answers, seen->weight);
    count_tags(breakdowns, seen, value);
    if (seen->path->first == TGR_UNDECIDED) {
        value->undecided++;
    } else {
        kept = add_path(breakdowns, seen, value);
    }
    __atomic_store_n(&value->sums.lock, 0, __ATOMIC_RELEASE);
    return kept;
}

static bool see_row(void *user, const tgr_seen *seen)
{
    tgr_breakdowns *breakdowns = user;
    bool kept = true;
    for (size_t i = 0; i < breakdowns->count; i++) {
        kept = add_row(breakdowns, &breakdowns->columns[i], i, seen) && kept;
    }
    return kept;
}

tgr_status tgr_breakdowns_open(tgr_second_walk *walk, tgr_breakdowns **breakdowns,
                               tgr_visitor *visitor, tgr_error *error)
{
    tgr_breakdowns *made = tgr_mem_zalloc(1, sizeof *made);
    *breakdowns = made;
    if (made == NULL) {
        return tgr_fail_memory(error, "a breakdown by columns");
    }
    made->walk = walk;
    made->count = walk->options->by_count;
    made->columns = tgr_mem_zalloc(made->count, sizeof *made->columns);
    *visitor = (tgr_visitor){.enter = enter, .row = see_row, .user = made};
    return made->columns == NULL ? tgr_fail_memory(error, "a breakdown by columns")
                                 : open_columns(made, error);
}
