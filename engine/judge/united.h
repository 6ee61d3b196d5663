/* united.h - one numbering for the names that several files have, each with numbers of its own. */
#ifndef TGR_JUDGE_UNITED_H
#define TGR_JUDGE_UNITED_H

#include "engine/pass.h"

typedef struct tgr_united {
    tgr_strings *names; /* of all files */
    int32_t **codes;    /* files: their numbers to these */
    size_t files;
} tgr_united;

/* The names that a file has; NULL: none. */
typedef const tgr_strings *tgr_names_of(const tgr_query_file *file, size_t which);

const tgr_strings *tgr_names_of_column(const tgr_query_file *file, size_t which); /* file->more */
const tgr_strings *tgr_names_of_category(const tgr_query_file *file, size_t unused);

/* false where memory is short. To be closed in any case. */
bool tgr_united_open(tgr_united *united, const tgr_pass *pass, tgr_names_of *of, size_t which);
void tgr_united_close(tgr_united *united); /* harmless on a zeroed one */

/* The number of what comes after all names: for queries without one. */
static inline size_t tgr_united_none(const tgr_united *united)
{
    return (size_t)tgr_strings_count(united->names);
}

#endif
