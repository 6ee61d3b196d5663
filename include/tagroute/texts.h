/* texts.h - texts in the caller's memory to tags: what tgr_ingest would make of them, as CSR.
 *
 * A text tagger is not changed once it is made: threads may share it.
 */
#ifndef TAGROUTE_TEXTS_H
#define TAGROUTE_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/router.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A tagger, and the tags that it gives, as columns: first all of its router's, in the router's
 * order, where it is a router's; then those that the router does not know, as the tagger has them.
 */
typedef struct tgr_text_tagger tgr_text_tagger;

/* That of a file, a vocabulary or a router. TGR_ERR_INPUT for a file that is neither, and for a
 * router without a tagger. *tagger is the caller's, freed with tgr_text_tagger_free. */
TGR_API tgr_status tgr_text_tagger_load(const char *path, tgr_text_tagger **tagger,
                                        tgr_error *error);

/* That of a router, which it does not need any longer. TGR_ERR_ARGUMENT for one without. */
TGR_API tgr_status tgr_text_tagger_of_router(const tgr_router *router, tgr_text_tagger **tagger,
                                             tgr_error *error);
TGR_API void tgr_text_tagger_free(tgr_text_tagger *tagger); /* NULL allowed */

TGR_API uint32_t tgr_text_tagger_tags(const tgr_text_tagger *tagger);  /* columns */
TGR_API uint32_t tgr_text_tagger_known(const tgr_text_tagger *tagger); /* of them the router's */
TGR_API const char *tgr_text_tagger_tag(const tgr_text_tagger *tagger, uint32_t column);

typedef struct tgr_tag_texts_options {
    size_t size;    /* sizeof(tgr_tag_texts_options) */
    uint64_t count; /* texts */
    const char *bytes;
    const uint64_t *offsets; /* count + 1: text i is bytes[offsets[i]] .. bytes[offsets[i + 1] - 1],
                              * UTF-8 */
    const char *const *categories; /* count, each may be NULL; or NULL. A router whose queries had
                                    * their category as a tag gives them that, where it knows it */
    bool known_only;               /* of a router's tagger: the router's tags alone */
} tgr_tag_texts_options;

/* Rows of tags: row r holds entries indptr[r] .. indptr[r + 1], columns ascending. */
typedef struct tgr_tagged_texts {
    uint64_t rows, nonzeros;
    uint32_t columns;
    const int64_t *indptr;                  /* rows + 1 */
    const int32_t *indices;                 /* nonzeros */
    const uint16_t *counts;                 /* nonzeros: 1 .. 65535 */
    uint64_t untagged;                      /* rows without an entry */
    struct tgr_tagged_texts_memory *memory; /* the library's own */
} tgr_tagged_texts;

/* Tags texts: a row has the tags, and the counts, that tgr_ingest gives a record of this text
 * without tags of its own. The result does not depend on threads. TGR_ERR_INPUT for a text that is
 * not UTF-8, naming it by its number from 0. *tagged is the caller's, freed with
 * tgr_tagged_texts_free. `run` may be NULL. */
TGR_API tgr_status tgr_tag_texts(const tgr_text_tagger *tagger,
                                 const tgr_tag_texts_options *options, tgr_tagged_texts **tagged,
                                 const tgr_run *run, tgr_error *error);
TGR_API void tgr_tagged_texts_free(tgr_tagged_texts *tagged); /* NULL allowed */

#ifdef __cplusplus
}
#endif
#endif
