/* array_convert.c - numbers of any stored type as the few types that the engine works with: plain
 * loops, one a pair of types, that compilers turn into wide instructions. */
#include "engine/store/array_convert.h"

#include <stdint.h>

#include "engine/base/wide.h"

size_t tgr_as_size(tgr_as as, size_t stored)
{
    static const size_t sizes[] = {
        [TGR_AS_I64] = 8, [TGR_AS_U32] = 4, [TGR_AS_I32] = 4,
        [TGR_AS_U16] = 2, [TGR_AS_F32] = 4, [TGR_AS_F64] = 8,
    };
    return as == TGR_AS_STORED ? stored : sizes[as];
}

typedef enum source { I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, UNKNOWN } source;

static source source_of(const tgr_array *array)
{
    int power = array->width == 1   ? 0
                : array->width == 2 ? 1
                : array->width == 4 ? 2
                : array->width == 8 ? 3
                                    : -1;
    if (power < 0) {
        return UNKNOWN;
    }
    switch (array->kind) {
    case TGR_ARRAY_BOOLEAN:
        return power == 0 ? I8 : UNKNOWN;
    case TGR_ARRAY_INTEGER:
        return (source)((array->is_signed ? I8 : U8) + power);
    case TGR_ARRAY_FLOAT:
        return power == 2 ? F32 : power == 3 ? F64 : UNKNOWN;
    case TGR_ARRAY_FIXED:
    case TGR_ARRAY_VARIABLE:
        break;
    }
    return UNKNOWN;
}

bool tgr_as_is_stored(const tgr_array *array, tgr_as as)
{
    source from = source_of(array);
    switch (as) {
    case TGR_AS_STORED:
        return true;
    case TGR_AS_I64:
        return from == I64;
    case TGR_AS_U32:
        return from == U32;
    case TGR_AS_I32:
        return from == I32;
    case TGR_AS_U16:
        return from == U16;
    case TGR_AS_F32:
        return from == F32;
    case TGR_AS_F64:
        return from == F64;
    }
    return false;
}

bool tgr_as_is_known(const tgr_array *array, tgr_as as)
{
    return as == TGR_AS_STORED || source_of(array) != UNKNOWN;
}

TGR_WIDE_INLINE int64_t float_to_int64(double value)
{
    if (value >= 0x1p63) {
        return INT64_MAX;
    }
    return value >= -0x1p63 ? (int64_t)value : value < 0 ? INT64_MIN : 0; /* NaN: 0 */
}

/* How one value becomes another; `v` is evaluated more than once. S: from signed integers, U: from
 * unsigned ones, F: from floating point. */
#define I64_S(v) ((int64_t)(v))
#define I64_U(v) ((uint64_t)(v) > INT64_MAX ? INT64_MAX : (int64_t)(v))
#define I64_F(v) float_to_int64((double)(v))
#define U32_S(v) ((int64_t)(v) < 0 || (int64_t)(v) > UINT32_MAX ? UINT32_MAX : (uint32_t)(v))
#define U32_U(v) ((uint64_t)(v) > UINT32_MAX ? UINT32_MAX : (uint32_t)(v))
#define U32_F(v) U32_S(float_to_int64((double)(v)))
#define I32_S(v) ((int64_t)(v) < INT32_MIN || (int64_t)(v) > INT32_MAX ? -2 : (int32_t)(v))
#define I32_U(v) ((uint64_t)(v) > INT32_MAX ? -2 : (int32_t)(v))
#define I32_F(v) I32_S(float_to_int64((double)(v)))
#define U16_S(v) ((int64_t)(v) < 0 ? 0 : (int64_t)(v) > UINT16_MAX ? UINT16_MAX : (uint16_t)(v))
#define U16_U(v) ((uint64_t)(v) > UINT16_MAX ? UINT16_MAX : (uint16_t)(v))
#define U16_F(v) U16_S(float_to_int64((double)(v)))
#define F32_S(v) ((float)(v))
#define F32_U(v) ((float)(v))
#define F32_F(v) ((float)(v))
#define F64_S(v) ((double)(v))
#define F64_U(v) ((double)(v))
#define F64_F(v) ((double)(v))

#define LOOP(type, target, rule)                                                                   \
    for (size_t i = 0; i < count; i++) {                                                           \
        ((target *)to)[i] = (target)rule(((const type *)from)[i]);                                 \
    }                                                                                              \
    break;

#define CONVERTER(name, target, rule)                                                              \
    TGR_WIDE(void, name,                                                                           \
             (source stored, const void *restrict from, size_t count, void *restrict to),          \
             (stored, from, count, to))                                                            \
    {                                                                                              \
        switch (stored) {                                                                          \
        case I8:                                                                                   \
            LOOP(int8_t, target, rule##_S)                                                         \
        case I16:                                                                                  \
            LOOP(int16_t, target, rule##_S)                                                        \
        case I32:                                                                                  \
            LOOP(int32_t, target, rule##_S)                                                        \
        case I64:                                                                                  \
            LOOP(int64_t, target, rule##_S)                                                        \
        case U8:                                                                                   \
            LOOP(uint8_t, target, rule##_U)                                                        \
        case U16:                                                                                  \
            LOOP(uint16_t, target, rule##_U)                                                       \
        case U32:                                                                                  \
            LOOP(uint32_t, target, rule##_U)                                                       \
        case U64:                                                                                  \
            LOOP(uint64_t, target, rule##_U)                                                       \
        case F32:                                                                                  \
            LOOP(float, target, rule##_F)                                                          \
        case F64:                                                                                  \
            LOOP(double, target, rule##_F)                                                         \
        case UNKNOWN:                                                                              \
            break;                                                                                 \
        }                                                                                          \
    }

CONVERTER(to_int64, int64_t, I64)
CONVERTER(to_uint32, uint32_t, U32)
CONVERTER(to_int32, int32_t, I32)
CONVERTER(to_uint16, uint16_t, U16)
CONVERTER(to_float, float, F32)
CONVERTER(to_double, double, F64)

void tgr_as_convert(const tgr_array *array, tgr_as as, const void *from, size_t count, void *to)
{
    source stored = source_of(array);
    switch (as) {
    case TGR_AS_STORED:
        break;
    case TGR_AS_I64:
        to_int64(stored, from, count, to);
        break;
    case TGR_AS_U32:
        to_uint32(stored, from, count, to);
        break;
    case TGR_AS_I32:
        to_int32(stored, from, count, to);
        break;
    case TGR_AS_U16:
        to_uint16(stored, from, count, to);
        break;
    case TGR_AS_F32:
        to_float(stored, from, count, to);
        break;
    case TGR_AS_F64:
        to_double(stored, from, count, to);
        break;
    }
}
