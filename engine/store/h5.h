/* h5.h - HDF5 files and the objects in them: opened with care, failures turned into sentences.
 *
 * Whatever is opened for reading is untrusted: only hard links are followed, one component at a
 * time, so that nothing leads out of the file.
 */
#ifndef TGR_STORE_H5_H
#define TGR_STORE_H5_H

#include <stdbool.h>
#include <stdint.h>

#include <hdf5.h>

#include <tagroute/status.h>

/* HDF5 prints its error stack unless told otherwise; every public entry of the store is bracketed
 * by these two, and what the process had set comes back. */
typedef struct tgr_h5_quiet {
    H5E_auto2_t function;
    void *data;
} tgr_h5_quiet;

void tgr_h5_quiet_begin(tgr_h5_quiet *quiet);
void tgr_h5_quiet_end(const tgr_h5_quiet *quiet);

/* Whether HDF5 was built to be used by several threads: it has a lock of its own then. Where it
 * has, nobody else may keep one around HDF5: a forked child would never get it. */
bool tgr_h5_is_threadsafe(void);

/* Closes an object of any kind; anything that is not an open object is ignored. */
void tgr_h5_close(hid_t id);

/* TGR_OK where `ok`, else "PATH: WHAT cannot be read" as TGR_ERR_INPUT, or TGR_ERR_IO where the
 * operating system gave a reason. Must see HDF5's error stack as the failing call left it. */
tgr_status tgr_h5_readable(bool ok, const char *path, const char *what, tgr_error *error);

typedef struct tgr_h5_file { /* open for reading */
    hid_t id;
    int fd; /* HDF5's own descriptor of the same file, for reads around HDF5 */
    uint64_t size;
    const char *path;                  /* borrowed */
    struct tgr_block_readers *readers; /* who read its arrays; one caller at a time */
} tgr_h5_file;

/* TGR_ERR_IO where the file cannot be opened, TGR_ERR_INPUT where it is not HDF5 or is damaged. */
tgr_status tgr_h5_open(const char *path, tgr_h5_file *file, tgr_error *error);
void tgr_h5_file_close(tgr_h5_file *file); /* harmless on a zeroed or closed one */

/* Opens a member of a group over a hard link; *id is 0 where there is none of that name. */
tgr_status tgr_h5_child(const tgr_h5_file *file, hid_t group, const char *name, hid_t *id,
                        tgr_error *error);
/* The same, and the member must be a group. */
tgr_status tgr_h5_group(const tgr_h5_file *file, hid_t group, const char *name, hid_t *id,
                        tgr_error *error);

/* The full name of an object, or of its member (member may be NULL), for messages. */
typedef struct tgr_h5_name {
    char text[256];
} tgr_h5_name;
tgr_h5_name tgr_h5_name_of(hid_t object, const char *member);

/* A scalar string attribute, or NULL in *text where there is none or it is not a string. Freed with
 * tgr_mem_free. */
tgr_status tgr_h5_text_attribute(const tgr_h5_file *file, hid_t object, const char *name,
                                 char **text, tgr_error *error);
/* A list of strings, NULL where there is none; each and the list freed with tgr_h5_texts_free. */
tgr_status tgr_h5_texts_attribute(const tgr_h5_file *file, hid_t object, const char *name,
                                  char ***texts, size_t *count, tgr_error *error);
void tgr_h5_texts_free(char **texts, size_t count);
/* Two integers, such as a shape; *found false where there are no such two. */
tgr_status tgr_h5_pair_attribute(const tgr_h5_file *file, hid_t object, const char *name,
                                 bool *found, int64_t pair[2], tgr_error *error);

/* Arrays at least this large start on a page, so that they can be read or mapped page by page. */
#define TGR_H5_ALIGN_FROM 65536
#define TGR_H5_PAGE       4096

#endif
