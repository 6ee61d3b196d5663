/* wide.c - which wide instructions may be used. */
#include "engine/base/wide.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int tgr_wide_known = -1;

static tgr_wide of_machine(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        return TGR_WIDE_PLAIN;
    }
    bool wider = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                 __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    return wider ? TGR_WIDE_AVX512 : TGR_WIDE_AVX2;
#else
    return TGR_WIDE_PLAIN;
#endif
}

/* The names are those of the kernels, which whoever sets them wrongly is told of elsewhere. */
static tgr_wide allowed(void)
{
    const char *name = getenv("TAGROUTE_ISA");
    if (name == NULL || name[0] == '\0' || strcmp(name, "avx512") == 0) {
        return TGR_WIDE_AVX512;
    }
    return strcmp(name, "avx2") == 0 ? TGR_WIDE_AVX2 : TGR_WIDE_PLAIN;
}

tgr_wide tgr_wide_find(void)
{
    tgr_wide machine = of_machine(), most = allowed();
    tgr_wide found = machine < most ? machine : most;
    __atomic_store_n(&tgr_wide_known, (int)found, __ATOMIC_RELAXED);
    return found;
}

void tgr_wide_limit(tgr_wide most)
{
    tgr_wide machine = of_machine();
    __atomic_store_n(&tgr_wide_known, (int)(machine < most ? machine : most), __ATOMIC_RELAXED);
}
