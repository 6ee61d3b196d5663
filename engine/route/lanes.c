/* lanes.c - a file's queries decided stretch by stretch, each thread reading and deciding parts.
 *
 * What a thread has read it decides while it is in its own cache, so that threads hand nothing over
 * to each other but decisions, and none waits for another but at the end of a stretch. Elsewhere
 * (route.c) one thread reads for all: where a split chooses queries, tags are aligned, decisions
 * are written as text, or a file is not read so.
 */
#include <stdatomic.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/base/squad.h"
#include "engine/route/routing.h"
#include "engine/store/query_lanes.h"

#define PART_BYTES    ((uint64_t)1 << 20) /* that stay in a second-level cache */
#define PART_MOST     UINT64_C(32768)     /* rows */
#define PART_LEAST    UINT64_C(256)
#define PART_WORTH    UINT64_C(2048)    /* of fewer rows a part costs more than it saves */
#define PARTS         32                /* a thread has in a stretch, so that all end together; */
#define PARTS_CHUNKED 8                 /* fewer where what is decoded should stay in a cache */
#define PARTS_LEAST   4                 /* likewise, at least */
#define CHOICE_BYTES  ((size_t)2 << 20) /* of decisions of a stretch, a thread */
#define MEMORY_SHARE  4 /* of the run's: what is decoded of a stretch and the next */
#define NONZERO_SHARE 8 /* likewise, of all threads: entries of parts */

typedef struct lane {
    tgr_decide decide;
    tgr_route_tally tally;
    tgr_batch batch;
    uint64_t failed; /* the part, and why */
    tgr_status status;
    tgr_error error;
} lane;

typedef struct lanes {
    tgr_routing *work;
    tgr_query_lanes *read;
    tgr_squad *squad;
    lane *lanes;
    int count;
    uint64_t part_rows, stretch_rows;
    size_t most_nonzeros; /* of what is read at once */

    /* the stretch at hand */
    uint64_t first, rows, parts;
    size_t jobs;
    atomic_size_t next; /* job or part */
    atomic_uint_fast64_t failed;
} lanes;

/* ---- sizes ----------------------------------------------------------------------------- */

