/* tally_logs.c - counts of the tags that logs have. */
#include "engine/normalise/tally.h"

#include "engine/base/error.h"
#include "engine/ingest/options.h"
#include "engine/tag/walk.h"

/* Tags of a part, which ingest has counted as it does. */
static tgr_status add_part(void *user, tgr_part *part, tgr_error *error)
{
    tgr_tag_tally *tally = user;
    const tgr_tag_table *tags = &part->tags;
    for (uint32_t number = 0; number < tags->count; number++) {
        size_t length;
        const char *tag = tgr_strings_get(tags->names, number, &length);
        if (tags->tags[number].queries > 0 &&
            !tgr_tag_tally_add(tally, tag, length, tags->tags[number].total)) {
            return tgr_fail_memory(error, "the tags");
        }
    }
    return TGR_OK;
}

tgr_status tgr_tag_tally_logs(tgr_tag_tally *tally, const char *const *inputs, size_t count,
                              const tgr_normalise_options *options, const tgr_run *run,
                              tgr_error *error)
{
    tgr_tag_walk walk = {.run = run};
    tgr_ingest_options reading;
    const char *split = options->split;
    tgr_ingest_options_init(&reading);
    reading.inputs = inputs;
    reading.input_count = count;
    reading.output = options->output;
    tgr_status status = tgr_ingest_options_read(&reading, &walk.options, error);
    walk.work.split = split != NULL && split[0] != '\0' ? split : NULL;
    return status == TGR_OK ? tgr_tag_walk_run(&walk, add_part, tally, error) : status;
}
