/* ingest.h - request logs to a query file.
 *
 * Reads logs of one record a query (JSON Lines, or MessagePack maps and Fluentd events; plain, gzip
 * or zstd) and writes an AnnData file: sparse tag counts in /X, what is known of each query in
 * /obs, what each model did in /obsm. docs/formats.md describes both ends.
 */
#ifndef TAGROUTE_INGEST_H
#define TAGROUTE_INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/prices.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tgr_log_format {
    TGR_LOG_AUTO = 0, /* told from the first byte of each (decompressed) log */
    TGR_LOG_JSONL = 1,
    TGR_LOG_MSGPACK = 2
} tgr_log_format;

/* What the records of a log are. docs/formats.md says what is taken from each. */
typedef enum tgr_log_schema {
    TGR_SCHEMA_AUTO = 0, /* told for each record from its keys */
    TGR_SCHEMA_TAGROUTE = 1,
    TGR_SCHEMA_LITELLM = 2,  /* StandardLoggingPayload */
    TGR_SCHEMA_OPENAI = 3,   /* lines of Batch files, and bodies of chat requests */
    TGR_SCHEMA_OTEL = 4,     /* GenAI spans, one a record or in exports of a collector */
    TGR_SCHEMA_LANGFUSE = 5, /* observations */
    TGR_SCHEMAS
} tgr_log_schema;

/* What becomes the text of a logged chat. */
typedef enum tgr_chat_text {
    TGR_CHAT_LAST_USER = 0, /* the user's last message */
    TGR_CHAT_USERS = 1,     /* all of the user's, joined by newlines */
    TGR_CHAT_ALL = 2,       /* all messages */
    TGR_CHAT_TEXTS
} tgr_chat_text;

/* Why a good record of another schema is no query. */
typedef enum tgr_skip_reason {
    TGR_SKIP_FAILED = 0, /* the call failed */
    TGR_SKIP_NOT_CHAT,   /* embeddings, spans of other work, and the like */
    TGR_SKIP_NO_TEXT,    /* messages were not logged, or redacted */
    TGR_SKIP_RESPONSE,   /* a response that stands apart from its request */
    TGR_SKIP_REASONS
} tgr_skip_reason;

/* A split and its share of the queries. */
typedef struct tgr_split_share {
    const char *name;
    double share; /* above 0, up to 1 */
} tgr_split_share;

#define TGR_KEEP_MAX 8 /* fields that are kept, at most */

/* Why a record was skipped. */
typedef enum tgr_bad_reason {
    TGR_BAD_SYNTAX = 0, /* not JSON or MessagePack; invalid UTF-8; cut off at the end of the log */
    TGR_BAD_SHAPE,      /* not a map, nor an event that holds one */
    TGR_BAD_TOO_LARGE,  /* larger than max_record */
    TGR_BAD_TOO_DEEP,   /* nested too deeply */
    TGR_BAD_EMPTY,      /* neither tags nor text */
    TGR_BAD_TAGS,   /* tags of a wrong type, a count out of range, a weight that is not finite */
    TGR_BAD_FIELD,  /* another known key has a value of a wrong type or out of range */
    TGR_BAD_MODEL,  /* an entry of "models" is not as it should be */
    TGR_BAD_REASONS /* how many reasons there are */
} tgr_bad_reason;

typedef struct tgr_ingest_options {
    size_t size;               /* sizeof(tgr_ingest_options) */
    const char *const *inputs; /* log files; "-" is standard input, allowed once */
    size_t input_count;
    const char *output; /* query file to write; replaced atomically */
    const char *router; /* NULL, or a router file whose tags come first, and whose tagger gives
                           texts their tags */
    tgr_log_format format;
    bool category_tag; /* add the tag "cat:<category>", count 1, to queries with a category */
    bool compress;     /* chunked, shuffled and deflated instead of contiguous */
    bool compact;      /* uint16 column indices where all fit */
    bool strict;       /* the first bad record ends the run with TGR_ERR_INPUT */
    bool no_text;      /* leave texts out of the query file */
    double max_bad;    /* largest share of bad records that is tolerated, 0..1 */
    size_t max_record; /* bytes; a larger record is bad */

    unsigned shard, shard_count; /* 0, 0: everything; else this share, from 1, of so many */

    bool resume;               /* go on where a run with the same options was stopped or killed */
    uint64_t checkpoint_bytes; /* of log between two checkpoints; 0: none is made */
    unsigned checkpoint_milliseconds; /* between two, at least */

    const char *vocabulary; /* NULL, or one that gives tags to texts that have none; a router brings
                             * its own */
    const char *mapping; /* NULL, or one that tags go through, as tgr_normalise writes it; a router
                          * brings its own */
    double align_min; /* with a mapping: the likeness in spelling, a cosine above 0, up to 1, from
                       * which a tag that it lacks becomes its nearest canonical one; above 1: no
                       * tag does */
    bool estimate_tokens; /* estimate prompt tokens from the text where they were not logged; which
                           * they are stands in /obs/prompt_tokens_from */

    tgr_log_schema schema;
    tgr_chat_text text;      /* of chats; other schemas than tagroute's own */
    const char *const *keep; /* fields that become columns of /obs: PATH, or NAME=PATH where the
                              * column is to be called otherwise; dots lead into maps */
    size_t keep_count;

    const tgr_split_share *splits; /* for records without a split, by a hash of the text, or of the
                                    * tags where there is none; shares add up to 1 at most */
    size_t split_count;

    const char *const *outcomes; /* files of judgements to lay over the rows, as tgr_join does */
    size_t outcome_count;

    const tgr_price_options *prices; /* NULL, or what calls cost whose cost was not logged, where
                                      * their tokens were: /obs/logged_cost alone is estimated;
                                      * expected tokens and flat costs say nothing here */
} tgr_ingest_options;

