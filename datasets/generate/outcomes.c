/* outcomes.c - what was judged of some queries, apart from the log that has all of them. */
#include <string.h>
#include <unistd.h>

#include "datasets/generate/json_pieces.h"
#include "datasets/generate/stream.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/base/runtime.h"

#define ROW_MOST (TGR_GEN_ID_MAX + 64u) /* bytes; names of models are of 39 at most */
#define ROOM     (TGR_GEN_MODELS_MAX * ROW_MOST + ((size_t)1 << 16))

/* Rows on their way to a file. */
typedef struct table {
    int fd;
    const char *path;
    char *bytes;
    size_t length;
} table;

static tgr_status flush(table *to, tgr_error *error)
{
    size_t length = to->length;
    to->length = 0;
    return tgr_write_all(to->fd, to->bytes, length, to->path, error);
}

static void add_rows(table *to, const tgr_gen_world *world, const tgr_gen_record *record)
{
    static const char scores[3][4] = {"0.0", "0.5", "1.0"};
    char id[TGR_GEN_ID_MAX], *at = to->bytes + to->length;
    size_t id_length = tgr_gen_id(record->index, id);
    for (uint32_t k = 0; k < world->options.models; k++) {
        if ((record->judged >> k & 1) == 0) {
            continue;
        }
        const char *outcome =
            record->outcomes[k] >= 0 ? tgr_gen_outcome_names[record->outcomes[k]] : "";
        at = TGR_GEN_PUT(tgr_gen_put(at, id, id_length), ",");
        at = tgr_gen_put(at, world->models[k].name, world->models[k].name_length);
        at = TGR_GEN_PUT(at, ",");
        at = TGR_GEN_PUT(tgr_gen_put(at, outcome, strlen(outcome)), ",");
        at = TGR_GEN_PUT(tgr_gen_put(at, scores[record->halves[k]], 3), "\n");
    }
    to->length = (size_t)(at - to->bytes);
}

/* Each query is drawn with the chance that leaves as many as are still wanted. */
static tgr_status add_sample(table *to, const tgr_gen_world *world, uint64_t of, uint64_t queries,
                             const tgr_run *run, tgr_error *error)
{
    tgr_gen_random random = tgr_gen_stream(world->sample_key, 0);
    tgr_gen_record record;
    tgr_status status = TGR_OK;
    for (uint64_t index = 0; index < of && queries > 0; index++) {
        if (tgr_gen_uniform(tgr_gen_next(&random)) * (double)(of - index) >= (double)queries) {
            continue;
        }
        queries--;
        tgr_gen_draw(world, index, &record);
        add_rows(to, world, &record);
        if (to->length > ROOM - TGR_GEN_MODELS_MAX * ROW_MOST) {
            TGR_TRY(tgr_run_check(run, error));
            TGR_TRY(flush(to, error));
        }
    }
    TGR_TRY(flush(to, error));
done:
    return status;
}

static tgr_status write_table(table *to, const tgr_gen_world *world, uint64_t of, uint64_t queries,
                              const tgr_run *run, tgr_error *error)
{
    to->bytes = tgr_mem_alloc(ROOM, 1);
    if (to->bytes == NULL) {
        return tgr_fail_memory(error, "judgements");
    }
    to->length = (size_t)(TGR_GEN_PUT(to->bytes, "id,model,outcome,score\n") - to->bytes);
    tgr_status status = add_sample(to, world, of, queries, run, error);
    tgr_mem_free(to->bytes);
    return status;
}

tgr_status tgr_gen_outcomes_write(const tgr_gen_world *world, const char *path, uint64_t of,
                                  uint64_t queries, const tgr_run *run, tgr_error *error)
{
    tgr_output output = {.fd = -1};
    table to = {.fd = STDOUT_FILENO, .path = "standard output"};
    bool file = strcmp(path, "-") != 0;
    tgr_status status = TGR_OK;
    if (file) {
        TGR_TRY(tgr_output_open(&output, path, error));
        to = (table){.fd = output.fd, .path = path};
    }
    TGR_TRY(write_table(&to, world, of, queries, run, error));
    if (file) {
        status = tgr_output_commit(&output, error);
    }
done:
    if (file) {
        tgr_output_abandon(&output);
    }
    return status;
}
