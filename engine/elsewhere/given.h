/* given.h - decisions made elsewhere: a model of the router for each query, in memory. */
#ifndef TGR_ELSEWHERE_GIVEN_H
#define TGR_ELSEWHERE_GIVEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>

#include "engine/router/router.h"

typedef struct tgr_given {
    const tgr_router *router;
    const char *path;
    uint64_t most;   /* decisions that there may be */
    int16_t *models; /* router's numbers, or TGR_UNDECIDED */
    size_t count, capacity;
    uint64_t *ids; /* XXH3 of each query's id; where there are any */
    size_t id_count, id_capacity;
} tgr_given;

/* Reads a file in any of the formats, told by its content; a text is CSV where its name says so, or
 * it begins with no `{`. TGR_ERR_INPUT with the place of what is wrong. To be freed in any case. */
tgr_status tgr_given_read(tgr_given *given, const tgr_router *router, const char *path,
                          uint64_t most, const tgr_run *run, tgr_error *error);
void tgr_given_free(tgr_given *given); /* harmless on a zeroed one */

uint64_t tgr_given_hash(const char *id, size_t length);

/* For the formats: one more decision. id NULL: it has none. */
tgr_status tgr_given_add(tgr_given *given, int model, const char *id, size_t length,
                         tgr_error *error);

/* The model of a name or, where it is none, of a number from 0 in decimal; TGR_UNDECIDED for an
 * empty text and -1. place: for messages, such as "line 3". */
tgr_status tgr_given_find(const tgr_given *given, const char *text, const char *place, int *model,
                          tgr_error *error);

/* The model of a number; negative: undecided. */
tgr_status tgr_given_number(const tgr_given *given, int64_t number, const char *place, int *model,
                            tgr_error *error);

tgr_status tgr_given_read_h5(tgr_given *given, tgr_error *error);
tgr_status tgr_given_read_npy(tgr_given *given, tgr_error *error);
tgr_status tgr_given_read_jsonl(tgr_given *given, const tgr_run *run, tgr_error *error);
tgr_status tgr_given_read_csv(tgr_given *given, const tgr_run *run, tgr_error *error);

#endif
