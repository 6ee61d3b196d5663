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

/* Calls work(data, error) in a child, whose memory is a copy and is thrown away, and which may use
 * the processor, the clock and more memory only as far as a file of this size can ask for. TGR_OK
 * where the caller may now do the same. A verdict on the file, TGR_ERR_INPUT, is the child's own:
 * the caller need not find it again. TGR_ERR_INPUT also where the child crashed or did not end.
 * TGR_ERR_IO where it was killed from outside, or waited for the disk all its time. Whatever else
 * failed in the child, and where no child can be had: TGR_OK, and the caller sees.
 *
 * Other threads of the process may be inside HDF5, hold its lock or wait for it: the child is born
 * while the caller has that lock, so it finds HDF5 whole and the lock its own. A child that is born
 * with another lock held sleeps on it: one that does not use its processor for some seconds is
 * replaced, a few times; only the last may wait for as long as a slow disk takes. A child that
 * crashes or does not stop working has no successor. */
tgr_status tgr_probe(const char *path, tgr_status (*work)(void *data, tgr_error *error), void *data,
                     tgr_error *error);

#endif
