/* answer_cache.c - records appended, found again, and checked. */
#include "engine/endpoint/answer_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"

#define HEAD   24 /* bytes of the file's head, */
#define RECORD 48 /* and of a record before its answer */
#define SUMMED 16 /* bytes of a record that its checksum does not cover */
#define MOST   (RECORD + TGR_KEPT_ANSWER_MOST)
#define BLOCK  (16 * MOST) /* read at a time when the file is opened */

static const unsigned char head[HEAD] = "tagroute.answers\1";
static const unsigned char mark[4] = {0xa5, 0x5e, 0x1f, 0xed};

/* What stands in the index: an offset shifted by one bit, which says "of this run, or used in it";
 * or one of these, which no offset is, as the head comes first. */
enum { ASKED = 1, FAILED = 2, USED = 1 };

static uint64_t value_of(uint64_t offset, bool used)
{
    return offset << 1 | used;
}

/* ---- records ------------------------------------------------------------------------------------
 */

static void put(unsigned char *to, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        to[i] = (unsigned char)(number >> (8 * i));
    }
}

static uint64_t get(const unsigned char *from, int bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < bytes; i++) {
        number |= (uint64_t)from[i] << (8 * i);
    }
    return number;
}

static void encode(tgr_buffer *record, XXH128_hash_t key, const tgr_kept_answer *answer)
{
    unsigned char front[RECORD] = {0};
    memcpy(front, mark, sizeof mark);
    put(front + 4, answer->length, 4);
    put(front + 16, key.low64, 8);
    put(front + 24, key.high64, 8);
    put(front + 32, answer->prompt_tokens, 4);
    put(front + 36, answer->completion_tokens, 4);
    put(front + 40, answer->flags, 4);
    tgr_buffer_clear(record);
    tgr_buffer_add(record, front, sizeof front);
    tgr_buffer_add(record, answer->text, answer->length);
    if (!record->failed) {
        put((unsigned char *)record->bytes + 8,
            XXH3_64bits(record->bytes + SUMMED, record->length - SUMMED), 8);
    }
}

/* The whole length of the record at the front of some bytes; 0 where there is none. */
static size_t check(const unsigned char *bytes, size_t length)
{
    if (length < RECORD || memcmp(bytes, mark, sizeof mark) != 0) {
        return 0;
    }
    uint64_t whole = RECORD + get(bytes + 4, 4);
    if (whole > MOST || whole > length ||
        XXH3_64bits(bytes + SUMMED, (size_t)whole - SUMMED) != get(bytes + 8, 8)) {
        return 0;
    }
    return (size_t)whole;
}

static void decode(const unsigned char *bytes, size_t whole, tgr_kept_answer *answer)
{
    answer->prompt_tokens = (uint32_t)get(bytes + 32, 4);
    answer->completion_tokens = (uint32_t)get(bytes + 36, 4);
    answer->flags = (uint32_t)get(bytes + 40, 4);
    answer->text = (const char *)bytes + RECORD;
    answer->length = whole - RECORD;
}

/* ---- opening ------------------------------------------------------------------------------------
 */

/* Reads up to `size` bytes at an offset; less only at the end of the file. */
static tgr_status read_at(tgr_answer_cache *cache, void *bytes, size_t size, uint64_t offset,
                          size_t *got, tgr_error *error)
{
    *got = 0;
    while (*got < size) {
        ssize_t some = pread(cache->fd, (char *)bytes + *got, size - *got, (off_t)(offset + *got));
        if (some < 0 && errno == EINTR) {
            continue;
        }
        if (some < 0) {
            return tgr_fail_io(error, cache->path, "read", errno);
        }
        if (some == 0) {
            break;
        }
        *got += (size_t)some;
    }
    return TGR_OK;
}

/* How far to go on from where no record is: to what may be the next mark. */
static size_t pass_over(const unsigned char *bytes, size_t length)
{
    const unsigned char *next = length > 1 ? memchr(bytes + 1, mark[0], length - 1) : NULL;
    return next != NULL ? (size_t)(next - bytes) : length;
}

