/* variants.h - the tables of the variants of this processor family. */
#ifndef TGR_KERNELS_X86_VARIANTS_H
#define TGR_KERNELS_X86_VARIANTS_H

#include "kernels/kernels.h"

extern const tgr_kernels tgr_kernels_avx2;
extern const tgr_kernels tgr_kernels_avx512;

#endif
