/* sidecar.h - the note beside a shard of decisions in a text format, which has no room for
 * one: which part of which run it is, and the sum of its bytes. */
#ifndef TGR_ROUTE_SIDECAR_H
#define TGR_ROUTE_SIDECAR_H

#include <stdint.h>

#include <tagroute/status.h>

#define TGR_SIDECAR_ENDING ".shard"

typedef struct tgr_sidecar {
    uint64_t shard, shards;
    uint64_t first_row, rows, total_rows;
    uint64_t bytes, xxh3; /* of the decisions */
    char format[8];       /* "jsonl", "msgpack" */
    char router_digest[33];
    char run_digest[33];
} tgr_sidecar;

/* `path` is that of the decisions. Appears whole or not at all, in place of one that is there. */
tgr_status tgr_sidecar_write(const char *path, const tgr_sidecar *note, tgr_error *error);

/* TGR_ERR_INPUT where there is none, or it is not one. */
tgr_status tgr_sidecar_read(const char *path, tgr_sidecar *note, tgr_error *error);

void tgr_sidecar_remove(const char *path);

#endif