static uint64_t between(uint64_t value, uint64_t least, uint64_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* How much is read and decided at once. False where this is not the way: where decisions take much
 * room, or memory is short for what so many threads decode. */
static bool measure(lanes *of, const tgr_query_file *file, unsigned want)
{
    const tgr_routing *work = of->work;
    uint64_t threads = (uint64_t)of->count, memory = tgr_run_memory(work->run);
    uint64_t choice = work->options.threshold_count * (work->options.margins ? 6 : 2);
    uint64_t most = CHOICE_BYTES * threads / choice;
    uint64_t part =
        work->options.block_rows > 0
            ? work->options.block_rows
            : between(PART_BYTES / (tgr_query_row_bytes(file, want) + choice), 1, PART_MOST);
    uint64_t parts = tgr_query_is_plain(file) ? PARTS : PARTS_CHUNKED;
    part = between(part, PART_LEAST, PART_MOST);
    uint64_t wanted = between(part * parts * threads, 1, most);
    of->stretch_rows = tgr_query_lanes_rows(file, want, wanted, memory / MEMORY_SHARE);
    of->part_rows = between(of->stretch_rows / threads / PARTS_LEAST, 1, part);
    of->most_nonzeros =
        (size_t)(memory / NONZERO_SHARE / threads / tgr_query_nonzero_bytes(file)) + 1;
    return wanted >= part * threads * PARTS_LEAST && file->rows >= part * threads &&
           of->part_rows >= (part < PART_WORTH ? part : PART_WORTH);
}

bool tgr_route_lanes_suit(tgr_routing *work)
{
    lanes of = {.work = work, .count = tgr_run_threads(work->run)};
    /* Of plan and options, only these are made yet. */
    unsigned want = tgr_route_wants(work) | (work->options.ids ? TGR_WANT_IDS : 0);
    /* A process of a crew has its processors to itself, and no more: one that reads beside one that
     * decides would take turns. */
    bool suit = (of.count > 1 || tgr_run_crew(work->run) != NULL) && work->pass.split == NULL &&
                work->format == TGR_DECISIONS_H5;
    for (size_t i = 0; suit && i < work->pass.file_count; i++) {
        suit = measure(&of, work->pass.files[i], want);
    }
    return suit;
}

/* ---- parts ----------------------------------------------------------------------------- */

/* Decides what was read, and puts it where it belongs. */
static tgr_status decide_rows(lanes *of, lane *one, uint64_t from, tgr_error *error)
{
    tgr_status status = tgr_decide_batch(&one->decide, &one->batch, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_route_tally_add(&one->tally, &one->decide);
    return tgr_decisions_fill(of->work->writer, (size_t)from, &one->batch.ids, one->decide.model,
                              one->decide.margin, one->batch.rows, error);
}

static tgr_status do_part(lanes *of, int number, uint64_t part, tgr_error *error)
{
    lane *one = &of->lanes[number];
    uint64_t from = part * of->part_rows, left = of->rows - from;
    uint64_t end = from + (left < of->part_rows ? left : of->part_rows);
    tgr_status status = TGR_OK;
    tgr_query_lanes_take(of->read, number, part);
    while (status == TGR_OK && from < end) {
        status = tgr_query_lanes_read(of->read, number, of->first + from, (size_t)(end - from),
                                      of->most_nonzeros, &one->batch, error);
        if (status == TGR_OK) {
            status = decide_rows(of, one, from, error);
            from += one->batch.rows;
        }
    }
    tgr_query_lanes_leave(of->read, number, status == TGR_OK);
    return status;
}

static void note_failure(lanes *of, lane *one, uint64_t part, tgr_status status)
{
    uint64_t lowest = atomic_load(&of->failed);
    one->failed = part;
    one->status = status;
    while (part < lowest && !atomic_compare_exchange_weak(&of->failed, &lowest, part)) {
    }
}

/* Takes jobs, then parts, in order, so that all parts before one that fails are taken. */
static void run_lane(void *user, int number)
{
    lanes *of = user;
    lane *one = &of->lanes[number];
    for (;;) {
        size_t task = atomic_fetch_add(&of->next, 1);
        if (task < of->jobs) {
            tgr_query_lanes_decode(of->read, number, task);
            continue;
        }
        uint64_t part = task - of->jobs;
        if (part >= of->parts || part > atomic_load(&of->failed)) {
            return;
        }
        tgr_error error = {0};
        tgr_status status = do_part(of, number, part, &error);
        if (status != TGR_OK && part < one->failed) {
            one->error = error;
            note_failure(of, one, part, status);
        }
    }
}

/* ---- stretches ------------------------------------------------------------------------- */

/* What was counted goes to the run. */
static void collect(lanes *of)
{
    tgr_decide *sum = &of->work->decide;
    for (int i = 0; i < of->count; i++) {
        tgr_decide *one = &of->lanes[i].decide;
        tgr_route_tally_move(&of->work->tally, &of->lanes[i].tally);
        sum->queries += one->queries;
        sum->nonzeros += one->nonzeros;
        sum->no_known_tag += one->no_known_tag;
        sum->fell_back += one->fell_back;
        sum->undecided += one->undecided;
        one->queries = one->nonzeros = one->no_known_tag = one->fell_back = one->undecided = 0;
    }
}

/* The failure of the lowest part. */
static tgr_status tell_failure(lanes *of, tgr_error *error)
{
    uint64_t part = atomic_load(&of->failed);
    for (int i = 0; i < of->count; i++) {
        const lane *one = &of->lanes[i];
        if (one->failed == part && part != UINT64_MAX) {
            if (error != NULL) {
                *error = one->error;
            }
            return tgr_query_lanes_settle(of->read, one->status, error);
        }
    }
    return TGR_OK;
}

/* Decides rows from `first` of the file on. */
static tgr_status decide_stretch(lanes *of, uint64_t first, uint64_t rows, tgr_error *error)
{
    const tgr_decide_plan *plan = &of->work->decide.plan;
    of->first = first;
    of->rows = rows;
    of->parts = rows / of->part_rows + (rows % of->part_rows > 0);
    tgr_status status = tgr_query_lanes_begin(of->read, first, rows, &of->jobs, error);
    if (status != TGR_OK) {
        return status;
    }
    atomic_store(&of->next, 0);
    for (int i = 0; i < of->count; i++) { /* thresholds change at a cut */
        of->lanes[i].decide.plan.thresholds = plan->thresholds;
    }
    tgr_squad_run(of->squad, run_lane, of);
    return tell_failure(of, error);
}

/* Decides and writes stretch after stretch to the end of the range or of the file. */
static tgr_status decide_file(lanes *of, uint64_t row, uint64_t end, tgr_error *error)
{
    tgr_routing *work = of->work;
    tgr_status status = TGR_OK;
    while (row < end && work->done < work->range.count) {
        uint64_t rows = between(of->stretch_rows, 1, end - row);
        rows = between(rows, 1, work->range.count - work->done);
        rows = tgr_route_keep_cut(work, (size_t)rows);
        TGR_TRY(tgr_run_check(work->run, error));
        TGR_TRY(tgr_decisions_take(work->writer, (size_t)rows, error));
        TGR_TRY(decide_stretch(of, row, rows, error));
        tgr_decisions_give(work->writer);
        collect(of);
        work->done += rows;
        row += rows;
        tgr_pass_advance(&work->pass, rows, "routing", work->run);
        TGR_TRY(tgr_route_checkpoint_put(work, false, error));
    }
done:
    return status;
}

/* ---- opening --------------------------------------------------------------------------- */

static tgr_status open_lane(lanes *of, lane *one, const tgr_query_file *file, tgr_error *error)
{
    const tgr_routing *work = of->work;
    tgr_status status = tgr_decide_beside(&one->decide, &work->decide, file, &one->tally, error);
    one->failed = UINT64_MAX;
    return status == TGR_OK ? tgr_route_tally_open(&one->tally, work->router->model_count,
                                                   work->options.threshold_count, 1, error)
                            : status;
}

static tgr_status open_lanes(lanes *of, tgr_query_file *file, unsigned want, tgr_error *error)
{
    tgr_status status = TGR_OK;
    of->squad = tgr_squad_new(of->count);
    of->lanes = tgr_mem_zalloc((size_t)of->count, sizeof *of->lanes);
    if (of->squad == NULL || of->lanes == NULL) {
        return tgr_fail_memory(error, "the threads that decide");
    }
    for (int i = 0; i < of->count; i++) {
        TGR_TRY(open_lane(of, &of->lanes[i], file, error));
    }
    TGR_TRY(tgr_query_lanes_open(file, want, of->count, of->stretch_rows, &of->read, error));
done:
    return status;
}

static void close_lanes(lanes *of)
{
    tgr_squad_free(of->squad);
    for (int i = 0; of->lanes != NULL && i < of->count; i++) {
        tgr_decide_leave(&of->lanes[i].decide);
        tgr_route_tally_free(&of->lanes[i].tally);
        tgr_batch_free(&of->lanes[i].batch);
    }
    tgr_query_lanes_close(of->read);
    tgr_mem_free(of->lanes);
}

tgr_status tgr_route_lanes(tgr_routing *work, tgr_query_file *file, uint64_t row, uint64_t end,
                           tgr_error *error)
{
    lanes of = {.work = work, .count = tgr_run_threads(work->run)};
    const unsigned want = tgr_route_wants(work);
    atomic_init(&of.next, 0);
    atomic_init(&of.failed, UINT64_MAX);
    measure(&of, file, want);
    tgr_status status = open_lanes(&of, file, want, error);
    if (status == TGR_OK) {
        status = decide_file(&of, row, end, error);
    }
    close_lanes(&of);
    return status;
}