/* Indexes the records of a block; *used is how many bytes are done with. last: nothing follows. */
static tgr_status index_block(tgr_answer_cache *cache, const unsigned char *bytes, size_t length,
                              uint64_t offset, bool last, size_t *used, tgr_error *error)
{
    size_t at = 0;
    while (at < length && (last || length - at >= MOST)) {
        size_t whole = check(bytes + at, length - at);
        if (whole == 0) {
            size_t passed = pass_over(bytes + at, length - at);
            cache->damaged += passed;
            at += passed;
            continue;
        }
        XXH128_hash_t key = {get(bytes + at + 16, 8), get(bytes + at + 24, 8)};
        cache->answers += tgr_answer_index_find(&cache->index, key) == NULL;
        if (!tgr_answer_index_set(&cache->index, key, value_of(offset + at, false))) {
            return tgr_fail_memory(error, "the index of answers");
        }
        at += whole;
        cache->length = offset + at;
    }
    *used = at;
    return TGR_OK;
}

static tgr_status index_all(tgr_answer_cache *cache, tgr_error *error)
{
    tgr_status status = TGR_OK;
    size_t got = 0, used = 0;
    uint64_t offset = HEAD;
    unsigned char *block = tgr_mem_alloc(BLOCK, 1);
    if (block == NULL) {
        return tgr_fail_memory(error, "a block of answers");
    }
    do {
        TGR_TRY(read_at(cache, block, BLOCK, offset, &got, error));
        TGR_TRY(index_block(cache, block, got, offset, got < BLOCK, &used, error));
        offset += used;
    } while (got == BLOCK);
done:
    tgr_mem_free(block);
    return status;
}

/* Writes the head of a new file, or checks it. */
static tgr_status begin(tgr_answer_cache *cache, tgr_error *error)
{
    unsigned char found[HEAD];
    size_t got = 0;
    tgr_status status = read_at(cache, found, sizeof found, 0, &got, error);
    if (status != TGR_OK) {
        return status;
    }
    if (memcmp(found, head, got) != 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: is not a file of answers that this version can go on with; name "
                        "another",
                        cache->path);
    }
    cache->length = HEAD;
    if (got == HEAD) {
        return index_all(cache, error);
    }
    cache->created = got == 0;
    if (pwrite(cache->fd, head, HEAD, 0) != HEAD) {
        return tgr_fail_io(error, cache->path, "write", errno);
    }
    return tgr_output_sync_folder(cache->path, error);
}

