/* partial_sums.h - exact sums as little-endian numbers: put one after another, and added again. */
#ifndef TGR_SIMULATE_PARTIAL_SUMS_H
#define TGR_SIMULATE_PARTIAL_SUMS_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/status.h>

#include "engine/base/buffer.h"
#include "engine/simulate/bins.h"
#include "engine/simulate/observers.h"

/* Puts what an observer has summed, asked: at so many thresholds. False where a sum is too large to
 * be added up with those of many parts. */
bool tgr_partial_put_sums(tgr_buffer *buffer, tgr_observer *sums, size_t models, size_t asked);
bool tgr_partial_put_bins(tgr_buffer *buffer, const tgr_bins *bins);

/* Add what was put, of which nothing is trusted. TGR_ERR_INPUT: it was not; TGR_ERR_NOMEM. */
tgr_status tgr_partial_add_sums(const char *bytes, size_t length, tgr_observer *sums, size_t models,
                                size_t asked);
tgr_status tgr_partial_add_bins(const char *bytes, size_t length, tgr_bins *bins);

/* Eight bytes each. */
void tgr_partial_put_doubles(tgr_buffer *buffer, const double *values, size_t count);
void tgr_partial_take_doubles(const char *bytes, size_t count, double *values);

#endif
