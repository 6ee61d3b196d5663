/* dispatch.c - the table of variants, and the choice among them. */
#include "kernels/dispatch.h"

#include <stddef.h>
#include <string.h>

#include "kernels/arm/neon.h"
#include "kernels/cpu.h"
#include "kernels/scalar/scalar.h"
#include "kernels/x86/variants.h"

typedef struct variant {
    const char *name;
    const tgr_kernels *kernels; /* NULL: not built for this processor family */
    bool (*runs_here)(void);
} variant;

static bool always(void)
{
    return true;
}

/* From the plainest to the best; of two that share a name the later is tried first. */
static const variant variants[] = {
    {"scalar", &tgr_kernels_scalar, always},
#if defined(__x86_64__)
    {"scalar", &tgr_kernels_scalar_fma, tgr_cpu_has_fma},
    {"avx2", &tgr_kernels_avx2, tgr_cpu_has_avx2},
    {"avx512", &tgr_kernels_avx512, tgr_cpu_has_avx512},
    {"neon", NULL, tgr_cpu_has_neon},
#elif defined(__aarch64__)
    {"avx2", NULL, tgr_cpu_has_avx2},
    {"avx512", NULL, tgr_cpu_has_avx512},
    {"neon", &tgr_kernels_neon, tgr_cpu_has_neon},
#else
    {"avx2", NULL, tgr_cpu_has_avx2},
    {"avx512", NULL, tgr_cpu_has_avx512},
    {"neon", NULL, tgr_cpu_has_neon},
#endif
};

#define VARIANTS (sizeof variants / sizeof variants[0])

tgr_dispatch tgr_kernels_by_name(const char *name, const tgr_kernels **kernels)
{
    bool any = name == NULL || name[0] == '\0';
    tgr_dispatch result = TGR_DISPATCH_UNKNOWN;
    for (size_t i = VARIANTS; i-- > 0;) {
        const variant *one = &variants[i];
        if (!any && strcmp(one->name, name) != 0) {
            continue;
        }
        if (one->kernels != NULL && one->runs_here()) {
            *kernels = one->kernels;
            return TGR_DISPATCH_OK;
        }
        result = one->kernels == NULL ? TGR_DISPATCH_NOT_BUILT : TGR_DISPATCH_UNSUPPORTED;
    }
    return result;
}

const tgr_kernels *tgr_kernels_built(unsigned number, bool *runs_here)
{
    for (size_t i = 0; i < VARIANTS; i++) {
        if (variants[i].kernels != NULL && number-- == 0) {
            *runs_here = variants[i].runs_here();
            return variants[i].kernels;
        }
    }
    return NULL;
}
