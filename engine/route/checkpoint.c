/* checkpoint.c - how far a run of route has come, in a small file beside its output.
 *
 * A MessagePack map whose keys stand in a fixed order, written as a whole and renamed, and ending
 * with the XXH3-64 of all bytes before: what is not exactly so was not written by this program.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <msgpack.h>
#include <xxhash.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/base/crew.h"
#include "engine/router/cursor.h"
#include "engine/router/file_bytes.h"
#include "engine/router/pack.h"
#include "engine/route/routing.h"

#define FORMAT          "tagroute.checkpoint"
#define VERSION         1
#define PAIRS           9
#define DEFAULT_SECONDS 5
#define FILE_MOST       ((size_t)1 << 30)
#define SUM_BYTES       8

/* What is counted, in the order of the file. */
enum {
    COUNT_NONZEROS,
    COUNT_NO_TAG,
    COUNT_FELL_BACK,
    COUNT_UNDECIDED,
    COUNT_UNKNOWN,
    COUNT_FILES,
    COUNT_ALIGNED, /* and the other numbers of tgr_aligned_tags */
    COUNTS = COUNT_ALIGNED + sizeof(tgr_aligned_tags) / sizeof(uint64_t)
};

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

tgr_status tgr_route_checkpoint_names(tgr_routing *work, tgr_error *error)
{
    work->saved_at = now_seconds();
    if (strcmp(work->options.output, "-") == 0) {
        return work->options.resume
                   ? tgr_fail(error, TGR_ERR_ARGUMENT,
                              "standard output cannot be resumed; name a file with -o")
                   : TGR_OK;
    }
    char ending[48] = "checkpoint"; /* each process of a crew has its own */
    if (tgr_run_crew(work->run) != NULL) {
        snprintf(ending, sizeof ending, "checkpoint.%u", (unsigned)tgr_crew_rank(work->run) + 1);
    }
    work->checkpoint = tgr_output_beside(work->options.output, ending);
    strcat(ending, ".new");
    work->checkpoint_new = tgr_output_beside(work->options.output, ending);
    return work->checkpoint != NULL && work->checkpoint_new != NULL
               ? TGR_OK
               : tgr_fail_memory(error, "a file name");
}

/* ---- writing --------------------------------------------------------------------------- */

static void pack_text(msgpack_packer *packer, const char *text)
{
    tgr_pack_text(packer, text, strlen(text));
}

static void pack_identity(const tgr_routing *work, msgpack_packer *packer)
{
    pack_text(packer, "run");
    msgpack_pack_map(packer, TGR_PARTS);
    for (int i = 0; i < TGR_PARTS; i++) {
        const tgr_buffer *part = &work->identity.parts[i];
        pack_text(packer, tgr_run_part_name((tgr_run_part)i));
        tgr_pack_text(packer, part->bytes, part->length);
    }
}

static void pack_counts(const tgr_routing *work, msgpack_packer *packer)
{
    uint64_t counts[COUNTS] = {
        [COUNT_NONZEROS] = work->decide.nonzeros,   [COUNT_NO_TAG] = work->decide.no_known_tag,
        [COUNT_FELL_BACK] = work->decide.fell_back, [COUNT_UNDECIDED] = work->decide.undecided,
        [COUNT_UNKNOWN] = work->unknown_tags,       [COUNT_FILES] = work->files_counted,
    };
    memcpy(&counts[COUNT_ALIGNED], &work->aligned, sizeof work->aligned);
    pack_text(packer, "counts");
    msgpack_pack_array(packer, COUNTS);
    for (size_t i = 0; i < COUNTS; i++) {
        msgpack_pack_uint64(packer, counts[i]);
    }
}

/* All of the file but what the writer knows. */
static void pack_state(tgr_routing *work)
{
    msgpack_packer packer;
    tgr_buffer *state = &work->state;
    tgr_buffer_clear(state);
    msgpack_packer_init(&packer, state, tgr_pack_to_buffer);
    msgpack_pack_map(&packer, PAIRS);
    pack_text(&packer, "format");
    pack_text(&packer, FORMAT);
    pack_text(&packer, "version");
    msgpack_pack_int(&packer, VERSION);
    pack_identity(work, &packer);
    pack_text(&packer, "queries");
    msgpack_pack_uint64(&packer, work->done);
    pack_text(&packer, "next_row");
    msgpack_pack_uint64(&packer, work->pass.next);
    pack_counts(work, &packer);
    pack_text(&packer, "tally");
    msgpack_pack_bin(&packer, tgr_route_tally_bytes(&work->tally));
    tgr_route_tally_pack(&work->tally, state);
}

