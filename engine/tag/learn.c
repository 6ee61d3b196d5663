/* learn.c - the texts of logs to a vocabulary. */
#include "engine/tag/learning.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/ingest/options.h"
#include "engine/tagger/vocabulary_file.h"

void tgr_learn_options_init(tgr_learn_options *options)
{
    tgr_ingest_options reading;
    tgr_ingest_options_init(&reading);
    *options = (tgr_learn_options){
        .size = sizeof *options,
        .max_bad = reading.max_bad,
        .max_record = reading.max_record,
        .ngrams = 2,
        .stemming = "none",
        .stop_words = "english",
        .min_queries = 5,
        .max_share = 0.5,
        .association = 1,
        .confidence = 0.6,
    };
}

static tgr_status read_settings(tgr_learning *work, tgr_error *error)
{
    const tgr_learn_options *options = &work->options;
    tgr_status status = TGR_OK;
    tgr_tagger_settings_init(&work->settings);
    TGR_TRY(tgr_tagger_set_ngrams(&work->settings, options->ngrams, error));
    TGR_TRY(tgr_tagger_set_stemming(&work->settings, options->stemming, error));
    TGR_TRY(tgr_tagger_set_stop_words(&work->settings, options->stop_words, error));
    if (!(options->max_share > 0 && options->max_share <= 1)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the largest share of texts that a phrase may have is above 0 and at most "
                        "1 (100 %%)");
    }
    if (!(options->association >= 0 && isfinite(options->association))) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "the association is a number of at least 0");
    }
    if (!(options->confidence > 0 && options->confidence <= 1)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the share of a phrase's texts that a tag has to have is above 0 and at "
                        "most 1 (100 %%)");
    }
done:
    return status;
}

/* Logs are read twice where phrases are to stand for tags. */
static tgr_status check_inputs(const tgr_learn_options *options, tgr_error *error)
{
    for (size_t i = 0; options->from_tags && i < options->input_count; i++) {
        if (strcmp(options->inputs[i], "-") == 0) {
            return tgr_fail(error, TGR_ERR_ARGUMENT,
                            "standard input can be read once only, and learning from tags reads a "
                            "log twice; write the log to a file first");
        }
    }
    return TGR_OK;
}

static tgr_status read_options(tgr_learning *work, const tgr_learn_options *given, tgr_error *error)
{
    tgr_learn_options *options = &work->options;
    tgr_ingest_options reading;
    tgr_status status = TGR_OK;
    tgr_learn_options_init(options);
    TGR_TRY(tgr_options_copy(options, sizeof *options, given, error));
    if (options->output != NULL && strcmp(options->output, "-") == 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a vocabulary cannot be written to standard output; name a file");
    }
    tgr_ingest_options_init(&reading);
    reading.inputs = options->inputs;
    reading.input_count = options->input_count;
    reading.output = options->output;
    reading.format = options->format;
    reading.max_bad = options->max_bad;
    reading.max_record = options->max_record;
    TGR_TRY(tgr_ingest_options_read(&reading, &work->walk.options, error));
    TGR_TRY(check_inputs(options, error));
    TGR_TRY(read_settings(work, error));
done:
    return status;
}

/* Pieces are cut by bytes alone, and so is what is forgotten between them. */
static tgr_status count_part(void *user, tgr_part *part, tgr_error *error)
{
    tgr_learning *work = user;
    const tgr_tag_table *tags = &part->tags;
    bool complete = true;
    for (uint32_t number = 0; number < tags->count && complete; number++) {
        size_t length;
        const char *phrase = tgr_strings_get(tags->names, number, &length);
        if (tags->tags[number].queries > 0) { /* else only bad records have it */
            complete = tgr_counting_add(&work->counts, phrase, length, tags->tags[number].queries);
        }
    }
    return complete && tgr_counting_bound(&work->counts)
               ? TGR_OK
               : tgr_fail_memory(error, "the phrases of a log");
}

uint32_t tgr_learning_limit(const tgr_run *run, size_t bytes)
{
    uint64_t limit = tgr_run_memory(run) / bytes;
    return limit < 1024 ? 1024 : limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
}

static tgr_status count_phrases(tgr_learning *work, const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_tagger_new_learning(&work->settings, &work->tagger, error));
    TGR_TRY(tgr_counting_open(&work->counts, tgr_learning_limit(run, TGR_PHRASE_BYTES), error));
    work->walk.run = run;
    work->walk.work = (tgr_work){.tagger = work->tagger,
                                 .use = work->options.from_tags ? TGR_TEXT_TAGGED : TGR_TEXT_ALONE,
                                 .split = work->options.split};
    TGR_TRY(tgr_tag_walk_run(&work->walk, count_part, work, error));
done:
    return status;
}

static tgr_status choose(tgr_learning *work, tgr_error *error)
{
    const tgr_learn_options *options = &work->options;
    const tgr_learn_rule rule = {options->min_queries, options->max_share, options->association,
                                 options->most};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_vocabulary_open(&work->vocabulary, &work->settings, error));
    work->vocabulary.learnt_from = work->walk.rows;
    TGR_TRY(tgr_counting_choose(&work->counts, &rule, work->walk.rows, &work->vocabulary, error));
    if (tgr_strings_count(work->vocabulary.phrases) == 0) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "no phrase is in %" PRIu64 " of the %" PRIu64
                          " texts: read more of them, or ask for fewer",
                          options->min_queries, work->walk.rows);
    }
done:
    return status;
}

static void fill_report(const tgr_learning *work, tgr_learn_report *report)
{
    *report = (tgr_learn_report){
        .queries = work->walk.rows,
        .bytes = work->walk.report.bytes,
        .seen = tgr_strings_count(work->counts.phrases),
        .tags = work->vocabulary.meanings.tags != NULL
                    ? tgr_strings_count(work->vocabulary.meanings.tags)
                    : 0,
        .phrases = tgr_strings_count(work->vocabulary.phrases),
        .too_small =
            work->counts.floor > work->pairs.floor ? work->counts.floor : work->pairs.floor,
        .bad = work->walk.report.bad,
    };
}

static void close_learning(tgr_learning *work)
{
    tgr_counting_close(&work->counts);
    tgr_vocabulary_close(&work->vocabulary);
    tgr_tagger_free(work->tagger);
    tgr_strings_free(work->given);
    tgr_mem_free(work->given_queries);
    tgr_together_close(&work->pairs);
    tgr_mem_free(work->numbers);
    tgr_mem_free(work->row);
}

tgr_status tgr_learn(const tgr_learn_options *options, tgr_learn_report *report, const tgr_run *run,
                     tgr_error *error)
{
    tgr_learning work = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(read_options(&work, options, error));
    TGR_TRY(count_phrases(&work, run, error));
    TGR_TRY(choose(&work, error));
    if (work.options.from_tags) {
        TGR_TRY(tgr_learn_meanings(&work, run, error));
    }
    TGR_TRY(tgr_vocabulary_write(&work.vocabulary, work.options.output, error));
    if (report != NULL) {
        fill_report(&work, report);
    }
done:
    close_learning(&work);
    return status;
}
