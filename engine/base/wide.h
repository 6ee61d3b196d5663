/* wide.h - functions that are compiled for wide instructions as well, of which those run that the
 * machine has.
 *
 * For plain loops over many numbers, which compilers turn into vectors. It is the same C each time,
 * and -ffp-contract=off, so results are the same, too.
 *
 *     TGR_WIDE(int, add_all, (const int *values, size_t count), (values, count))
 *     {
 *         ...
 *     }
 */
#ifndef TGR_BASE_WIDE_H
#define TGR_BASE_WIDE_H

typedef enum tgr_wide { TGR_WIDE_PLAIN, TGR_WIDE_AVX2, TGR_WIDE_AVX512 } tgr_wide;

extern int tgr_wide_known; /* below 0 until tgr_wide_find was called */
tgr_wide tgr_wide_find(void);

/* What the machine has, and TAGROUTE_ISA allows. */
static inline tgr_wide tgr_wide_level(void)
{
    int known = __atomic_load_n(&tgr_wide_known, __ATOMIC_RELAXED);
    return known >= 0 ? (tgr_wide)known : tgr_wide_find();
}

/* No more than that from now on; for tests. */
void tgr_wide_limit(tgr_wide most);

#define TGR_WIDE_INLINE static inline __attribute__((always_inline))

/* Of a function that is written for TGR_WIDE_AVX512 by hand, and runs where tgr_wide_level says so.
 */
#if defined(__x86_64__)
#define TGR_BY_HAND_512                                                                            \
    __attribute__((target("avx2,fma,bmi,bmi2,popcnt,avx512f,avx512bw,avx512dq,avx512vl")))
#endif

#if defined(__x86_64__)
#define TGR_WIDE(RESULT, NAME, PARAMETERS, ARGUMENTS)                                              \
    TGR_WIDE_INLINE RESULT NAME##_loop PARAMETERS;                                                 \
    __attribute__((target("avx2,fma"))) static RESULT NAME##_avx2 PARAMETERS                       \
    {                                                                                              \
        return NAME##_loop ARGUMENTS;                                                              \
    }                                                                                              \
    __attribute__((target(                                                                         \
        "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))) static RESULT NAME##_avx512 PARAMETERS    \
    {                                                                                              \
        return NAME##_loop ARGUMENTS;                                                              \
    }                                                                                              \
    static RESULT NAME PARAMETERS                                                                  \
    {                                                                                              \
        switch (tgr_wide_level()) {                                                                \
        case TGR_WIDE_AVX512:                                                                      \
            return NAME##_avx512 ARGUMENTS;                                                        \
        case TGR_WIDE_AVX2:                                                                        \
            return NAME##_avx2 ARGUMENTS;                                                          \
        case TGR_WIDE_PLAIN:                                                                       \
            break;                                                                                 \
        }                                                                                          \
        return NAME##_loop ARGUMENTS;                                                              \
    }                                                                                              \
    TGR_WIDE_INLINE RESULT NAME##_loop PARAMETERS
#else
#define TGR_WIDE(RESULT, NAME, PARAMETERS, ARGUMENTS) static RESULT NAME PARAMETERS
#endif

#endif
