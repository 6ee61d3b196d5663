/* cpu.c - asking the processor. */
#include "kernels/cpu.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <stdint.h>

typedef struct leaf {
    unsigned eax, ebx, ecx, edx;
} leaf;

static leaf read_leaf(unsigned number)
{
    leaf found = {0, 0, 0, 0};
    __get_cpuid_count(number, 0, &found.eax, &found.ebx, &found.ecx, &found.edx);
    return found;
}

/* Which register state the operating system saves; 0 where it does not say (no OSXSAVE). */
static uint64_t saved_state(void)
{
    if ((read_leaf(1).ecx & bit_OSXSAVE) == 0) {
        return 0;
    }
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

#define YMM_STATE 0x06 /* SSE and AVX registers */
#define ZMM_STATE 0xe6 /* those, mask registers and both parts of the 512-bit ones */

static bool saves(uint64_t state)
{
    return (saved_state() & state) == state;
}

bool tgr_cpu_has_fma(void)
{
    unsigned needed = bit_FMA | bit_AVX;
    return (read_leaf(1).ecx & needed) == needed && saves(YMM_STATE);
}

bool tgr_cpu_has_avx2(void)
{
    unsigned needed = bit_AVX2 | bit_BMI | bit_BMI2;
    return tgr_cpu_has_fma() && (read_leaf(7).ebx & needed) == needed;
}

bool tgr_cpu_has_avx512(void)
{
    unsigned needed = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    leaf seven = read_leaf(7);
    return tgr_cpu_has_avx2() && (seven.ebx & needed) == needed &&
           (seven.ecx & bit_AVX512VBMI2) != 0 && saves(ZMM_STATE);
}

bool tgr_cpu_has_neon(void)
{
    return false;
}

#else

bool tgr_cpu_has_fma(void)
{
    return false;
}

bool tgr_cpu_has_avx2(void)
{
    return false;
}

bool tgr_cpu_has_avx512(void)
{
    return false;
}

bool tgr_cpu_has_neon(void)
{
#if defined(__aarch64__)
    return true; /* part of the architecture */
#else
    return false;
#endif
}

#endif
