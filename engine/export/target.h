/* target.h - what the batch interface of a provider takes. */
#ifndef TGR_EXPORT_TARGET_H
#define TGR_EXPORT_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/batches.h>

typedef struct tgr_batch_target {
    const char *name;
    const char *ending;                   /* of files */
    const char *begin, *between, *end;    /* of a file */
    const char *before_body, *after_body; /* of a request, behind its custom_id */
    uint64_t most_requests, most_bytes;   /* of a file */
    bool names_model;                     /* within the body */
    bool anthropic;                       /* bodies are of Anthropic's shape */
    bool plain_ids;                       /* letters, digits, '_' and '-', at most 64 */
} tgr_batch_target;

/* NULL for a value that is none. */
const tgr_batch_target *tgr_batch_target_of(tgr_batch_format format);

/* Whether an id may be a custom_id as it is. */
bool tgr_batch_id_fits(const tgr_batch_target *target, const char *id, size_t length);

#endif
