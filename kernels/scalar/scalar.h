/* scalar.h - the tables of the plain C variants. */
#ifndef TGR_KERNELS_SCALAR_H
#define TGR_KERNELS_SCALAR_H

#include "kernels/kernels.h"

extern const tgr_kernels tgr_kernels_scalar;
extern const tgr_kernels tgr_kernels_scalar_fma; /* x86 with FMA */

#endif
