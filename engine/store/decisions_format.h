/* decisions_format.h - what the formats of decisions have in common; the store's own. */
#ifndef TGR_STORE_DECISIONS_FORMAT_H
#define TGR_STORE_DECISIONS_FORMAT_H

#include "engine/store/anndata.h"
#include "engine/store/decisions.h"
#include "engine/store/decisions_sink.h"
#include "engine/store/target.h"

/* Decisions to be encoded. */
typedef struct tgr_decisions_rows {
    const tgr_texts *ids; /* NULL: row numbers */
    const int16_t *model;
    const float *margin; /* may be NULL */
    uint64_t first;      /* number of the first, over the whole run */
    size_t count;
} tgr_decisions_rows;

/* ---- HDF5 ------------------------------------------------------------------------------ */

/* Where an array lies in the file. */
typedef struct tgr_decisions_place {
    uint64_t offset, rows, row_bytes; /* row_bytes 0: the file has no such array */
} tgr_decisions_place;

/* Writes all of the file but the arrays' contents into target->output, over what is there, and
 * closes it. Where things lie follows from the plan alone, so it is called twice: at the beginning
 * for the places, and at the end with the sums of the arrays' blocks (NULL: zeros). */
tgr_status tgr_decisions_h5_create(tgr_target *target, const tgr_decisions_plan *plan,
                                   tgr_sink *sums,
                                   tgr_decisions_place places[TGR_DECISIONS_REGIONS],
                                   tgr_error *error);

/* Has the first process of a crew lay the file out, and adds this one's parts to the sink. */
tgr_status tgr_decisions_crew_open(tgr_target *target, const tgr_decisions_plan *plan,
                                   tgr_sink *sink, tgr_error *error);

/* Once the sink has finished: joins the sums of all parts, and puts the file in place. */
tgr_status tgr_decisions_crew_commit(tgr_target *target, const tgr_decisions_plan *plan,
                                     tgr_sink *sink, tgr_error *error);

/* Bytes of an id or a row's number; whether models are numbered in a byte. */
size_t tgr_decisions_index_width(const tgr_decisions_plan *plan);
bool tgr_decisions_narrow(const tgr_decisions_plan *plan);

/* Whether the index is row numbers that are written beforehand, in chunks: it is no region then. */
bool tgr_decisions_numbered(const tgr_decisions_plan *plan);
/* Writes them, as strings of `type`. */
tgr_status tgr_decisions_write_numbers(const tgr_decisions_plan *plan, tgr_anndata obs, hid_t type,
                                       tgr_error *error);

tgr_status tgr_decisions_h5_encode(const tgr_decisions_plan *plan, const tgr_decisions_rows *rows,
                                   const char *path, tgr_sink_batch *batch, tgr_error *error);

/* The same in two steps: room for so many rows in an empty batch, and rows put there, from its row
 * `at` on, by any number of threads. */
tgr_status tgr_decisions_h5_room(const tgr_decisions_plan *plan, size_t rows, tgr_sink_batch *batch,
                                 tgr_error *error);
tgr_status tgr_decisions_h5_put(const tgr_decisions_plan *plan, const tgr_decisions_rows *rows,
                                const char *path, size_t at, tgr_sink_batch *batch,
                                tgr_error *error);

/* ---- JSON Lines and MessagePack -------------------------------------------------------- */

typedef struct tgr_decisions_text tgr_decisions_text;

tgr_status tgr_decisions_text_open(bool msgpack, const tgr_decisions_plan *plan,
                                   tgr_decisions_text **text, tgr_error *error);
tgr_status tgr_decisions_text_encode(const tgr_decisions_text *text, const tgr_decisions_rows *rows,
                                     tgr_sink_batch *batch, tgr_error *error);
void tgr_decisions_text_free(tgr_decisions_text *text); /* NULL allowed */

/* Of a crew: takes a file for this process's part; not for the first, whose part becomes the whole
 * file. Then, once the sinks have finished, puts every part where it belongs in that one, and gives
 * this its final name. */
tgr_status tgr_decisions_part_open(tgr_target *target, const tgr_decisions_plan *plan,
                                   const char *path, tgr_error *error);
tgr_status tgr_decisions_parts_join(const tgr_target *target, const tgr_decisions_plan *plan,
                                    const tgr_sink *sink, tgr_error *error);
tgr_status tgr_decisions_parts_commit(tgr_target *target, const tgr_decisions_plan *plan,
                                      tgr_error *error);

/* The decimal digits of a number, without a NUL; returns how many. */
size_t tgr_decisions_digits(char text[20], uint64_t number);

#endif