static tgr_status lock_file(tgr_answer_cache *cache, tgr_error *error)
{
    struct stat found;
    cache->fd = open(cache->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (cache->fd < 0) {
        return tgr_fail_io(error, cache->path, "open the file of answers", errno);
    }
    cache->opened = true;
    if (fstat(cache->fd, &found) != 0 || !S_ISREG(found.st_mode)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "%s: is not a regular file; name a file for the "
                        "answers",
                        cache->path);
    }
    if (flock(cache->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return tgr_fail(error, TGR_ERR_IO,
                        "%s: another run keeps its answers there now; wait for that one, or name "
                        "another file",
                        cache->path);
    }
    return TGR_OK;
}

/* What was torn off at the end would stand in the way of what is appended. */
static tgr_status cut_tail(tgr_answer_cache *cache, tgr_error *error)
{
    struct stat found;
    if (fstat(cache->fd, &found) != 0 || ((uint64_t)found.st_size > cache->length &&
                                          ftruncate(cache->fd, (off_t)cache->length) != 0)) {
        return tgr_fail_io(error, cache->path, "cut off a torn answer", errno);
    }
    return TGR_OK;
}

tgr_status tgr_answer_cache_open(tgr_answer_cache *cache, const char *path, tgr_error *error)
{
    tgr_status status = TGR_OK;
    *cache = (tgr_answer_cache){.path = path, .fd = -1};
    TGR_TRY(lock_file(cache, error));
    cache->found = tgr_mem_alloc(MOST, 1);
    if (cache->found == NULL) {
        TGR_TRY(tgr_fail_memory(error, "an answer"));
    }
    TGR_TRY(begin(cache, error));
    TGR_TRY(cut_tail(cache, error));
    return TGR_OK;
done:
    tgr_answer_cache_close(cache);
    return status;
}

void tgr_answer_cache_close(tgr_answer_cache *cache)
{
    if (cache->opened) {
        if (cache->created && cache->length == HEAD) {
            unlink(cache->path); /* while it is still locked */
        }
        close(cache->fd);
    }
    tgr_answer_index_free(&cache->index);
    tgr_buffer_free(&cache->record);
    tgr_mem_free(cache->found);
    *cache = (tgr_answer_cache){0};
}

/* ---- use ----------------------------------------------------------------------------------------
 */

tgr_known tgr_answer_cache_knows(const tgr_answer_cache *cache, XXH128_hash_t key)
{
    const uint64_t *value = tgr_answer_index_find(&cache->index, key);
    if (value == NULL) {
        return TGR_KNOWN_NOT;
    }
    return *value == ASKED    ? TGR_KNOWN_ASKED
           : *value == FAILED ? TGR_KNOWN_FAILED
                              : TGR_KNOWN_ANSWERED;
}

tgr_status tgr_answer_cache_note(tgr_answer_cache *cache, XXH128_hash_t key, tgr_known known,
                                 tgr_error *error)
{
    uint64_t value = known == TGR_KNOWN_FAILED ? FAILED : ASKED;
    return tgr_answer_index_set(&cache->index, key, value)
               ? TGR_OK
               : tgr_fail_memory(error, "the index of answers");
}

tgr_status tgr_answer_cache_keep(tgr_answer_cache *cache, XXH128_hash_t key,
                                 const tgr_kept_answer *answer, tgr_error *error)
{
    encode(&cache->record, key, answer);
    if (cache->record.failed ||
        !tgr_answer_index_set(&cache->index, key, value_of(cache->length, true))) {
        cache->record.failed = false;
        return tgr_fail_memory(error, "an answer");
    }
    const char *bytes = cache->record.bytes;
    for (size_t done = 0; done < cache->record.length;) {
        ssize_t some = pwrite(cache->fd, bytes + done, cache->record.length - done,
                              (off_t)(cache->length + done));
        if (some < 0 && errno == EINTR) {
            continue;
        }
        if (some <= 0) {
            return tgr_fail_io(error, cache->path, "write", some < 0 ? errno : EIO);
        }
        done += (size_t)some;
    }
    cache->length += cache->record.length;
    cache->unsynced += cache->record.length;
    return TGR_OK;
}

tgr_status tgr_answer_cache_read(tgr_answer_cache *cache, XXH128_hash_t key,
                                 tgr_kept_answer *answer, bool *earlier, tgr_error *error)
{
    uint64_t *value = tgr_answer_index_find(&cache->index, key);
    uint64_t offset = *value >> 1;
    size_t front = 0, rest = 0;
    tgr_status status = read_at(cache, cache->found, RECORD, offset, &front, error);
    if (status == TGR_OK && front == RECORD) {
        size_t length = (size_t)get(cache->found + 4, 4);
        length = length <= TGR_KEPT_ANSWER_MOST ? length : 0;
        status = read_at(cache, cache->found + RECORD, length, offset + RECORD, &rest, error);
    }
    if (status != TGR_OK) {
        return status;
    }
    size_t whole = check(cache->found, front + rest);
    if (whole == 0) {
        return tgr_fail(error, TGR_ERR_IO, "%s: was changed by somebody else; start again",
                        cache->path);
    }
    decode(cache->found, whole, answer);
    *earlier = (*value & USED) == 0;
    *value |= USED;
    return TGR_OK;
}

tgr_status tgr_answer_cache_sync(tgr_answer_cache *cache, tgr_error *error)
{
    if (cache->unsynced > 0 && fdatasync(cache->fd) != 0) {
        return tgr_fail_io(error, cache->path, "write", errno);
    }
    cache->unsynced = 0;
    return TGR_OK;
}
