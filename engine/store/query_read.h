/* query_read.h - query files, read block by block. The only door through which X enters the engine.
 */
#ifndef TGR_STORE_QUERY_READ_H
#define TGR_STORE_QUERY_READ_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/ingest.h>
#include <tagroute/status.h>

#include "engine/base/strings.h"
#include "engine/store/batch.h"

/* The names behind a categorical column's codes. For allow, deny and needs each name is a JSON list
 * of strings in byte order, such as ["gpt-4","mixtral"]. */
typedef struct tgr_query_file {
    char *path;
    uint64_t rows;
    uint32_t columns;
    uint64_t nonzeros;         /* stored; of a foreign file before duplicates are summed */
    tgr_value_type value_type; /* of every batch's x.values */

    tgr_strings *tags;   /* number = column */
    tgr_strings *models; /* number = column of the obsm arrays; empty where there are none */
    tgr_strings *splits; /* NULL where the file has no such column; likewise the next six */
    tgr_strings *categories;
    tgr_strings *allows;
    tgr_strings *denies;
    tgr_strings *needs;
    tgr_strings *logged_models;
    tgr_strings *tokens_from; /* what prompt tokens that were not logged come from */
    size_t id_width; /* bytes that every id fits in; 0 where that is not known beforehand */
    bool has_ids, has_prompt_tokens, has_cached_tokens, has_text;
    bool has_eligible; /* batches say of each row which models may serve it */
    bool has_score, has_outcome, has_cost, has_completion_tokens;
    bool has_logged_cost, has_propensity; /* the latter of the logged model or of all models */
    bool has_propensities;                /* of all models */
    bool has_weight;

    char *digest;          /* of the contents, as written by tagroute; "" for a foreign file, or one
                            * whose parts were replaced since */
    char *tagger_digest;   /* how its texts were tagged; "" for a foreign file */
    char *tagger_kind;     /* likewise */
    void *tagger_settings; /* a MessagePack map that nobody has checked; NULL where there is none */
    size_t tagger_settings_length;
    bool category_tag;
    uint32_t router_tags;   /* the first tags, which are those of a router; 0: not known */
    uint64_t shard, shards; /* from 1, of the run with this digest; 0, 0: no shard */
    char run_digest[33];

    tgr_strings *sources; /* NULL until tgr_query_open_origins, or where there is no such column */
    bool has_positions, has_record_bytes, has_record_parts; /* likewise */
    int64_t *source_bytes;   /* NULL, or a source: length of the log, decompressed; -1 unknown */
    uint64_t *source_hashes; /* likewise: its hash as engine/log/identity.h has it */
    char *left_out;          /* members of a foreign file that are not read, as a list; or NULL */

    tgr_strings *kept; /* NULL, or names of columns of /obs that ingest was asked for */
    uint64_t skipped[TGR_SKIP_REASONS];  /* records of its logs that were no queries */
    tgr_strings *more[TGR_MORE_COLUMNS]; /* NULL until tgr_query_open_more, or where there is no
                                          * such column */

    /* Set by whoever opened the file. */
    int threads;          /* that a read may use; 0: 1 */
    uint64_t ahead_bytes; /* of an array, that those may decode before they are asked for */
    uint64_t text_bytes; /* ids and texts of variable length end a batch beyond this; 0: they do not
                          */
    struct tgr_query_source *source; /* the store's own */
} tgr_query_file;

/* Opens and checks a query file: tagroute's own, or an AnnData file of any layout (X as CSR, CSC or
 * dense; names as variable- or fixed-length strings or integers; any numeric types). */
tgr_status tgr_query_open(const char *path, tgr_query_file **file, tgr_error *error);
void tgr_query_close(tgr_query_file *file); /* NULL allowed */

/* Opens what only copying a file needs, sources, places in them and texts, so that they can be
 * asked for, and checks the names and texts of a file of tagroute's own. Sets has_text to whether
 * there are texts. */
tgr_status tgr_query_open_origins(tgr_query_file *file, tgr_error *error);

/* Opens columns of /obs by name (at most TGR_MORE_COLUMNS), whatever AnnData stores them as, so
 * that their codes can be asked for: strings and categories by name, numbers and booleans as text.
 * TGR_ERR_INPUT for more than `most` distinct values. A column that the file lacks stays NULL. */
tgr_status tgr_query_open_more(tgr_query_file *file, const char *const *names, size_t count,
                               uint32_t most, tgr_error *error);

/* Whether /obs has a column of that name. */
bool tgr_query_has_column(tgr_query_file *file, const char *name);

/* The names of the file's columns of /obs, as a list for messages; "" where there are none. To be
 * freed with tgr_mem_free; NULL where memory is short. */
char *tgr_query_column_names(tgr_query_file *file);

/* Reads rows from `first` on, in parallel; a file is read by one caller at a time. What carries
 * checksums is checked against them: in a walk over all rows every byte read is vouched for by the
 * end, and damage is TGR_ERR_INPUT, naming the array and the rows. As many rows come as
 * there are, at most max_rows, and no more than max_nonzeros stored values unless a single row
 * holds more. batch->rows is 0 only at the end. want: TGR_WANT_*. A batch starts zeroed, may be
 * read into again and again, and is freed with tgr_batch_free. */
tgr_status tgr_query_read(tgr_query_file *file, uint64_t first, size_t max_rows,
                          size_t max_nonzeros, unsigned want, tgr_batch *batch, tgr_error *error);
void tgr_batch_free(tgr_batch *batch);

/* What a row of a batch takes, on average and about; and a stored value. In bytes, at least 1. */
uint64_t tgr_query_row_bytes(const tgr_query_file *file, unsigned want);
uint64_t tgr_query_nonzero_bytes(const tgr_query_file *file);

/* Reads the codes of the column `split`, which the file must have, and nothing else. */
tgr_status tgr_query_read_split(tgr_query_file *file, uint64_t first, size_t rows, int32_t *codes,
                                tgr_error *error);

/* Reads the column of weights, which the file must have, and nothing else; NaN: not said. */
tgr_status tgr_query_read_weights(tgr_query_file *file, uint64_t first, size_t rows,
                                  double *weights, tgr_error *error);

/* How many values are stored before a row, at most as many as there are in the file; of a dense
 * array, which tells less, in proportion to the rows. */
tgr_status tgr_query_values_before(tgr_query_file *file, uint64_t row, uint64_t *values,
                                   tgr_error *error);

/* Whether X lies in the file as it is in memory, so that reading it is little more than a copy. */
bool tgr_query_is_plain(const tgr_query_file *file);

/* Whether a file may be read in one thread while others use HDF5. */
bool tgr_query_read_in_threads(void);

/* Keeps only the rows for which keep[row] is true, in order, in place; first_row stays. */
void tgr_batch_select(tgr_batch *batch, size_t file_models, const bool *keep);

/* Reads everything and compares the recorded checksums; TGR_ERR_INPUT where one differs. */
tgr_status tgr_query_verify(tgr_query_file *file, tgr_error *error);

#endif
