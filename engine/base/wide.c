/* wide.c - which wide instructions may be used. */
#include "engine/base/wide.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN (-1)

static atomic_int level = UNKNOWN;

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

tgr_wide tgr_wide_level(void)
{
    int found = atomic_load_explicit(&level, memory_order_relaxed);
    if (found == UNKNOWN) {
        tgr_wide machine = of_machine(), most = allowed();
        found = machine < most ? machine : most;
        atomic_store_explicit(&level, found, memory_order_relaxed);
    }
    return (tgr_wide)found;
}

void tgr_wide_limit(tgr_wide most)
{
    tgr_wide machine = of_machine();
    atomic_store_explicit(&level, machine < most ? machine : most, memory_order_relaxed);
}
