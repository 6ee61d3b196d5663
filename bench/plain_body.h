/* plain_body.h - the loops, to be compiled for one instruction set. PLAIN(isa) names the table. */
#include <math.h>

#define DECIDE(JOB, SCORES)                                                                        \
    do {                                                                                           \
        int found = -1;                                                                            \
        for (int k = 0; k < (int)(JOB)->models; k++) {                                             \
            if (k != (JOB)->reference && (found < 0 || (SCORES)[k] > (SCORES)[found])) {           \
                found = k;                                                                         \
            }                                                                                      \
        }                                                                                          \
        if ((JOB)->reference >= 0 &&                                                               \
            (found < 0 || !((SCORES)[found] - (SCORES)[(JOB)->reference] >= (JOB)->threshold))) {  \
            found = (JOB)->reference;                                                              \
        }                                                                                          \
        (JOB)->model[row] = (int16_t)found;                                                        \
    } while (0)

#define PLAIN_LOOP(NAME, VALUE)                                                                    \
    static void NAME(const tgr_plain_job *job, size_t begin, size_t end)                           \
    {                                                                                              \
        const VALUE *values = job->values;                                                         \
        const size_t models = job->models;                                                         \
        float scores[TGR_MODELS_MAX];                                                              \
        for (size_t row = begin; row < end; row++) {                                               \
            for (size_t k = 0; k < models; k++) {                                                  \
                scores[k] = job->bias[k];                                                          \
            }                                                                                      \
            for (int64_t entry = job->indptr[row]; entry < job->indptr[row + 1]; entry++) {        \
                const float value = (float)values[entry];                                          \
                const float *weights = job->weights + job->indices[entry] * models;                \
                for (size_t k = 0; k < models; k++) {                                              \
                    scores[k] = fmaf(value, weights[k], scores[k]);                                \
                }                                                                                  \
            }                                                                                      \
            DECIDE(job, scores);                                                                   \
        }                                                                                          \
    }

PLAIN_LOOP(plain_u8, uint8_t)
PLAIN_LOOP(plain_u16, uint16_t)
PLAIN_LOOP(plain_f32, float)

/* Sixty-four columns at a time at most: more sums than that leave the registers. */
#define WIDE_LOOP(NAME, VALUE, WIDTH)                                                              \
    static void NAME(const tgr_plain_job *job, size_t begin, size_t end)                           \
    {                                                                                              \
        const VALUE *values = job->values;                                                         \
        float scores[TGR_MODELS_MAX];                                                              \
        for (size_t row = begin; row < end; row++) {                                               \
            for (size_t column = 0; column < job->stride; column += WIDTH) {                       \
                float sums[WIDTH];                                                                 \
                for (int k = 0; k < WIDTH; k++) {                                                  \
                    sums[k] = job->bias[column + (size_t)k];                                       \
                }                                                                                  \
                for (int64_t entry = job->indptr[row]; entry < job->indptr[row + 1]; entry++) {    \
                    const float value = (float)values[entry];                                      \
                    const float *weights =                                                         \
                        job->weights + job->indices[entry] * job->stride + column;                 \
                    for (int k = 0; k < WIDTH; k++) {                                              \
                        sums[k] = fmaf(value, weights[k], sums[k]);                                \
                    }                                                                              \
                }                                                                                  \
                for (int k = 0; k < WIDTH; k++) {                                                  \
                    scores[column + (size_t)k] = sums[k];                                          \
                }                                                                                  \
            }                                                                                      \
            DECIDE(job, scores);                                                                   \
        }                                                                                          \
    }

#define WIDE_LOOPS(WIDTH)                                                                          \
    WIDE_LOOP(wide_u8_##WIDTH, uint8_t, WIDTH)                                                     \
    WIDE_LOOP(wide_u16_##WIDTH, uint16_t, WIDTH)                                                   \
    WIDE_LOOP(wide_f32_##WIDTH, float, WIDTH)

WIDE_LOOPS(4)
WIDE_LOOPS(8)
WIDE_LOOPS(16)
WIDE_LOOPS(32)
WIDE_LOOPS(64)

static void plain(const tgr_plain_job *job, size_t begin, size_t end)
{
    static tgr_plain_loop *const loops[] = {plain_u8, plain_u16, plain_f32};
    loops[job->value_type](job, begin, end);
}

static void vectorised(const tgr_plain_job *job, size_t begin, size_t end)
{
    static tgr_plain_loop *const loops[][5] = {
        {wide_u8_4, wide_u8_8, wide_u8_16, wide_u8_32, wide_u8_64},
        {wide_u16_4, wide_u16_8, wide_u16_16, wide_u16_32, wide_u16_64},
        {wide_f32_4, wide_f32_8, wide_f32_16, wide_f32_32, wide_f32_64},
    };
    size_t width = job->stride % 64 == 0   ? 4
                   : job->stride % 32 == 0 ? 3
                   : job->stride % 16 == 0 ? 2
                   : job->stride % 8 == 0  ? 1
                                           : 0;
    loops[job->value_type][width](job, begin, end);
}