tgr_status tgr_route_checkpoint_put(tgr_routing *work, bool now, tgr_error *error)
{
    double every = work->options.checkpoint_seconds;
    double clock = now_seconds();
    if (work->checkpoint == NULL || work->range.skip > 0 || /* nothing is decided yet */
        (!now && clock - work->saved_at < (every > 0 ? every : DEFAULT_SECONDS))) {
        return TGR_OK;
    }
    work->saved_at = clock;
    pack_state(work);
    return work->state.failed ? tgr_fail_memory(error, "a checkpoint")
                              : tgr_decisions_checkpoint(work->writer, &work->state, error);
}

static void add_sum(tgr_buffer *file)
{
    uint64_t sum = XXH3_64bits(file->bytes, file->length);
    char bytes[SUM_BYTES];
    for (int i = 0; i < SUM_BYTES; i++) {
        bytes[i] = (char)(sum >> 8 * i);
    }
    tgr_buffer_add(file, bytes, sizeof bytes);
}

tgr_status tgr_route_checkpoint_save(void *user, const tgr_decisions_mark *mark,
                                     const tgr_buffer *state, tgr_error *error)
{
    const tgr_routing *work = user;
    tgr_buffer file = {0};
    msgpack_packer packer;
    msgpack_packer_init(&packer, &file, tgr_pack_to_buffer);
    tgr_buffer_add(&file, state->bytes, state->length);
    pack_text(&packer, "regions");
    msgpack_pack_array(&packer, 2 * (size_t)mark->regions);
    for (int i = 0; i < mark->regions; i++) {
        msgpack_pack_uint64(&packer, mark->bytes[i]);
        msgpack_pack_uint64(&packer, mark->hash[i]);
    }
    pack_text(&packer, "xxh3");
    msgpack_pack_bin(&packer, SUM_BYTES);
    add_sum(&file);
    tgr_status status = file.failed ? tgr_fail_memory(error, "a checkpoint")
                                    : tgr_output_replace(work->checkpoint, work->checkpoint_new,
                                                         file.bytes, file.length, error);
    tgr_buffer_free(&file);
    return status;
}

/* ---- reading --------------------------------------------------------------------------- */

static tgr_status damaged(const tgr_routing *work, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: is damaged, so the run cannot be resumed; leave --resume out to start "
                    "afresh",
                    work->checkpoint);
}

/* The next key is this one. */
static bool take_key(tgr_cursor *cursor, const char *key)
{
    tgr_item item;
    return tgr_cursor_next(cursor, &item) == TGR_CURSOR_OK && tgr_item_is(&item, key);
}

static bool take(tgr_cursor *cursor, tgr_item_kind kind, tgr_item *item)
{
    return tgr_cursor_next(cursor, item) == TGR_CURSOR_OK && item->kind == kind;
}

static bool take_numbers(tgr_cursor *cursor, const char *key, uint64_t *numbers, size_t count)
{
    tgr_item item;
    bool ok = take_key(cursor, key) && take(cursor, TGR_ITEM_ARRAY, &item) && item.count == count;
    for (size_t i = 0; ok && i < count; i++) {
        ok = take(cursor, TGR_ITEM_UNSIGNED, &item);
        numbers[i] = item.as.whole;
    }
    return ok;
}

static bool take_number(tgr_cursor *cursor, const char *key, uint64_t *number)
{
    tgr_item item;
    bool ok = take_key(cursor, key) && take(cursor, TGR_ITEM_UNSIGNED, &item);
    *number = ok ? item.as.whole : 0;
    return ok;
}

static bool sum_matches(const tgr_file_bytes *file)
{
    if (file->length < SUM_BYTES) {
        return false;
    }
    size_t length = file->length - SUM_BYTES;
    uint64_t sum = 0;
    for (int i = 0; i < SUM_BYTES; i++) {
        sum |= (uint64_t)(unsigned char)file->bytes[length + (size_t)i] << 8 * i;
    }
    return XXH3_64bits(file->bytes, length) == sum;
}

/* The run that was stopped must be this one. */
static tgr_status compare_identity(const tgr_routing *work, tgr_cursor *cursor, tgr_error *error)
{
    tgr_item item;
    if (!take_key(cursor, "run") || !take(cursor, TGR_ITEM_MAP, &item) || item.count != TGR_PARTS) {
        return damaged(work, error);
    }
    for (int i = 0; i < TGR_PARTS; i++) {
        const char *name = tgr_run_part_name((tgr_run_part)i);
        if (!take_key(cursor, name) || !take(cursor, TGR_ITEM_STRING, &item)) {
            return damaged(work, error);
        }
        const tgr_buffer *part = &work->identity.parts[i];
        if (item.count != part->length || memcmp(item.as.bytes, part->bytes, part->length) != 0) {
            return tgr_fail(error, TGR_ERR_ARGUMENT,
                            "%s: the run to resume was begun with %s %s; give what it was begun "
                            "with, or leave --resume out to start afresh",
                            work->options.output, i == TGR_PART_INPUTS ? "other" : "another", name);
        }
    }
    return TGR_OK;
}

