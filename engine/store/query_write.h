/* query_write.h - writes a query file: an AnnData file that appears whole or not at all. */
#ifndef TGR_STORE_QUERY_WRITE_H
#define TGR_STORE_QUERY_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/ingest.h>
#include <tagroute/status.h>

#include "engine/base/strings.h"
#include "engine/store/batch.h"

/* Names in their final order, as arrays of NUL-terminated UTF-8. */
typedef struct tgr_names {
    const char *const *names;
    uint32_t count;
} tgr_names;

/* Everything about the file that is known before its columns are written. */
typedef struct tgr_query_plan {
    uint64_t rows;
    uint64_t nonzeros;
    tgr_value_type value_type;
    bool compact;  /* uint16 indices */
    bool compress; /* chunked + shuffle + deflate; else contiguous, page-aligned */
    tgr_names tags;
    const uint64_t *tag_queries; /* tags: queries that have the tag */
    const double *tag_counts;    /* tags: occurrences */
    tgr_names models;
    tgr_names categories, splits, allows, denies, needs, sources; /* count 0: no such column */
    tgr_names tokens_from, logged_models;                         /* likewise */
    tgr_names kept[TGR_MORE_COLUMNS];                             /* likewise, */
    const char *kept_columns[TGR_MORE_COLUMNS];                   /* under these names */
    bool has_logged_cost;
    bool has_weight;
    bool has_propensity;     /* of the logged model */
    bool has_propensities;   /* of each model */
    const uint64_t *skipped; /* NULL, or TGR_SKIP_REASONS: records that were no queries */
    const int64_t
        *source_bytes; /* NULL, or sources: length of each log, decompressed; -1 unknown */
    const uint64_t *source_hashes; /* sources: see engine/log/identity.h */
    uint64_t longest_record;       /* bytes; 0: there is no column of record lengths */
    bool has_record_parts;
    size_t id_width; /* bytes of the longest id; 0 is taken as 1 */
    bool has_text;
    bool no_positions;      /* the rows come from no log */
    bool has_prompt_tokens; /* some query has one */
    bool all_prompt_tokens; /* every query has one: stored as int64, else float64 with NaN */
    bool has_cached_tokens, all_cached_tokens; /* likewise */
    bool has_score, has_outcome, has_cost, has_completion_tokens;
    const char *tagger_kind; /* such as "given" */
    const char *tagger_digest;
    const void *tagger_settings; /* a MessagePack map; length 0: there are none */
    size_t tagger_settings_length;
    bool category_tag;
    uint32_t router_tags;   /* the first tags, which are those of a router; 0: there was none */
    uint64_t shard, shards; /* of a run, from 1; 0, 0: the run is whole */
    const char *run_digest; /* the same for all its shards */
} tgr_query_plan;

typedef enum tgr_query_column {                      /* values as passed to tgr_query_put */
                                TGR_COLUMN_INDPTR,   /* int64_t, rows + 1 */
                                TGR_COLUMN_INDICES,  /* uint32_t, nonzeros */
                                TGR_COLUMN_VALUES,   /* the plan's value_type, nonzeros */
                                TGR_COLUMN_CATEGORY, /* int32_t codes, -1 missing; likewise the next
                                                        five */
                                TGR_COLUMN_SPLIT,
                                TGR_COLUMN_ALLOW,
                                TGR_COLUMN_DENY,
                                TGR_COLUMN_NEEDS,
                                TGR_COLUMN_SOURCE,
                                TGR_COLUMN_POSITION,     /* int64_t byte offset of the record in its
                                                            (decompressed) source */
                                TGR_COLUMN_RECORD_BYTES, /* int64_t */
                                TGR_COLUMN_RECORD_PART,  /* int64_t: which record of that line or
                                                            object, from 0 */
                                TGR_COLUMN_PROMPT_TOKENS, /* double, NaN missing */
                                TGR_COLUMN_SCORE, /* float, rows x models; likewise cost, completion
                                                     tokens */
                                TGR_COLUMN_OUTCOME, /* int8_t, rows x models */
                                TGR_COLUMN_COST,
                                TGR_COLUMN_COMPLETION_TOKENS,
                                TGR_COLUMN_CACHED_TOKENS, /* double, NaN missing */
                                TGR_COLUMN_TOKENS_FROM,   /* int32_t codes, -1 missing */
                                TGR_COLUMN_LOGGED_MODEL,  /* int32_t codes, -1 missing */
                                TGR_COLUMN_LOGGED_COST,   /* double, NaN missing; likewise the
                                                             next two */
                                TGR_COLUMN_WEIGHT,
                                TGR_COLUMN_PROPENSITY,
                                TGR_COLUMN_PROPENSITIES, /* float, rows x models */
                                TGR_COLUMN_KEPT, /* codes; likewise the next TGR_MORE_COLUMNS - 1 */
                                TGR_QUERY_COLUMNS = TGR_COLUMN_KEPT + TGR_MORE_COLUMNS
} tgr_query_column;

typedef struct tgr_query_writer tgr_query_writer;

/* The plan and what it points to must outlive the writer. Opens a temporary file beside `path`. */
tgr_status tgr_query_writer_open(const char *path, const tgr_query_plan *plan,
                                 tgr_query_writer **writer, tgr_error *error);

/* Appends `count` values to a column, in row order. Columns may be filled in any order and
 * interleaved, and each by another thread; each must be complete at commit. Where columns are
 * compressed their order of writing is the file's, so that one thread should fill them all. */
tgr_status tgr_query_put(tgr_query_writer *writer, tgr_query_column column, const void *values,
                         size_t count, tgr_error *error);
tgr_status tgr_query_put_ids(tgr_query_writer *writer, const tgr_texts *ids, size_t count,
                             tgr_error *error);
tgr_status tgr_query_put_text(tgr_query_writer *writer, const tgr_texts *texts, size_t count,
                              tgr_error *error);

/* Appends one text without a copy: room for its bytes, and that they stand there now. */
tgr_status tgr_query_text_room(tgr_query_writer *writer, size_t length, char **room,
                               tgr_error *error);
tgr_status tgr_query_text_done(tgr_query_writer *writer, size_t length, tgr_error *error);

/* Checks that every column is complete, writes checksums and names, and puts the file in place. */
tgr_status tgr_query_writer_commit(tgr_query_writer *writer, tgr_error *error);
void tgr_query_writer_free(
    tgr_query_writer *writer); /* NULL allowed; abandons what is not committed */

#endif
