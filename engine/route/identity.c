/* identity.c - what makes a run of route the same as another, as texts to compare. */
#include "engine/route/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/number.h"
#include "engine/base/crew.h"
#include "engine/router/router.h"

#define END_BYTES ((size_t)1 << 20)

static const char *const names[TGR_PARTS] = {
    [TGR_PART_ROUTER] = "router",
    [TGR_PART_INPUTS] = "query files",
    [TGR_PART_POLICY] = "policy",
    [TGR_PART_THRESHOLDS] = "thresholds",
    [TGR_PART_FALLBACK] = "fallback",
    [TGR_PART_ALIGNMENT] = "alignment of tags",
    [TGR_PART_SPLIT] = "split",
    [TGR_PART_FORMAT] = "output format",
    [TGR_PART_COLUMNS] = "choice of ids and margins",
    [TGR_PART_SHARD] = "shard",
    [TGR_PART_CREW] = "number of processes",
};

const char *tgr_run_part_name(tgr_run_part part)
{
    return names[part];
}

/* The sum of up to a megabyte from `offset` on. */
static bool sum_bytes(int fd, off_t offset, char *buffer, uint64_t *sum)
{
    size_t held = 0;
    ssize_t got = 1;
    while (held < END_BYTES && got != 0) {
        got = pread(fd, buffer + held, END_BYTES - held, offset + (off_t)held);
        if (got < 0 && errno != EINTR) {
            return false;
        }
        held += got > 0 ? (size_t)got : 0;
    }
    *sum = XXH3_64bits(buffer, held);
    return true;
}

static tgr_status add_ends(tgr_buffer *text, const tgr_query_file *file, tgr_error *error)
{
    uint64_t head = 0, tail = 0;
    struct stat found = {0};
    char *buffer = tgr_mem_alloc(END_BYTES, 1);
    if (buffer == NULL) {
        return tgr_fail_memory(error, file->path);
    }
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    bool read = fd >= 0 && fstat(fd, &found) == 0;
    off_t last = found.st_size > (off_t)END_BYTES ? found.st_size - (off_t)END_BYTES : 0;
    read = read && sum_bytes(fd, 0, buffer, &head) && sum_bytes(fd, last, buffer, &tail);
    tgr_status status = read ? TGR_OK : tgr_fail_io(error, file->path, "read", errno);
    if (fd >= 0) {
        close(fd);
    }
    tgr_mem_free(buffer);
    tgr_buffer_format(text, "%" PRIu64 " bytes %016" PRIx64 " %016" PRIx64, (uint64_t)found.st_size,
                      head, tail);
    return status;
}

static tgr_status describe_inputs(tgr_buffer *text, const tgr_pass *pass, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < pass->file_count; i++) {
        const tgr_query_file *file = pass->files[i];
        tgr_buffer_format(text, "%s%" PRIu64 " x %" PRIu32 " with %" PRIu64 ", ", i > 0 ? "; " : "",
                          file->rows, file->columns, file->nonzeros);
        if (file->digest[0] != '\0') {
            tgr_buffer_text(text, file->digest);
        } else {
            status = add_ends(text, file, error);
        }
    }
    return status;
}

static void describe_thresholds(tgr_buffer *text, const tgr_route_options *options,
                                const tgr_solution *solution)
{
    char number[TGR_NUMBER_SIZE];
    for (size_t i = 0; i < options->threshold_count; i++) {
        tgr_number_double(number, options->thresholds[i]);
        tgr_buffer_format(text, "%s%s", i > 0 ? "," : "", number);
    }
    if (solution->cut_rows > 0) {
        tgr_number_double(number, solution->cut_threshold);
        tgr_buffer_format(text, " after %" PRIu64 " at %s", solution->cut_rows, number);
    }
}

static void describe_alignment(tgr_buffer *text, double least)
{
    char number[TGR_NUMBER_SIZE];
    tgr_number_double(number, least);
    tgr_buffer_text(text, number);
}

static void describe_crew(tgr_buffer *text, const tgr_pass *pass, const tgr_run *run)
{
    tgr_buffer_text(text, "");
    if (tgr_run_crew(run) != NULL) {
        tgr_buffer_format(text, "%" PRIu32 " of %" PRIu32 ", rows %" PRIu64 " to %" PRIu64,
                          tgr_crew_rank(run), tgr_crew_ranks(run), pass->begin, pass->end);
    }
}

static void sum_parts(tgr_route_identity *identity)
{
    XXH3_state_t *state = XXH3_createState();
    if (state == NULL) {
        identity->parts[0].failed = true;
        return;
    }
    XXH3_128bits_reset(state);
    for (int i = 0; i < TGR_PARTS; i++) {
        if (i != TGR_PART_SHARD && i != TGR_PART_CREW) {
            const tgr_buffer *part = &identity->parts[i];
            XXH3_128bits_update(state, part->bytes, part->length + 1); /* with its NUL */
        }
    }
    XXH128_hash_t hash = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    snprintf(identity->run_digest, sizeof identity->run_digest, "%016" PRIx64 "%016" PRIx64,
             (uint64_t)hash.high64, (uint64_t)hash.low64);
}

tgr_status tgr_route_identity_make(tgr_route_identity *identity, const tgr_router *router,
                                   const tgr_route_options *options, const tgr_solution *solution,
                                   tgr_decision_format format, const tgr_pass *pass,
                                   const tgr_run *run, tgr_error *error)
{
    tgr_buffer *parts = identity->parts;
    bool text = format != TGR_DECISIONS_H5;
    tgr_buffer_text(&parts[TGR_PART_ROUTER], router->digest);
    tgr_buffer_text(&parts[TGR_PART_POLICY], tgr_policy_name(options->policy));
    describe_thresholds(&parts[TGR_PART_THRESHOLDS], options, solution);
    tgr_buffer_text(&parts[TGR_PART_FALLBACK], options->fallback ? options->fallback : "");
    describe_alignment(&parts[TGR_PART_ALIGNMENT], options->align_min);
    tgr_buffer_text(&parts[TGR_PART_SPLIT], pass->split ? pass->split : "");
    tgr_buffer_text(&parts[TGR_PART_FORMAT],
                    text ? format == TGR_DECISIONS_JSONL ? "jsonl" : "msgpack" : "h5");
    tgr_buffer_format(&parts[TGR_PART_COLUMNS], "%d %d", text || options->ids,
                      text || options->margins);
    tgr_buffer_format(&parts[TGR_PART_SHARD], "%" PRIu32 "/%" PRIu32, options->shard,
                      options->shards);
    describe_crew(&parts[TGR_PART_CREW], pass, run);
    tgr_status status = describe_inputs(&parts[TGR_PART_INPUTS], pass, error);
    bool failed = false;
    for (int i = 0; i < TGR_PARTS; i++) {
        failed = failed || parts[i].failed;
    }
    if (status == TGR_OK && !failed) {
        sum_parts(identity);
        failed = parts[0].failed;
    }
    return status == TGR_OK && failed ? tgr_fail_memory(error, "the description of the run")
                                      : status;
}

void tgr_route_identity_free(tgr_route_identity *identity)
{
    for (int i = 0; i < TGR_PARTS; i++) {
        tgr_buffer_free(&identity->parts[i]);
    }
}
