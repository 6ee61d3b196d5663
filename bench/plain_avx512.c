/* plain_avx512.c - the plain loops, compiled with AVX-512. */
#if defined(__x86_64__)

#include "bench/plain.h"

#include "bench/plain_body.h"

const tgr_plain tgr_plain_avx512 = {"avx512", plain, vectorised};

#endif
