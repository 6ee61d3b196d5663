/* run_digest.c - the run that a shard is of. */
#include "engine/ingest/run_digest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"

#define EDGE ((size_t)4096) /* bytes of a log's beginning, and of its end */

static bool read_edge(int fd, uint64_t from, size_t length, char *bytes)
{
    for (size_t got = 0; got < length;) {
        ssize_t now = pread(fd, bytes + got, length - got, (off_t)(from + got));
        if (now <= 0 && !(now < 0 && errno == EINTR)) {
            errno = now == 0 ? EIO : errno; /* it was longer a moment ago */
            return false;
        }
        got += now > 0 ? (size_t)now : 0;
    }
    return true;
}

static tgr_status describe_log(const tgr_log_name *log, tgr_buffer *text, tgr_error *error)
{
    char edges[2 * EDGE];
    size_t length = log->size < EDGE ? (size_t)log->size : EDGE;
    int fd = open(log->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return tgr_fail_io(error, log->path, "open", errno);
    }
    bool complete = read_edge(fd, 0, length, edges) &&
                    read_edge(fd, log->size - length, length, edges + length);
    tgr_status status = complete ? TGR_OK : tgr_fail_io(error, log->path, "read", errno);
    close(fd);
    if (status == TGR_OK) {
        tgr_buffer_format(text, "log %s %" PRIu64 " %016" PRIx64 "\n", log->text, log->size,
                          (uint64_t)XXH3_64bits(edges, 2 * length));
    }
    return status;
}

void tgr_schema_describe(const tgr_ingest_state *in, tgr_buffer *text)
{
    tgr_buffer_format(text, "schema %d %d\n", (int)in->options.schema, (int)in->options.text);
    for (size_t i = 0; i < in->options.keep_count; i++) {
        tgr_buffer_format(text, "keep %s=%s\n", in->kept[i].name, in->kept[i].path);
    }
    for (size_t i = 0; i < in->options.split_count; i++) {
        tgr_buffer_format(text, "split %s %a\n", in->options.splits[i].name,
                          in->options.splits[i].share);
    }
    tgr_buffer_add(text, in->beside.bytes, in->beside.length);
}

static void describe_settings(const tgr_ingest_state *in, tgr_buffer *text)
{
    const tgr_ingest_options *options = &in->options;
    const tgr_tag_table *tags = &in->columns.tags;
    uint64_t hash = 0;
    for (uint32_t number = 0; number < tags->numbered; number++) {
        size_t length;
        const char *name = tgr_strings_get(tags->names, number, &length);
        hash = XXH3_64bits_withSeed(name, length, hash);
    }
    tgr_buffer_format(text, "shards %u\nformat %d\ntext %d\nstrict %d\nlargest record %zu\n",
                      options->shard_count, (int)options->format, !options->no_text,
                      options->strict, options->max_record);
    if (options->estimate_tokens) {
        tgr_buffer_format(text, "estimated tokens\n");
    }
    tgr_schema_describe(in, text);
    tgr_buffer_format(text, "tagger %s %d\ntags %" PRIu32 " %016" PRIx64 "\n", in->tagger.digest,
                      in->tagger.category_tag, tags->numbered, hash);
}

tgr_status tgr_ingest_run_digest(const tgr_ingest_state *in, char digest[33])
{
    tgr_buffer text = {0};
    tgr_status status = TGR_OK;
    describe_settings(in, &text);
    for (size_t i = 0; status == TGR_OK && i < in->logs.count; i++) {
        status = describe_log(&in->logs.logs[i], &text, in->error);
    }
    if (status == TGR_OK && text.failed) {
        status = tgr_fail_memory(in->error, "the digest of a run");
    }
    if (status == TGR_OK) {
        XXH128_hash_t hash = XXH3_128bits(text.bytes, text.length);
        snprintf(digest, 33, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
                 (uint64_t)hash.low64);
    }
    tgr_buffer_free(&text);
    return status;
}
