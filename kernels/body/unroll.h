/* unroll.h - loops over registers, written out. */
#ifndef TGR_KERNELS_UNROLL_H
#define TGR_KERNELS_UNROLL_H

#if defined(TGR_LANES_ARE_ARRAYS) || defined(__SANITIZE_ADDRESS__)
/* Lanes are loops themselves, or every access is checked: unrolled, that is too much code. */
#define TGR_UNROLL
#else
#define TGR_UNROLL _Pragma("GCC unroll 16")
#endif

/* A loop that is not: how often it runs is known to the processor, not to the compiler. */
#define TGR_ROLLED _Pragma("GCC unroll 1")

#endif
