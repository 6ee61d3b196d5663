/* batches.h - decisions as files for the batch interfaces of providers, and as plain tables. */
#ifndef TAGROUTE_BATCHES_H
#define TAGROUTE_BATCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/ingest.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tgr_batch_format {
    TGR_BATCH_OPENAI = 0,    /* JSON Lines: custom_id, method, url, body */
    TGR_BATCH_ANTHROPIC = 1, /* one JSON object: requests of custom_id and params */
    TGR_BATCH_MISTRAL = 2,   /* JSON Lines: custom_id and body, the model named with the job */
    TGR_BATCH_VLLM = 3       /* as OpenAI's */
} tgr_batch_format;

typedef struct tgr_export_options {
    size_t size;                /* sizeof(tgr_export_options) */
    const char *const *queries; /* query files that the decisions are of, in their order */
    size_t query_count;
    const char *decisions;   /* HDF5, one threshold, of every query */
    const char *const *logs; /* that the query files were made of, in any order */
    size_t log_count;
    const char *folder; /* made where it is not there; holds nothing of an earlier export */
    tgr_batch_format batch;
    tgr_log_format format; /* of the logs */
    tgr_log_schema schema;
    const char *const *model_names; /* "MODEL=NAME": what the provider calls it */
    size_t model_name_count;
    const char *router;     /* NULL, or the router that decided: for expected costs */
    uint64_t most_requests; /* of one file; 0: what the provider takes */
    uint64_t most_bytes;    /* likewise */
    uint32_t max_tokens;    /* Anthropic: of an answer, where the request does not say */
    bool resume;            /* keep the whole files of an export that was stopped */
} tgr_export_options;

typedef struct tgr_export_report {
    uint64_t queries;  /* of the query files */
    uint64_t requests; /* written */
    uint64_t left_out; /* requests of the logs that were not, each listed with its reason */
    uint64_t
        renamed; /* whose custom_id is not the id of the log: twice in a file, or not allowed */
    uint64_t from_text; /* whose body was made of the text, as the log holds no messages */
    uint64_t files;
    uint64_t resumed;  /* of them: whole already */
    uint64_t bytes;    /* of all files */
    double cost;       /* expected, USD; NaN: not known */
    bool was_complete; /* `resume` found the export finished: nothing was done or counted */
} tgr_export_report;

/* Defaults: OpenAI, logs of any format and schema, limits of the provider, 4096 tokens. */
TGR_API void tgr_export_options_init(tgr_export_options *options);

/* Reads the logs once, side by side with the decisions, and writes for each model MODEL.00001.jsonl
 * and so on into the folder, left_out.jsonl, and manifest.json: of each file its model, requests,
 * bytes, hash (XXH3, 128 bits) and expected cost. Each request keeps its body but for the model.
 * Everything gets its final name at the end, when the logs have turned out to be those that were
 * ingested: TGR_ERR_INPUT where they are not.
 *
 * Names of files are made of the models' names, with '_' for all but letters, digits, '.', '_' and
 * '-'; nothing outside the folder is written. Memory does not grow with the queries. */
TGR_API tgr_status tgr_export_batches(const tgr_export_options *options, tgr_export_report *report,
                                      const tgr_run *run, tgr_error *error);

typedef enum tgr_table_format {
    TGR_TABLE_AUTO = 0, /* by the output's ending: .csv, .jsonl, .msgpack, .h5 */
    TGR_TABLE_CSV = 1,
    TGR_TABLE_JSONL = 2,
    TGR_TABLE_MSGPACK = 3,
    TGR_TABLE_H5 = 4 /* AnnData: obs with the ids as index and the categorical "model" */
} tgr_table_format;

/* Writes a table of ids and models, a row a query; "-" is standard output (not HDF5). An undecided
 * query has an empty model, or null. */
TGR_API tgr_status tgr_export_table(const char *const *queries, size_t query_count,
                                    const char *decisions, const char *output,
                                    tgr_table_format format, const tgr_run *run, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
