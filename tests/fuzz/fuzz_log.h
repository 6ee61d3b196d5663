/* fuzz_log.h - bytes taken for a log: read whole, and in shards, as ingest does. */
#ifndef TGR_TESTS_FUZZ_LOG_H
#define TGR_TESTS_FUZZ_LOG_H

#include "tests/fuzz/fuzz_file.h"

#include "engine/base/memory.h"
#include "engine/ingest/worker.h"
#include "engine/log/cutter.h"

#define FUZZ_RECORD ((size_t)4096) /* the largest, so that small inputs hold larger ones */

typedef struct fuzz_counts {
    uint64_t rows, bad;
    tgr_status status;
} fuzz_counts;

static inline void fuzz_pieces(tgr_log_cutter *cutter, tgr_worker *worker, fuzz_counts *counts)
{
    tgr_log_piece piece = {0};
    tgr_part part = {0};
    tgr_error error;
    bool more = tgr_part_open(&part, NULL);
    while (more) {
        uint64_t before = piece.end;
        counts->status = tgr_log_cutter_next(cutter, &piece, &more, &error);
        if (counts->status != TGR_OK || !more) {
            break;
        }
        fuzz_expect(piece.position >= before && piece.end > piece.position);
        tgr_part_clear(&part);
        fuzz_expect(tgr_worker_parse(worker, &piece, "log", &part, &error) == TGR_OK);
        counts->rows += part.facts.rows;
        counts->bad += part.bad;
    }
    tgr_part_free(&part);
    tgr_log_piece_free(&piece);
}

static inline fuzz_counts fuzz_read(const char *path, tgr_log_format format, tgr_log_range range)
{
    const tgr_work work = {.max_record = FUZZ_RECORD, .category_tag = true, .keep = {.kept = true}};
    tgr_log_cutter *cutter = NULL;
    tgr_worker worker = {0};
    fuzz_counts counts = {0};
    tgr_error error;
    fuzz_expect(tgr_worker_open(&worker, &work, &error) == TGR_OK);
    counts.status = tgr_log_cutter_open(path, format, range, FUZZ_RECORD, NULL, &cutter, &error);
    if (counts.status == TGR_OK) {
        fuzz_pieces(cutter, &worker, &counts);
    }
    fuzz_expect(counts.status == TGR_OK || counts.status == TGR_ERR_INPUT);
    tgr_log_cutter_close(cutter);
    tgr_worker_free(&worker);
    return counts;
}

/* Reads the bytes whole, then in two shards, which must have the same records between them. */
static inline int fuzz_log(const uint8_t *data, size_t size, tgr_log_format format)
{
    const char *path = fuzz_file(data, size);
    uint64_t middle = size / 2;
    long live = tgr_mem_live();
    fuzz_counts whole = fuzz_read(path, format, tgr_log_whole);
    if (whole.status == TGR_OK && middle > 0) {
        fuzz_counts first = fuzz_read(path, format, (tgr_log_range){0, middle});
        fuzz_counts second = fuzz_read(path, format, (tgr_log_range){middle, size});
        fuzz_expect(first.status == TGR_OK && second.status == TGR_OK);
        fuzz_expect(first.rows + second.rows == whole.rows);
        fuzz_expect(first.bad + second.bad == whole.bad);
    }
    fuzz_expect(tgr_mem_live() == live);
    return 0;
}

#endif
