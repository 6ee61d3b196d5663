/* row_ranks.c - see row_ranks.h. */
#include "engine/ingest/row_ranks.h"

#include <string.h>

#include "engine/base/wide.h"

#define LANES 16

typedef uint32_t lanes __attribute__((vector_size(LANES * sizeof(uint32_t))));

bool tgr_row_ranks_pay(void)
{
    return tgr_wide_level() != TGR_WIDE_PLAIN;
}

/* The ranks of so many times 16 columns, the last of which may mean nothing. */
TGR_WIDE_INLINE void rank(const uint32_t *columns, size_t count, uint32_t *ranks, int vectors)
{
    lanes own[TGR_ROW_RANKS_MOST / LANES], smaller[TGR_ROW_RANKS_MOST / LANES];
    for (int v = 0; v < vectors; v++) {
        memcpy(&own[v], columns + v * LANES, sizeof own[v]);
        smaller[v] = (lanes){0};
    }
    for (size_t i = 0; i < count; i++) {
        for (int v = 0; v < vectors; v++) {
            smaller[v] -= (lanes)(columns[i] < own[v]); /* true is minus one */
        }
    }
    for (int v = 0; v < vectors; v++) {
        memcpy(ranks + v * LANES, &smaller[v], sizeof smaller[v]);
    }
}

TGR_WIDE(void, rank_row, (const uint32_t *columns, size_t count, uint32_t *ranks),
         (columns, count, ranks))
{
    if (count <= LANES) {
        rank(columns, count, ranks, 1);
    } else if (count <= 2 * LANES) {
        rank(columns, count, ranks, 2);
    } else {
        rank(columns, count, ranks, 4);
    }
}

void tgr_row_ranks(const uint32_t *columns, size_t count, uint32_t *ranks)
{
    rank_row(columns, count, ranks);
}
