/* layout.h - where a query file of tagroute keeps what, and the digest over all of it.
 *
 * Each dataset carries the XXH3-64 of its contents as the attribute `xxh3` (16 hexadecimal digits):
 * of its little-endian bytes, or of its strings with a NUL after each where they are of variable
 * length. The file's digest is the XXH3-128 over lines "PATH=CHECKSUM\n" in the order below (from
 * TGR_DATASET_OLDEST on only of datasets that are there), then over how the texts were tagged.
 */
#ifndef TGR_STORE_LAYOUT_H
#define TGR_STORE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/ingest.h>

#include "engine/store/h5.h"

#define TGR_QUERIES_FORMAT   "tagroute.queries"
#define TGR_DECISIONS_FORMAT "tagroute.decisions"
#define TGR_FORMAT_VERSION   1
#define TGR_CHECKSUM         "xxh3"

typedef enum tgr_dataset {
    TGR_DATASET_INDPTR,
    TGR_DATASET_INDICES,
    TGR_DATASET_DATA,
    TGR_DATASET_IDS,
    TGR_DATASET_CATEGORY, /* codes; likewise the next five */
    TGR_DATASET_SPLIT,
    TGR_DATASET_ALLOW,
    TGR_DATASET_DENY,
    TGR_DATASET_NEEDS,
    TGR_DATASET_SOURCE,
    TGR_DATASET_CATEGORY_NAMES, /* in the same order */
    TGR_DATASET_SPLIT_NAMES,
    TGR_DATASET_ALLOW_NAMES,
    TGR_DATASET_DENY_NAMES,
    TGR_DATASET_NEEDS_NAMES,
    TGR_DATASET_SOURCE_NAMES,
    TGR_DATASET_POSITION,
    TGR_DATASET_PROMPT_TOKENS,
    TGR_DATASET_TEXT,
    TGR_DATASET_TAGS,
    TGR_DATASET_TAG_QUERIES,
    TGR_DATASET_TAG_COUNTS,
    TGR_DATASET_SCORE,
    TGR_DATASET_OUTCOME,
    TGR_DATASET_COST,
    TGR_DATASET_COMPLETION_TOKENS,
    TGR_DATASET_MODELS,
    TGR_DATASET_OLDEST, /* how many every version has known */
    TGR_DATASET_CACHED_TOKENS = TGR_DATASET_OLDEST,
    TGR_DATASET_TOKENS_FROM, /* codes */
    TGR_DATASET_TOKENS_FROM_NAMES,
    TGR_DATASET_RECORD_BYTES,
    TGR_DATASET_RECORD_PART,
    TGR_DATASET_SOURCE_BYTES,
    TGR_DATASET_SOURCE_HASHES,
    TGR_DATASET_LOGGED_MODEL, /* codes */
    TGR_DATASET_LOGGED_MODEL_NAMES,
    TGR_DATASET_LOGGED_COST,
    TGR_DATASET_KEPT_COLUMNS, /* names of columns of kept fields, which stand in /obs, too */
    TGR_DATASET_KEPT,         /* codes of the first; likewise the next seven */
    TGR_DATASET_KEPT_NAMES = TGR_DATASET_KEPT + 8, /* in the same order */
    TGR_DATASET_KEPT_LAST = TGR_DATASET_KEPT_NAMES + 7,
    TGR_DATASET_WEIGHT,
    TGR_DATASET_PROPENSITY,   /* of the logged model */
    TGR_DATASET_PROPENSITIES, /* of each model */
    TGR_DATASETS
} tgr_dataset;

/* "X/indptr" and so on; static storage. */
const char *tgr_dataset_path(tgr_dataset dataset);

/* Numbers of /uns/tagroute: records that were no queries, by tgr_skip_reason. */
extern const char *const tgr_skipped_names[TGR_SKIP_REASONS];

typedef struct tgr_checksum {
    char text[17]; /* "" where there is no such dataset */
} tgr_checksum;

tgr_checksum tgr_checksum_of(uint64_t hash);

/* How the rows came about. NULL strings count as "". */
typedef struct tgr_digest_facts {
    const char *kind, *digest;
    bool category_tag;
    uint32_t router_tags;   /* the first tags, which are those of a router; 0: there was none */
    uint64_t shard, shards; /* of the run with this digest; 0, 0: it was whole */
    const char *run_digest;
} tgr_digest_facts;

/* 32 hexadecimal digits and NUL. */
void tgr_layout_digest(const tgr_checksum checksums[TGR_DATASETS], const tgr_digest_facts *tagger,
                       char digest[33]);

/* Reads the recorded checksums. *complete false where some dataset carries none. */
tgr_status tgr_layout_checksums(const tgr_h5_file *file, tgr_checksum checksums[TGR_DATASETS],
                                bool *complete, tgr_error *error);

/* Opens a dataset of the layout by its path; 0 in *id where it or a group above it does not exist.
 */
tgr_status tgr_layout_open(const tgr_h5_file *file, tgr_dataset dataset, hid_t *id,
                           tgr_error *error);

#endif
