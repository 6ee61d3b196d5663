/* target.h - the file that HDF5 writes into: the open descriptor of an output that is not in place
 * yet.
 *
 * libhdf5 crashes, then or at exit, when a write fails while it closes a file. So it never sees
 * one: this driver of its virtual file layer keeps the first reason, lets all later writes succeed
 * without effect, and the store asks for the reason after every call. The file is abandoned then,
 * so nothing is lost by it.
 */
#ifndef TGR_STORE_TARGET_H
#define TGR_STORE_TARGET_H

#include <stdbool.h>

#include <hdf5.h>

#include <tagroute/status.h>

#include "engine/base/output.h"
#include "engine/store/gather.h"

typedef struct tgr_target {
    H5FD_t driver; /* HDF5's part; comes first */
    haddr_t eoa;   /* end of what HDF5 has given away, and of what it has written */
    haddr_t eof;
    tgr_output output;
    tgr_gather gather; /* while the file is open */
    hid_t file;        /* 0: not open */
    hid_t registered;  /* our driver, as HDF5 knows it; 0: it does not */
    int reason;        /* errno of the first write that failed; 0: none */
    bool discard;      /* writes have no effect any more */
    uint64_t unsent;   /* bytes written since the system was last told to bring them to the disk */
    haddr_t least;     /* the file is never cut below this, whatever HDF5 makes of it */
} tgr_target;

/* Creates an HDF5 file beside `path`. The target must stay where it is until it is closed. */
tgr_status tgr_target_open(tgr_target *target, const char *path, tgr_error *error);

/* Creates an HDF5 file in target->output, which the caller has opened, over what is there: bytes
 * that HDF5 does not write stay. */
tgr_status tgr_target_create(tgr_target *target, tgr_error *error);

/* Closes the HDF5 file; the output stays open. Everything in it has been closed before. */
tgr_status tgr_target_close(tgr_target *target, tgr_error *error);

/* TGR_OK where `ok` and no write has failed, else TGR_ERR_IO saying why. */
tgr_status tgr_target_check(const tgr_target *target, bool ok, tgr_error *error);

/* Closes the file and puts it in place. Everything in it has been closed before. */
tgr_status tgr_target_commit(tgr_target *target, tgr_error *error);

/* Throws the file away; harmless on a zeroed or committed target. */
void tgr_target_abandon(tgr_target *target);

#endif
