/* probe.h - tries what may crash in a process of its own first.
 *
 * libhdf5 does not survive every damaged or hostile file: a few flipped bytes in a heap of strings
 * are enough. Whatever leads it through a file's own structures is run once in a forked child; only
 * what the child survives is done here. Bulk data is read around HDF5 or through its filters and is
 * not probed.
 */
#ifndef TGR_STORE_PROBE_H
#define TGR_STORE_PROBE_H

#include <tagroute/status.h>

/* Calls work(data) in a child, whose memory is a copy and is thrown away. TGR_OK where it returned,
 * whatever it found: the caller does the same again and reports. TGR_ERR_INPUT where it crashed or
 * did not end. Where no child can be had, TGR_OK. */
tgr_status tgr_probe(const char *path, void (*work)(void *data), void *data, tgr_error *error);

#endif
