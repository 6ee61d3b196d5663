/* tagger.h - TagGenerator: from the texts of queries to tags.
 *
 * The embedded tagger counts phrases: words, and neighbouring words, without stop words. Which
 * phrases are tags is a vocabulary, learnt from a log.
 */
#ifndef TAGROUTE_TAGGER_H
#define TAGROUTE_TAGGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/ingest.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tgr_learn_options {
    size_t size;               /* sizeof(tgr_learn_options) */
    const char *const *inputs; /* log files; "-" is standard input, allowed once */
    size_t input_count;
    const char *output; /* vocabulary to write; replaced atomically */
    tgr_log_format format;
    const char *split; /* NULL: every record; else only those of this split */
    double max_bad;    /* largest share of bad records that is tolerated, 0..1 */
    size_t max_record; /* bytes; a larger record is bad */

    /* how texts become phrases */
    unsigned ngrams;        /* words of a phrase at most, 1..3 */
    const char *stemming;   /* "none", or a Snowball language such as "english" */
    const char *stop_words; /* "english" or "none" */

    /* which phrases matter */
    uint64_t min_queries; /* a phrase is in at least so many texts */
    double max_share;     /* and in at most this share of them */
    double association;   /* its words stand together so many times as often as by chance */
    uint64_t most;        /* phrases, the most frequent ones; 0: all */

    /* phrases that stand for tags */
    bool from_tags;    /* learn from records with text and tags which phrases stand for which tags;
                        * logs are read twice */
    double confidence; /* of the texts with the phrase, the share that has the tag, at least */
} tgr_learn_options;

typedef struct tgr_learn_report {
    uint64_t queries;   /* with text, and of the split */
    uint64_t bytes;     /* of log read, decompressed */
    uint64_t seen;      /* distinct phrases counted at the end */
    uint64_t phrases;   /* of the vocabulary */
    uint64_t tags;      /* that phrases stand for; 0 where each stands for itself */
    uint64_t too_small; /* counts of phrases may be too small by so many, as memory was short */
    uint64_t bad;       /* records skipped */
} tgr_learn_report;

/* Defaults: automatic format, max_bad 0.05, max_record 64 MiB; up to two words, no stemming,
 * English stop words; in 5 texts at least and half of them at most, association 1, no limit;
 * confidence 0.6. */
TGR_API void tgr_learn_options_init(tgr_learn_options *options);

/* Reads the texts of logs once and writes the vocabulary that matters in them.
 *
 * The result does not depend on threads. Memory is bounded by run->memory for the counts of
 * phrases: where there are more, the rarest are forgotten on the way, and report->too_small says
 * how much that may have cost. Bad records are skipped; TGR_ERR_INPUT where more than max_bad are
 * bad, or no text is found. `report` and `run` may be NULL. */
TGR_API tgr_status tgr_learn(const tgr_learn_options *options, tgr_learn_report *report,
                             const tgr_run *run, tgr_error *error);

typedef struct tgr_tag_logs_options {
    size_t size;               /* sizeof(tgr_tag_logs_options) */
    const char *const *inputs; /* log files; "-" is standard input, allowed once */
    size_t input_count;
    const char *output; /* log to write, replaced atomically: its name ends in .jsonl or .msgpack,
                         * and in .gz or .zst behind it; "-" is standard output */
    const char *tagger; /* a vocabulary, or a router, whose tagger is applied */
    tgr_log_format format;
    bool retag;        /* texts of records that have tags, too, in place of these */
    bool strict;       /* the first bad record ends the run with TGR_ERR_INPUT */
    double max_bad;    /* largest share of bad records that is tolerated, 0..1 */
    size_t max_record; /* bytes; a larger record is bad */
    tgr_log_format to; /* what goes to standard output; of a file its name says it.
                        * TGR_LOG_AUTO: JSON Lines */
} tgr_tag_logs_options;

typedef struct tgr_tag_logs_report {
    uint64_t records; /* written */
    uint64_t tagged;  /* of them: got the tags of their text */
    uint64_t blank;   /* of these: the tagger finds none in it */
    uint64_t kept;    /* written as they came: with tags, or without a text */
    uint64_t tags;    /* of records tagged, each record's distinct ones */
    uint64_t bytes;   /* of log read, decompressed */
    uint64_t lost;    /* values that JSON cannot hold */
    uint64_t bad;     /* records skipped */
    uint64_t bad_by_reason[TGR_BAD_REASONS];
    char first_bad[TGR_BAD_REASONS][256]; /* as tgr_ingest_report */
    bool normalised;                      /* tags went through the router's mapping; as
                                           * tgr_ingest_report: */
    uint64_t aligned_exactly, aligned_by_rule, aligned_nearest, not_aligned, dropped;
} tgr_tag_logs_report;

/* Defaults: automatic format, max_bad 0.05, max_record 64 MiB. */
TGR_API void tgr_tag_logs_options_init(tgr_tag_logs_options *options);

/* Writes the records of logs again, in their order, with the tags that the tagger finds in their
 * texts: a map from each tag to how often it counts, which takes the place of other tags and stands
 * last. Ingesting the result gives the rows, with the same router or vocabulary also the tagger,
 * that ingesting the logs with it gives; a router's category tags are left to that. Records are of
 * tagroute's own schema. The result does not depend on threads; memory is bounded by them.
 *
 * TGR_ERR_ARGUMENT for an output whose name says no format; TGR_ERR_INPUT where no record is usable
 * or too many are bad, and for a router that has no tagger. `report` and `run` may be NULL. */
TGR_API tgr_status tgr_tag_logs(const tgr_tag_logs_options *options, tgr_tag_logs_report *report,
                                const tgr_run *run, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
