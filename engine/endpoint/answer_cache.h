/* answer_cache.h - every answer that was paid for, in a file that only grows.
 *
 *     16 bytes   "tagroute.answers"
 *      4 bytes   version, 1; and 4 bytes 0
 *     then a record an answer:
 *      4 bytes   mark
 *      4 bytes   length of the answer
 *      8 bytes   XXH3-64 of all of the record that follows
 *     16 bytes   key: XXH3-128 of what was asked
 *      4 bytes   prompt tokens, 4 bytes completion tokens, 4 bytes flags; and 4 bytes 0
 *                the answer
 *
 * Numbers are little-endian. What a crash has torn at the end is cut off when the file is opened;
 * damage elsewhere is passed over. An answer is on the file before anybody uses it. */
#ifndef TGR_ENDPOINT_ANSWER_CACHE_H
#define TGR_ENDPOINT_ANSWER_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include <xxhash.h>

#include <tagroute/status.h>

#include "engine/base/buffer.h"
#include "engine/endpoint/answer_index.h"

#define TGR_KEPT_ANSWER_MOST ((size_t)1 << 16) /* bytes of an answer: no list of tags has more */

enum { TGR_ANSWER_CUT_OFF = 1, TGR_ANSWER_REFUSED = 2, TGR_ANSWER_METERED = 4 };

typedef struct tgr_kept_answer {
    uint32_t prompt_tokens, completion_tokens, flags;
    const char *text;
    size_t length;
} tgr_kept_answer;

typedef enum tgr_known {
    TGR_KNOWN_NOT,
    TGR_KNOWN_ASKED,   /* an answer is awaited */
    TGR_KNOWN_FAILED,  /* there will be none in this run */
    TGR_KNOWN_ANSWERED /* it is kept */
} tgr_known;

/* Starts zeroed. */
typedef struct tgr_answer_cache {
    const char *path; /* the caller's; must outlive the cache */
    int fd;
    bool opened, created; /* a file that was created and got no answer is removed again */
    uint64_t length;      /* of the file: whole records */
    uint64_t unsynced;    /* bytes written since the last sync */
    uint64_t answers;     /* found when it was opened */
    uint64_t damaged;     /* bytes passed over or cut off when it was opened */
    tgr_answer_index index;
    tgr_buffer record;    /* of the last answer written */
    unsigned char *found; /* and read */
} tgr_answer_cache;

/* Opens or creates the file, and locks it. TGR_ERR_IO where another run has it, TGR_ERR_INPUT where
 * it is something else. */
tgr_status tgr_answer_cache_open(tgr_answer_cache *cache, const char *path, tgr_error *error);

tgr_known tgr_answer_cache_knows(const tgr_answer_cache *cache, XXH128_hash_t key);

/* Notes what is no answer, for this run alone. */
tgr_status tgr_answer_cache_note(tgr_answer_cache *cache, XXH128_hash_t key, tgr_known known,
                                 tgr_error *error);

/* Appends an answer. */
tgr_status tgr_answer_cache_keep(tgr_answer_cache *cache, XXH128_hash_t key,
                                 const tgr_kept_answer *answer, tgr_error *error);

/* Reads an answer that is known; its text lives until the next call. *earlier: it was there when
 * the cache was opened, and this is its first use. */
tgr_status tgr_answer_cache_read(tgr_answer_cache *cache, XXH128_hash_t key,
                                 tgr_kept_answer *answer, bool *earlier, tgr_error *error);

/* Makes what was appended last. */
tgr_status tgr_answer_cache_sync(tgr_answer_cache *cache, tgr_error *error);

void tgr_answer_cache_close(tgr_answer_cache *cache); /* harmless on a zeroed structure */

#endif