static bool take_mark(tgr_routing *work, tgr_cursor *cursor)
{
    tgr_item item;
    tgr_decisions_mark *mark = &work->mark;
    bool ok = take_key(cursor, "regions") && take(cursor, TGR_ITEM_ARRAY, &item) &&
              item.count <= 2 * TGR_DECISIONS_REGIONS && item.count % 2 == 0;
    mark->regions = ok ? (int)item.count / 2 : 0;
    for (int i = 0; ok && i < mark->regions; i++) {
        ok = take(cursor, TGR_ITEM_UNSIGNED, &item);
        mark->bytes[i] = item.as.whole;
        ok = ok && take(cursor, TGR_ITEM_UNSIGNED, &item);
        mark->hash[i] = item.as.whole;
    }
    mark->rows = work->done;
    return ok;
}

static bool take_state(tgr_routing *work, tgr_cursor *cursor)
{
    uint64_t counts[COUNTS], next_row = 0;
    tgr_item item;
    bool ok = take_number(cursor, "queries", &work->done) &&
              take_number(cursor, "next_row", &next_row) &&
              take_numbers(cursor, "counts", counts, COUNTS) && take_key(cursor, "tally") &&
              take(cursor, TGR_ITEM_BINARY, &item) &&
              item.count == tgr_route_tally_bytes(&work->tally) && take_mark(work, cursor);
    if (!ok || work->done > work->range.count || next_row > work->pass.rows) {
        return false;
    }
    tgr_route_tally_unpack(&work->tally, item.as.bytes);
    work->decide.queries = work->done;
    work->decide.nonzeros = counts[COUNT_NONZEROS];
    work->decide.no_known_tag = counts[COUNT_NO_TAG];
    work->decide.fell_back = counts[COUNT_FELL_BACK];
    work->decide.undecided = counts[COUNT_UNDECIDED];
    work->unknown_tags = counts[COUNT_UNKNOWN];
    work->files_counted = counts[COUNT_FILES];
    memcpy(&work->aligned, &counts[COUNT_ALIGNED], sizeof work->aligned);
    work->range.begin_row = next_row;
    work->range.skip = 0;
    work->plan.resume = &work->mark;
    return true;
}

static tgr_status read_checkpoint(tgr_routing *work, const tgr_file_bytes *file, tgr_error *error)
{
    tgr_item item;
    uint64_t version = 0;
    tgr_cursor cursor = {file->bytes, file->length, 0};
    if (!sum_matches(file) || !take(&cursor, TGR_ITEM_MAP, &item) || item.count != PAIRS ||
        !take_key(&cursor, "format") || !take_key(&cursor, FORMAT) ||
        !take_number(&cursor, "version", &version) || version != VERSION) {
        return damaged(work, error);
    }
    tgr_status status = compare_identity(work, &cursor, error);
    if (status == TGR_OK && !take_state(work, &cursor)) {
        status = damaged(work, error);
    }
    return status;
}

static bool exists(const char *path)
{
    struct stat found;
    return path != NULL && lstat(path, &found) == 0;
}

/* What is there, in the eyes of the first process of a crew. */
typedef struct found {
    uint64_t begun, complete;
} found;

static tgr_status look_around(const tgr_routing *work, found *there, tgr_error *error)
{
    char *partial = tgr_output_beside(work->options.output, "partial");
    if (partial == NULL) {
        return tgr_fail_memory(error, "a file name");
    }
    there->begun = exists(partial);
    there->complete = !there->begun && exists(work->options.output);
    tgr_mem_free(partial);
    return tgr_crew_tell(work->run, 0, there, sizeof *there, error);
}

static tgr_status load(tgr_routing *work, tgr_error *error)
{
    if (!exists(work->checkpoint)) {
        return TGR_OK; /* stopped before the first one */
    }
    tgr_file_bytes file = {0};
    tgr_status status = tgr_file_bytes_read(work->checkpoint, FILE_MOST, 0, NULL, &file, error);
    if (status == TGR_OK) {
        status = read_checkpoint(work, &file, error);
    }
    tgr_mem_free(file.bytes);
    return status;
}

tgr_status tgr_route_checkpoint_load(tgr_routing *work, bool *complete, tgr_error *error)
{
    found there;
    uint64_t resuming = 0;
    tgr_status status = TGR_OK;
    *complete = false;
    if (!work->options.resume) {
        return TGR_OK;
    }
    TGR_TRY(look_around(work, &there, error));
    *complete = there.complete != 0;
    if (*complete) { /* killed between putting in place and tidying up */
        unlink(work->checkpoint);
        tgr_output_sweep_numbered(work->options.output, "checkpoint");
        tgr_output_sweep_numbered(work->options.output, "partial");
    }
    if (there.begun) {
        TGR_TRY(tgr_crew_meet(work->run, load(work, error), error));
        resuming = work->plan.resume != NULL;
        TGR_TRY(tgr_crew_sum(work->run, &resuming, 1, error));
        work->plan.keep = resuming > 0;
    }
done:
    return status;
}
