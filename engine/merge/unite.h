/* unite.h - several query files as one: their names numbered as ingest would have, had it read all
 * of their logs in one run; and, after a first pass, everything that the plan of that file needs.
 */
#ifndef TGR_MERGE_UNITE_H
#define TGR_MERGE_UNITE_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/run.h>

#include "engine/ingest/columns.h"
#include "engine/ingest/plan.h"
#include "engine/judgements/judgements.h"
#include "engine/pass.h"

/* A file's numbers: where each stands among all files' names in order of arrival. */
typedef struct tgr_union_file {
    uint32_t *tags, *models, *sources;
    uint32_t *coded[TGR_CODED_COLUMNS];
    uint32_t source; /* of all its rows, where the file names no sources */
} tgr_union_file;

/* Starts zeroed. */
typedef struct tgr_union {
    tgr_columns columns; /* names and facts; its spools stay empty */
    tgr_union_file *files;
    size_t count;
    tgr_judgements *judged; /* NULL, or what is laid over the rows */
    tgr_strings *kept;      /* names of columns that ingest was asked for, of all files */
    uint64_t skipped[TGR_SKIP_REASONS]; /* records that were no queries */
    const tgr_query_file *tagged;       /* a file that says how it was tagged; NULL: none does */
} tgr_union;

/* Opens the columns that ingest was asked for in any of the files. Before tgr_union_open. */
tgr_status tgr_union_open_kept(tgr_union *all, tgr_pass *pass, tgr_error *error);

/* Numbers the names of all files, whose taggers agree. path: the output. */
tgr_status tgr_union_open(tgr_union *all, const tgr_pass *pass, const char *path, tgr_error *error);
void tgr_union_free(tgr_union *all);

/* The first pass: counts tags and gathers what is known of all rows. */
tgr_status tgr_union_survey(tgr_union *all, tgr_pass *pass, const tgr_run *run, tgr_error *error);

/* The second pass: writes all rows, renumbered. */
tgr_status tgr_union_copy(const tgr_union *all, tgr_pass *pass, const tgr_numbering *numbering,
                          const tgr_query_plan *plan, tgr_query_writer *writer, const tgr_run *run,
                          tgr_error *error);

/* A file's name without its folder. */
const char *tgr_union_base_name(const char *path);

/* The code column's names in a file, NULL where it has none; the batch's codes. */
const tgr_strings *tgr_union_names(const tgr_query_file *file, tgr_coded which);
const int32_t *tgr_union_codes(const tgr_batch *batch, tgr_coded which);

/* An entry of X, whatever its type. */
static inline float tgr_union_value(const tgr_csr *x, int64_t entry)
{
    switch (x->value_type) {
    case TGR_U8:
        return ((const uint8_t *)x->values)[entry];
    case TGR_U16:
        return ((const uint16_t *)x->values)[entry];
    case TGR_F32:
        break;
    }
    return ((const float *)x->values)[entry];
}

#endif
