/* files.h - the files of an export: each holds requests of one model, up to what a provider takes.
 * They get their final names together, at the end. */
#ifndef TGR_EXPORT_FILES_H
#define TGR_EXPORT_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/buffer.h"
#include "engine/base/output.h"
#include "engine/base/xxh3.h"
#include "engine/export/id_set.h"
#include "engine/export/target.h"

/* A file that is whole. */
typedef struct tgr_export_file {
    char *name; /* within the folder */
    size_t model;
    uint64_t requests, bytes, renamed, from_text;
    double cost;
    char hash[33]; /* XXH3, 128 bits, hexadecimal */
} tgr_export_file;

/* A model, and the file that its requests go to. */
typedef struct tgr_export_model {
    const char *name, *called; /* by the provider */
    char *stem;                /* of its files' names */
    uint64_t numbered;         /* files so far */
    bool open;
    tgr_output output;
    tgr_export_file file; /* as far as it has come */
    tgr_buffer waiting;   /* to be written */
    XXH3_state_t *hash;
    tgr_id_set ids;
    size_t kept; /* index of the next file kept from an earlier run; the files' count: none */
    uint64_t kept_left; /* requests that are still to come of that one */
} tgr_export_model;

/* Starts zeroed; folder and target are the caller's. */
typedef struct tgr_export_files {
    const char *folder;
    const tgr_batch_target *target;
    uint64_t most_requests, most_bytes;
    tgr_export_model *models;
    size_t model_count;
    tgr_export_file *files; /* whole ones, in the order in which they became so */
    size_t file_count, file_capacity;
    size_t kept_count; /* the first of them: kept from an earlier run */
    tgr_buffer line, path;
    char run[33]; /* what the export is of: a checkpoint of another one is refused */
} tgr_export_files;

/* called: what the provider calls each model. */
tgr_status tgr_export_files_open(tgr_export_files *files, char *const *models,
                                 const char *const *called, size_t count, tgr_error *error);

/* Whether a request is in a file that was kept; it is counted then, and not to be written. */
bool tgr_export_files_keeps(tgr_export_files *files, size_t model);

/* One request. number: its row's, for an id that the provider would not take, or that the file
 * holds already. */
typedef struct tgr_export_request {
    const char *id;
    size_t id_length;
    uint64_t number;
    const char *body;
    size_t body_length;
    bool from_text;
    double cost;
} tgr_export_request;

tgr_status tgr_export_files_add(tgr_export_files *files, size_t model,
                                const tgr_export_request *request, tgr_error *error);

/* Makes all files whole. */
tgr_status tgr_export_files_finish(tgr_export_files *files, tgr_error *error);

/* Gives all files their names. */
tgr_status tgr_export_files_commit(tgr_export_files *files, tgr_error *error);

/* keep: leave whole files for a later run. */
void tgr_export_files_close(tgr_export_files *files, bool keep);

/* "FOLDER/NAME", until the next call. NULL where memory is short. */
const char *tgr_export_files_path(tgr_export_files *files, const char *name);

/* ---- files_checkpoint.c ---- */

#define TGR_EXPORT_CHECKPOINT ".manifest.checkpoint"

/* Writes which files are whole. */
tgr_status tgr_export_checkpoint_save(tgr_export_files *files, tgr_error *error);

/* Takes over the files that an earlier run left whole; *found is whether there was one. */
tgr_status tgr_export_checkpoint_load(tgr_export_files *files, bool *found, tgr_error *error);

#endif
