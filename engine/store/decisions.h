/* decisions.h - decisions out, in any of three formats, and back in for `info`. */
#ifndef TGR_STORE_DECISIONS_H
#define TGR_STORE_DECISIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/policy.h>
#include <tagroute/route.h>
#include <tagroute/status.h>

#include "engine/base/buffer.h"
#include "engine/store/batch.h"

/* The arrays of an HDF5 file, in this order; a text file is the first of them alone. */
#define TGR_DECISIONS_REGIONS 3
enum { TGR_REGION_INDEX, TGR_REGION_MODEL, TGR_REGION_MARGIN };

/* How far a file has come: what a checkpoint vouches for. */
typedef struct tgr_decisions_mark {
    uint64_t rows; /* the owner's to fill in */
    int regions;
    uint64_t bytes[TGR_DECISIONS_REGIONS];
    uint64_t hash[TGR_DECISIONS_REGIONS]; /* of a text file: XXH3-64 of its bytes */
} tgr_decisions_mark;

/* Called by the writer's thread when all that was put before is on the disk. */
typedef tgr_status (*tgr_decisions_save)(void *user, const tgr_decisions_mark *mark,
                                         const tgr_buffer *state, tgr_error *error);

typedef struct tgr_decisions_plan {
    uint64_t rows;             /* how many decisions will be written; known beforehand */
    const char *const *models; /* names, in the router's order */
    size_t model_count;
    const char *reference; /* name */
    tgr_policy policy;
    const double *thresholds;
    size_t threshold_count;
    uint64_t cut_rows; /* so many decisions, the first, are made at another threshold */
    double cut_threshold;
    const char *fallback; /* or NULL */
    bool ids, margins;    /* HDF5 only */
    size_t id_width;      /* bytes of the longest id; HDF5 only */
    const char *router_digest;
    const char *const *query_digests; /* one a query file, "" for foreign ones */
    size_t query_count;

    /* a shard of a run; shards 0: the whole of it */
    uint32_t shard, shards;
    uint64_t first_row, total_rows; /* of the whole run */
    const char *run_digest;         /* the same for all shards of one run, and for no other */

    /* Written by the processes of a crew, each its part; NULL: by this one alone. What `checkpoint`
     * names is the process's own. */
    const tgr_run *crew;
    uint64_t part_first, part_rows;
    bool keep; /* some process resumes */

    int threads;            /* 0: one; for encoding */
    const char *checkpoint; /* NULL, or a file that goes when these decisions are in place, or are
                               begun afresh, or given up */
    const tgr_decisions_mark *resume; /* continue with what an earlier run left */
    tgr_decisions_save save;          /* may be NULL where tgr_decisions_checkpoint is not called */
    void *save_user;
} tgr_decisions_plan;

typedef struct tgr_decisions_writer tgr_decisions_writer;

/* Settles TGR_DECISIONS_AUTO by the path's ending; TGR_ERR_ARGUMENT where that says nothing, or
 * where HDF5 is to go to standard output ("-"). */
tgr_status tgr_decision_format_of(const char *path, tgr_decision_format *format, tgr_error *error);

/* `path` "-" is standard output (text formats only). The plan must outlive the writer. Until they
 * are committed, decisions are in .NAME.partial, locked. */
tgr_status tgr_decisions_open(const char *path, tgr_decision_format format,
                              const tgr_decisions_plan *plan, tgr_decisions_writer **writer,
                              tgr_error *error);

/* Appends `rows` decisions: they are encoded here and written by a thread of the writer's, which
 * tells its failures at a later call. model: rows x thresholds, -1 undecided. margin: rows x
 * thresholds, NaN where there is none; may be NULL where the plan has no margins and the format is
 * HDF5. ids: NULL bytes where the query files have none (then HDF5 index and text ids are the row
 * numbers). */
tgr_status tgr_decisions_put(tgr_decisions_writer *writer, const tgr_texts *ids,
                             const int16_t *model, const float *margin, size_t rows,
                             tgr_error *error);

/* The same in steps, in HDF5: takes room for `rows` decisions; any number of threads put theirs
 * there, each from a row of the room on; then all of them are given to be written. What is not
 * given is forgotten at the next taking. */
tgr_status tgr_decisions_take(tgr_decisions_writer *writer, size_t rows, tgr_error *error);
tgr_status tgr_decisions_fill(tgr_decisions_writer *writer, size_t at, const tgr_texts *ids,
                              const int16_t *model, const float *margin, size_t rows,
                              tgr_error *error);
void tgr_decisions_give(tgr_decisions_writer *writer);

/* Appends bytes to a region as they stand: those of `rows` more decisions once every region has got
 * its own, 0 before. */
tgr_status tgr_decisions_put_bytes(tgr_decisions_writer *writer, int region, const void *bytes,
                                   size_t length, uint64_t rows, tgr_error *error);

/* Has the plan's `save` called with a copy of `state` when all that was put is on the disk. */
tgr_status tgr_decisions_checkpoint(tgr_decisions_writer *writer, const tgr_buffer *state,
                                    tgr_error *error);

/* Waits until all that was put is written; nothing can be put then. *mark (may be NULL) says what
 * there is. */
tgr_status tgr_decisions_finish(tgr_decisions_writer *writer, tgr_decisions_mark *mark,
                                tgr_error *error);

/* Of a crew's decisions as text, finishes and puts the parts of all processes into one file; others
 * are in one already. Where this fails, what was written may be left. */
tgr_status tgr_decisions_join(tgr_decisions_writer *writer, tgr_error *error);

/* Finishes, and puts the file in place; once it is joined. */
tgr_status tgr_decisions_commit(tgr_decisions_writer *writer, tgr_error *error);

void tgr_decisions_free(tgr_decisions_writer *writer); /* NULL allowed; abandons */

/* The same, but what was written stays for a later run, with its checkpoint. */
void tgr_decisions_leave(tgr_decisions_writer *writer);

/* What a decision file in HDF5 holds, counted. */
typedef struct tgr_decisions_summary {
    uint64_t rows;
    char *policy;
    char *reference, *fallback; /* "" where there is none */
    char *router_digest;
    char *query_digest; /* the first one */
    char **query_digests;
    size_t query_count;
    int64_t shard, shards; /* shards 0: the whole of a run */
    int64_t first_row, total_rows;
    char *run_digest; /* "" for the whole of a run */
    size_t threshold_count;
    double *thresholds;
    int64_t cut_rows; /* 0: none were decided at another threshold */
    double cut_threshold;
    size_t model_count;
    char **models;
    uint64_t *chosen; /* thresholds x (models + 1), the last being undecided */
    bool has_ids, has_margins;
} tgr_decisions_summary;

tgr_status tgr_decisions_summarise(const char *path, tgr_decisions_summary *summary,
                                   tgr_error *error);
void tgr_decisions_summary_free(tgr_decisions_summary *summary);

/* A decision file in HDF5, to be copied into another. */
typedef struct tgr_decisions_file {
    tgr_decisions_summary header;              /* nothing counted */
    uint64_t row_bytes[TGR_DECISIONS_REGIONS]; /* 0: the file lacks that one */
    struct tgr_decisions_source *source;
} tgr_decisions_file;

tgr_status tgr_decisions_file_open(const char *path, tgr_decisions_file *file, tgr_error *error);
/* Rows as they are stored; checksums are checked where a region is read in order. */
tgr_status tgr_decisions_file_read(tgr_decisions_file *file, int region, uint64_t first,
                                   uint64_t count, void *bytes, tgr_error *error);
void tgr_decisions_file_close(tgr_decisions_file *file); /* harmless on a zeroed one */

#endif
