/* plain.c - the plain loops, compiled for whatever the build is for. */
#include "bench/plain.h"

#include <string.h>

#include "bench/plain_body.h"

const tgr_plain tgr_plain_scalar = {"scalar", plain, vectorised};

const tgr_plain *tgr_plain_of(const char *isa)
{
#if defined(__x86_64__)
    if (strcmp(isa, "avx512") == 0) {
        return &tgr_plain_avx512;
    }
    if (strcmp(isa, "avx2") == 0) {
        return &tgr_plain_avx2;
    }
#endif
    (void)isa;
    return &tgr_plain_scalar;
}
