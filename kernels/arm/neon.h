/* neon.h - the table of the NEON variant. */
#ifndef TGR_KERNELS_NEON_H
#define TGR_KERNELS_NEON_H

#include "kernels/kernels.h"

extern const tgr_kernels tgr_kernels_neon; /* AArch64 */

#endif
