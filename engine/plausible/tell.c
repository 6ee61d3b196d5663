/* tell.c - oddities in words and in JSON. */
#include <math.h>
#include <stdio.h>

#include "engine/base/error.h"
#include "engine/plausible/oddities.h"

#define ENOUGH   20   /* queries whose tokens are all the same are odd */
#define TOO_MANY 0.01 /* share of answers */

static bool is_constant(const tgr_spread *spread)
{
    return spread->count >= ENOUGH && spread->least == spread->most;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (double)part / (double)whole;
}

/* What both come to, and by how much one is more. */
static void add_totals(tgr_buffer *sentence, const tgr_model_oddities *own)
{
    double recorded = tgr_exact_value(own->recorded), computed = tgr_exact_value(own->computed);
    tgr_buffer_format(sentence, "; in all $%.6g are recorded, and tokens times price make $%.6g",
                      recorded, computed);
    if (computed > 0) {
        tgr_buffer_format(sentence, " (%+.1f %%)", 100 * (recorded / computed - 1));
    }
}

typedef struct telling {
    const tgr_query_file *file;
    tgr_oddity_say *say;
    void *user;
    tgr_buffer sentence;
} telling;

static void finish(telling *tell)
{
    if (!tell->sentence.failed) {
        tell->say(tell->user, tell->sentence.bytes);
    }
    tell->sentence.length = 0;
}

static void tell_model(telling *tell, const char *name, const tgr_model_oddities *own)
{
    tgr_buffer *to = &tell->sentence;
    const char *path = tell->file->path;
    if (is_constant(&own->completions)) {
        tgr_buffer_format(to,
                          "%s: all %llu answers of \"%s\" have %.15g completion tokens: they were "
                          "hardly counted",
                          path, (unsigned long long)own->completions.count, name,
                          own->completions.least);
        finish(tell);
    }
    if (own->zeros > 0 && share(own->zeros, own->costs) >= TOO_MANY) {
        tgr_buffer_format(to, "%s: the recorded cost of \"%s\" is 0 for %.1f %% of its answers",
                          path, name, 100 * share(own->zeros, own->costs));
        finish(tell);
    }
    if (own->differing > 0 && share(own->differing, own->compared) >= TOO_MANY) {
        tgr_buffer_format(to,
                          "%s: recorded costs of \"%s\" differ from tokens times price by more "
                          "than 5 %% for %.1f %% of its answers",
                          path, name, 100 * share(own->differing, own->compared));
        add_totals(to, own);
        finish(tell);
    }
}

tgr_status tgr_oddities_tell(const tgr_oddities *odd, const tgr_query_file *file,
                             tgr_oddity_say *say, void *user, tgr_error *error)
{
    telling tell = {.file = file, .say = say, .user = user};
    if (is_constant(&odd->prompts)) {
        tgr_buffer_format(&tell.sentence,
                          "%s: all %llu queries whose prompt tokens were logged have %.15g: they "
                          "were hardly counted",
                          file->path, (unsigned long long)odd->prompts.count, odd->prompts.least);
        finish(&tell);
    }
    for (size_t model = 0; model < odd->count; model++) {
        tell_model(&tell, tgr_strings_get(file->models, (uint32_t)model, NULL),
                   &odd->models[model]);
    }
    bool failed = tell.sentence.failed;
    tgr_buffer_free(&tell.sentence);
    return failed ? tgr_fail_memory(error, "a sentence about costs") : TGR_OK;
}

static void put_spread(tgr_json *json, const char *key, const tgr_spread *spread)
{
    tgr_json_object(json, key);
    tgr_json_unsigned(json, "known", spread->count);
    tgr_json_number(json, "least", spread->count == 0 ? (double)NAN : spread->least);
    tgr_json_number(json, "most", spread->count == 0 ? (double)NAN : spread->most);
    tgr_json_end_object(json);
}

void tgr_oddities_json(const tgr_oddities *odd, const tgr_query_file *file, tgr_json *json)
{
    tgr_json_object(json, "plausibility");
    put_spread(json, "prompt_tokens", &odd->prompts);
    tgr_json_array(json, "models");
    for (size_t model = 0; model < odd->count; model++) {
        const tgr_model_oddities *own = &odd->models[model];
        tgr_json_object(json, NULL);
        tgr_json_string(json, "name", tgr_strings_get(file->models, (uint32_t)model, NULL));
        put_spread(json, "completion_tokens", &own->completions);
        tgr_json_unsigned(json, "costs", own->costs);
        tgr_json_unsigned(json, "zero_costs", own->zeros);
        tgr_json_unsigned(json, "compared", own->compared);
        tgr_json_unsigned(json, "differing", own->differing);
        tgr_json_number(json, "recorded_cost", tgr_exact_value(own->recorded));
        tgr_json_number(json, "computed_cost", tgr_exact_value(own->computed));
        tgr_json_end_object(json);
    }
    tgr_json_end_array(json);
    tgr_json_end_object(json);
}
