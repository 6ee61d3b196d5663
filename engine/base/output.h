/* output.h - files that appear whole or not at all.
 *
 * A path is written under a temporary name in its own folder (.NAME.tmp-XXXXXX; .NAME.partial where
 * a later run is to find it again), synced, renamed over the final name, and the folder is synced.
 * Nothing of tagroute writes to a final name in any other way.
 */
#ifndef TGR_BASE_OUTPUT_H
#define TGR_BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

typedef struct tgr_output {
    char *path;      /* final name */
    char *temporary; /* name in use until committed */
    int fd;          /* open for reading and writing; -1 once handed over or closed */
} tgr_output;

/* Creates the temporary file. Refuses a path whose final name is a folder. */
tgr_status tgr_output_open(tgr_output *output, const char *path, tgr_error *error);

/* The same under the name .NAME.partial, which a run that was stopped leaves behind: opened as it
 * is, or created. It is locked for as long as it is open, so that two runs cannot write one output:
 * TGR_ERR_IO where another holds it. (File systems that know no locks do without.) */
tgr_status tgr_output_claim(tgr_output *output, const char *path, tgr_error *error);

/* The same for part N of what several processes write, under the name .NAME.partial.N. */
tgr_status tgr_output_claim_part(tgr_output *output, const char *path, unsigned number,
                                 tgr_error *error);

/* Opens what another process of the same run has claimed: neither to put in place nor to remove. */
tgr_status tgr_output_join(tgr_output *output, const char *path, tgr_error *error);

/* Removes .NAME.ENDING.N and .NAME.ENDING.N.new, N being any number. */
void tgr_output_sweep_numbered(const char *path, const char *ending);

/* Closes what was claimed and leaves it where it is; harmless after commit. */
void tgr_output_leave(tgr_output *output);

/* "FOLDER/.NAME.ENDING" of "FOLDER/NAME"; NULL where memory is short. */
char *tgr_output_beside(const char *path, const char *ending);

/* Writes a small file as a whole over `path`: under the name `temporary`, synced, renamed. */
tgr_status tgr_output_replace(const char *path, const char *temporary, const void *bytes,
                              size_t length, tgr_error *error);

/* Syncs, renames, closes, syncs the folder. On failure the temporary file is removed. */
tgr_status tgr_output_commit(tgr_output *output, tgr_error *error);

/* Removes the temporary file; harmless after commit or on a zeroed structure. */
void tgr_output_abandon(tgr_output *output);

/* Removes what runs that were killed have left under temporary names of this path. */
void tgr_output_sweep(const char *path);

/* Makes names in the folder of `path` last. */
tgr_status tgr_output_sync_folder(const char *path, tgr_error *error);

/* An unlinked temporary file in the folder of `path`, for spooling; -1 with error set. */
int tgr_output_spool(const char *path, tgr_error *error);

/* Writes all bytes, whatever write() returns in between and through EINTR. */
tgr_status tgr_write_all(int fd, const void *bytes, size_t length, const char *path,
                         tgr_error *error);
/* The same at an offset of the file. */
tgr_status tgr_write_all_at(int fd, const void *bytes, size_t length, uint64_t offset,
                            const char *path, tgr_error *error);

/* Asks the system to begin to put what was written there on the disk, so that whoever waits for it
 * at the end waits less; where it cannot, nothing happens. length 0: up to the end. */
void tgr_write_begin(int fd, uint64_t offset, size_t length);

#endif
