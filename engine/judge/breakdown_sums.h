/* breakdown_sums.h - what is summed for each value of a column. Between breakdown.c and
 * breakdown_finish.c.
 *
 * Each column has some copies of all its sums, as many as fit, which threads share out: one that
 * adds to a value holds its lock.
 */
#ifndef TGR_JUDGE_BREAKDOWN_SUMS_H
#define TGR_JUDGE_BREAKDOWN_SUMS_H

#include "engine/judge/breakdown.h"
#include "engine/judge/united.h"
#include "engine/simulate/moves.h"
#include "engine/simulate/resample.h"

/* Of one value. */
typedef struct tgr_value_sums {
    tgr_group_sums sums; /* at one threshold */
    uint64_t rows;       /* sums.queries is by weight */
    tgr_stand stand;
    uint64_t undecided, tags, known_tags; /* tags by weight */
    uint64_t no_known_tag;
    tgr_moves moves;
} tgr_value_sums;

typedef struct tgr_value_column {
    const char *name;
    tgr_united values;    /* those without one come after them */
    size_t count;         /* values, and none */
    tgr_value_sums *sums; /* copies x count */
    const int32_t *here;  /* of the file at hand */
} tgr_value_column;

struct tgr_breakdowns {
    tgr_second_walk *walk;
    size_t count;
    tgr_value_column *columns;
    size_t copies;
    uint64_t most;  /* moves that fit */
    uint64_t moves; /* atomic */
    const bool *known;
};

#endif