#define TGR_INGEST_UNMATCHED_SHOWN 5

typedef struct tgr_ingest_report {
    uint64_t queries; /* rows written */
    uint64_t tags;    /* columns written */
    uint64_t nonzeros;
    uint64_t models;
    uint64_t judged;   /* (query, model) pairs with a score or an outcome */
    uint64_t untagged; /* rows without any tag (text only) */
    uint64_t new_tags; /* with a router: columns that it does not know */
    uint64_t bytes;    /* of log read, decompressed */
    uint64_t resumed;  /* of the queries: read by the run that was stopped */
    bool was_complete; /* `resume` found the output finished: nothing was done */
    uint64_t bad;      /* records skipped */
    uint64_t bad_by_reason[TGR_BAD_REASONS];
    char first_bad[TGR_BAD_REASONS][256]; /* "FILE: line 3: why" of the first of each; "" if none */
    bool normalised; /* tags went through a mapping; all tags of all queries: */
    uint64_t aligned_exactly, aligned_by_rule, aligned_nearest;
    uint64_t not_aligned; /* stayed as they are */
    uint64_t dropped;
    uint64_t estimated_tokens; /* rows whose prompt tokens are estimates */
    uint64_t without_tokens;   /* rows that have text and no prompt tokens */
    uint64_t skipped;          /* good records of other schemas that are no queries */
    uint64_t skipped_by_reason[TGR_SKIP_REASONS];
    uint64_t estimated_costs; /* rows whose logged cost comes from tokens and prices */
    /* of `outcomes` */
    uint64_t judgements;     /* distinct (id, model) pairs that were read */
    uint64_t joined_queries; /* rows that got one at least */
    uint64_t judged_ids;     /* distinct ids that were read */
    uint64_t unmatched;      /* of these, those that no row has */
    char first_unmatched[TGR_INGEST_UNMATCHED_SHOWN]
                        [64]; /* in the order they came, cut where long */
} tgr_ingest_report;

/* Defaults: automatic format, max_bad 0.05, max_record 64 MiB, a checkpoint each 256 MiB and no
 * oftener than each 3 seconds, align_min 0.85, everything else off. */
TGR_API void tgr_ingest_options_init(tgr_ingest_options *options);

/* Reads options->inputs in order and writes options->output.
 *
 * A shard takes the records that begin in its equal share of the bytes of all logs, one after
 * another; of compressed logs, whole logs. Shards are disjoint, and their rows in order are those
 * of a run without. It needs a router, for the numbering of tags, and files. A shard may be empty.
 *
 * Files of judgements are read before the logs, and held: the query file is, byte for byte, what
 * tgr_join makes of the one without them. TGR_ERR_INPUT where no row has the id of a judgement,
 * unless a shard is asked for.
 *
 * Memory: the tag dictionary, the distinct values of categorical columns and a few MiB a thread;
 * columns are spooled to temporary files beside the output. The result does not depend on threads.
 * Bad records are skipped and counted; TGR_ERR_INPUT where none is usable, or more than max_bad are
 * bad, or with `strict` at the first.
 *
 * Nothing partial is ever under the output's name. Where all inputs are files, a run that is
 * killed, cancelled or out of disk leaves its last checkpoint in hidden files `.NAME.ingest*`
 * beside the output. `resume` goes on from there, to the same bytes as an uninterrupted run:
 * TGR_ERR_INPUT where a log has changed since, TGR_ERR_ARGUMENT where the options are others. It
 * starts afresh where there is nothing to go on with, and does nothing where the output is
 * finished. Without `resume` such files are removed first. `report` may be NULL. */
TGR_API tgr_status tgr_ingest(const tgr_ingest_options *options, tgr_ingest_report *report,
                              const tgr_run *run, tgr_error *error);

/* A few words for a reason, such as "tags"; static storage. */
TGR_API const char *tgr_bad_reason_name(tgr_bad_reason reason);

/* The same for records that are no queries, such as "failed calls". */
TGR_API const char *tgr_skip_reason_name(tgr_skip_reason reason);

#ifdef __cplusplus
}
#endif
#endif
