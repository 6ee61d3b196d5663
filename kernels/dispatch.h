/* dispatch.h - which variant runs. */
#ifndef TGR_KERNELS_DISPATCH_H
#define TGR_KERNELS_DISPATCH_H

#include <stdbool.h>

#include "kernels/kernels.h"

/* Why a name gives no variant. */
typedef enum tgr_dispatch {
    TGR_DISPATCH_OK = 0,
    TGR_DISPATCH_UNKNOWN,    /* no variant has that name */
    TGR_DISPATCH_NOT_BUILT,  /* it is for another processor family */
    TGR_DISPATCH_UNSUPPORTED /* this processor or operating system lacks it */
} tgr_dispatch;

#define TGR_ISA_NAMES "scalar, avx2, avx512, neon"

/* The variant of a name, or the best that runs here where the name is NULL or empty. */
tgr_dispatch tgr_kernels_by_name(const char *name, const tgr_kernels **kernels);

/* Every variant built, from the plainest on, whether or not it runs here; NULL behind the last. */
const tgr_kernels *tgr_kernels_built(unsigned number, bool *runs_here);

#endif
