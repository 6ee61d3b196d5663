/* plain_avx2.c - the plain loops, compiled with AVX2 and FMA. */
#if defined(__x86_64__)

#include "bench/plain.h"

#include "bench/plain_body.h"

const tgr_plain tgr_plain_avx2 = {"avx2", plain, vectorised};

#endif
