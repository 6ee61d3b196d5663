/* cpu.h - what the processor and the operating system support, as the variants need it. */
#ifndef TGR_KERNELS_CPU_H
#define TGR_KERNELS_CPU_H

#include <stdbool.h>

/* Each false where the processor is of another family. AVX state must be saved by the operating
 * system (XCR0), not only be known to the processor. */
bool tgr_cpu_has_fma(void);    /* AVX and FMA */
bool tgr_cpu_has_avx2(void);   /* AVX2 and FMA */
bool tgr_cpu_has_avx512(void); /* F, BW, DQ, VL and VBMI2, with FMA */
bool tgr_cpu_has_neon(void);

#endif
