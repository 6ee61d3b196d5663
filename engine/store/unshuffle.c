/* unshuffle.c - undoes HDF5's shuffle filter, sixteen elements of the common widths at a time. */
#include "engine/store/unshuffle.h"

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>

typedef __m128i sixteen;

static sixteen load(const uint8_t *from)
{
    return _mm_loadu_si128((const __m128i *)(const void *)from);
}

static void store(uint8_t *to, sixteen bytes)
{
    _mm_storeu_si128((__m128i *)(void *)to, bytes);
}

/* a0 b0 a1 b1 ...: of the lower half of both, and of the upper. */
static sixteen zip_low(sixteen a, sixteen b)
{
    return _mm_unpacklo_epi8(a, b);
}

static sixteen zip_high(sixteen a, sixteen b)
{
    return _mm_unpackhi_epi8(a, b);
}

#define TGR_HAVE_ZIP
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>

typedef uint8x16_t sixteen;

static sixteen load(const uint8_t *from)
{
    return vld1q_u8(from);
}

static void store(uint8_t *to, sixteen bytes)
{
    vst1q_u8(to, bytes);
}

static sixteen zip_low(sixteen a, sixteen b)
{
    return vzip1q_u8(a, b);
}

static sixteen zip_high(sixteen a, sixteen b)
{
    return vzip2q_u8(a, b);
}

#define TGR_HAVE_ZIP
#endif

/* Elements from `done` on, byte by byte; planes, which are `stride` bytes apart, begin with the
 * first. */
static void unshuffle_rest(const uint8_t *from, size_t stride, size_t count, size_t width,
                           size_t done, uint8_t *to)
{
    for (size_t byte = 0; byte < width; byte++) {
        const uint8_t *plane = from + byte * stride;
        for (size_t i = done; i < count; i++) {
            to[i * width + byte] = plane[i];
        }
    }
}

#ifdef TGR_HAVE_ZIP
/* Zips the first half of `width` planes with the second, again and again: each time the bytes of an
 * element that lie side by side double. */
static inline size_t unshuffle_wide(const uint8_t *from, size_t stride, size_t count, size_t width,
                                    uint8_t *to)
{
    size_t done = 0;
    for (; done + 16 <= count; done += 16) {
        sixteen planes[8], zipped[8];
        for (size_t byte = 0; byte < width; byte++) {
            planes[byte] = load(from + byte * stride + done);
        }
        for (size_t step = 1; step < width; step *= 2) {
            for (size_t half = 0; half < width / 2; half++) {
                zipped[2 * half] = zip_low(planes[half], planes[half + width / 2]);
                zipped[2 * half + 1] = zip_high(planes[half], planes[half + width / 2]);
            }
            memcpy(planes, zipped, width * sizeof(sixteen));
        }
        for (size_t part = 0; part < width; part++) {
            store(to + done * width + part * 16, planes[part]);
        }
    }
    return done;
}
#endif

static void unshuffle(const uint8_t *from, size_t stride, size_t count, size_t width, uint8_t *to)
{
    size_t done = 0;
#ifdef TGR_HAVE_ZIP
    if (width == 2) {
        done = unshuffle_wide(from, stride, count, 2, to);
    } else if (width == 4) {
        done = unshuffle_wide(from, stride, count, 4, to);
    } else if (width == 8) {
        done = unshuffle_wide(from, stride, count, 8, to);
    }
#endif
    unshuffle_rest(from, stride, count, width, done, to);
}

void tgr_unshuffle_some(const void *from, size_t all, size_t width, size_t first, size_t count,
                        void *to)
{
    unshuffle((const uint8_t *)from + first, all, count, width, to);
}

void tgr_unshuffle(const void *from, size_t bytes, size_t width, void *to)
{
    size_t count = width ? bytes / width : 0;
    if (width <= 1 || count <= 1) {
        memcpy(to, from, bytes);
        return;
    }
    unshuffle(from, count, count, width, to);
    memcpy((uint8_t *)to + count * width, (const uint8_t *)from + count * width,
           bytes - count * width);
}
