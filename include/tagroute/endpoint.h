/* endpoint.h - tags from a language model, asked through an OpenAI-compatible chat endpoint.
 *
 * Reads logs and writes one log of the same records in the same order, with tags. What was answered
 * is kept in a file by the hash of what was asked, so that no text is paid for twice.
 */
#ifndef TAGROUTE_ENDPOINT_H
#define TAGROUTE_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/ingest.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tgr_endpoint_options {
    size_t size;               /* sizeof(tgr_endpoint_options) */
    const char *const *inputs; /* log files; "-" is standard input, allowed once */
    size_t input_count;
    const char *output;    /* the log to write: .jsonl or .msgpack, and .gz or .zst behind it */
    const char *cache;     /* file of answers; NULL: the output's name and ".answers" */
    tgr_log_format format; /* of the inputs */
    bool retag;            /* ask for records that have tags, too; else they are kept as they are */
    bool strict;           /* the first bad record ends the run with TGR_ERR_INPUT */
    bool resume;           /* do nothing where the output is finished */
    double max_bad;        /* largest share of bad records that is tolerated, 0..1 */
    size_t max_record;     /* bytes; a larger record is bad */

    const char *url;     /* such as http://127.0.0.1:8000/v1 */
    const char *model;   /* as the endpoint names it */
    const char *key;     /* sent as a bearer token; NULL or "": none. Shown and kept nowhere */
    const char *prompt;  /* file with the place {text}; NULL: the built-in prompt */
    const char *ca_file; /* certificates to trust, PEM; NULL: the system's */
    bool insecure_http;  /* plain HTTP to other machines, too */
    double temperature;  /* negative: the endpoint's own */
    unsigned max_tokens; /* of an answer; 0: the endpoint's own limit */

    unsigned in_flight; /* requests at once */
    unsigned retries;   /* of one text, after its first request */
    double timeout;     /* seconds for a request */
    double backoff;     /* seconds before the first retry, doubled each time up to a minute */
    uint64_t seed;      /* of the jitter of those waits */
    bool skip_failed;   /* texts without an answer get no tags; else the first ends the run */

    double input_price, output_price; /* USD a token; NaN: not known */
} tgr_endpoint_options;

/* Tokens as the endpoint counts them, and what they cost (NaN where no price is known). */
typedef struct tgr_endpoint_use {
    uint64_t answers;   /* distinct texts answered */
    uint64_t unmetered; /* of those, without a word about tokens */
    uint64_t prompt_tokens, completion_tokens;
    double cost; /* USD */
} tgr_endpoint_use;

typedef struct tgr_endpoint_report {
    uint64_t records;  /* written; each is one of: */
    uint64_t tagged;   /* given tags */
    uint64_t untagged; /* answered, but no tag was in the answer */
    uint64_t refusals; /* of those, refusals */
    uint64_t failed;   /* without an answer (skip_failed), written without tags */
    uint64_t blank;    /* without a text to ask about, written without tags */
    uint64_t kept;     /* had tags */

    uint64_t requests;        /* sent */
    uint64_t retries;         /* of those, not the first of their text */
    tgr_endpoint_use now;     /* paid for in this run */
    tgr_endpoint_use earlier; /* found in the file of answers, and used */

    uint64_t lost;    /* values that JSON cannot hold */
    uint64_t damaged; /* bytes of the file of answers that were of no use */
    uint64_t bytes;   /* of log read, decompressed */
    bool was_complete;
    uint64_t bad; /* records skipped */
    uint64_t bad_by_reason[TGR_BAD_REASONS];
    char first_bad[TGR_BAD_REASONS][256];
} tgr_endpoint_report;

/* Defaults: max_bad 0.05, max_record 64 MiB, temperature 0, 256 tokens an answer, 16 in flight, 8
 * retries, 60 s a request, back-off from 0.5 s, prices not known, everything else off. */
TGR_API void tgr_endpoint_options_init(tgr_endpoint_options *options);

/* Reads options->inputs in order and writes options->output.
 *
 * The same records and answers give the same bytes, in however many runs and in whatever order the
 * answers came. Equal texts are asked once. Memory: a window of records, run->memory at most or one
 * record, and 36 to 72 bytes a distinct text.
 *
 * 408, 409, 425, 429, 5xx, failed connections, time-outs and replies that are no chat completion
 * are retried; Retry-After is honoured up to ten minutes. TGR_ERR_IO where a text's retries are
 * used up, or where it is refused (400, 403, 413, 422, 451), unless `skip_failed`; and where no
 * text would be answered (401, 404, a certificate that is not good, ...). Answers that are on their
 * way are waited for and kept. Another run goes on from the answers, whatever ended this one.
 * TGR_ERR_UNSUPPORTED in a library built without libcurl. `report` and `run` may be NULL. */
TGR_API tgr_status tgr_tag_by_endpoint(const tgr_endpoint_options *options,
                                       tgr_endpoint_report *report, const tgr_run *run,
                                       tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
