/* fill.h - a tile of rows written out in full. */
#ifndef TGR_KERNELS_XSMM_FILL_H
#define TGR_KERNELS_XSMM_FILL_H

#include "kernels/kernels.h"

/* These parts run behind a generated multiplication, so on processors that have AVX2 and FMA. */
#if defined(__x86_64__)
#define TGR_BESIDE_XSMM __attribute__((target("avx2,fma")))
#else
#define TGR_BESIDE_XSMM
#endif

/* Fills tile (tile_rows x columns) with rows [begin, begin + rows) and zeros behind them. `widened`
 * has room for `columns` floats. Returns a bound from below of the sizes of the float values in
 * rows that lack a column; infinity where there are none. */
float tgr_fill_tile(const tgr_csr *x, size_t begin, size_t rows, float *tile, size_t tile_rows,
                    size_t columns, float *widened);

#endif
