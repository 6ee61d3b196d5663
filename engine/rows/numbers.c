/* numbers.c - one loop a type that numbers may have, and a type that they become. */
#include "engine/rows/numbers.h"

#include "engine/base/wide.h"

size_t tgr_number_size(tgr_number_type type)
{
    switch (type) {
    case TGR_NUMBER_U8:
    case TGR_NUMBER_I8:
        return 1;
    case TGR_NUMBER_U16:
    case TGR_NUMBER_I16:
        return 2;
    case TGR_NUMBER_U32:
    case TGR_NUMBER_I32:
    case TGR_NUMBER_F32:
        return 4;
    case TGR_NUMBER_U64:
    case TGR_NUMBER_I64:
    case TGR_NUMBER_F64:
        return 8;
    }
    return 0;
}

/* A loop over numbers of a C type; `fits` and `value` are expressions of x. */
#define EACH(type, fits, value)                                                                    \
    do {                                                                                           \
        const type *from = (const type *)numbers->data + first;                                    \
        for (size_t i = 0; i < count; i++) {                                                       \
            const type x = from[i];                                                                \
            bad |= !(fits);                                                                        \
            to[i] = value;                                                                         \
        }                                                                                          \
    } while (0)

/* What SciPy's row starts are. */
TGR_WIDE(void, widen, (const int32_t *from, size_t count, int64_t *to), (from, count, to))
{
    for (size_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
}

bool tgr_numbers_to_i64(const tgr_numbers *numbers, uint64_t first, size_t count, int64_t *to)
{
    unsigned bad = 0;
    switch (numbers->type) {
    case TGR_NUMBER_U8:
        EACH(uint8_t, true, x);
        break;
    case TGR_NUMBER_U16:
        EACH(uint16_t, true, x);
        break;
    case TGR_NUMBER_U32:
        EACH(uint32_t, true, x);
        break;
    case TGR_NUMBER_U64:
        EACH(uint64_t, x <= INT64_MAX, (int64_t)x);
        break;
    case TGR_NUMBER_I8:
        EACH(int8_t, true, x);
        break;
    case TGR_NUMBER_I16:
        EACH(int16_t, true, x);
        break;
    case TGR_NUMBER_I32:
        widen((const int32_t *)numbers->data + first, count, to);
        break;
    case TGR_NUMBER_I64:
        EACH(int64_t, true, x);
        break;
    case TGR_NUMBER_F32:
    case TGR_NUMBER_F64:
        return false;
    }
    return bad == 0;
}

bool tgr_numbers_to_u32(const tgr_numbers *numbers, uint64_t first, size_t count, uint32_t *to)
{
    unsigned bad = 0;
    switch (numbers->type) {
    case TGR_NUMBER_U8:
        EACH(uint8_t, true, x);
        break;
    case TGR_NUMBER_U16:
        EACH(uint16_t, true, x);
        break;
    case TGR_NUMBER_U32:
        EACH(uint32_t, true, x);
        break;
    case TGR_NUMBER_U64:
        EACH(uint64_t, x <= UINT32_MAX, (uint32_t)x);
        break;
    case TGR_NUMBER_I8:
        EACH(int8_t, x >= 0, (uint32_t)x);
        break;
    case TGR_NUMBER_I16:
        EACH(int16_t, x >= 0, (uint32_t)x);
        break;
    case TGR_NUMBER_I32:
        EACH(int32_t, x >= 0, (uint32_t)x);
        break;
    case TGR_NUMBER_I64:
        EACH(int64_t, x >= 0 && x <= UINT32_MAX, (uint32_t)x);
        break;
    case TGR_NUMBER_F32:
    case TGR_NUMBER_F64:
        return false;
    }
    return bad == 0;
}

void tgr_numbers_to_f32(const tgr_numbers *numbers, uint64_t first, size_t count, float *to)
{
    unsigned bad = 0;
    switch (numbers->type) {
    case TGR_NUMBER_U8:
        EACH(uint8_t, true, x);
        break;
    case TGR_NUMBER_U16:
        EACH(uint16_t, true, x);
        break;
    case TGR_NUMBER_U32:
        EACH(uint32_t, true, (float)x);
        break;
    case TGR_NUMBER_U64:
        EACH(uint64_t, true, (float)x);
        break;
    case TGR_NUMBER_I8:
        EACH(int8_t, true, x);
        break;
    case TGR_NUMBER_I16:
        EACH(int16_t, true, x);
        break;
    case TGR_NUMBER_I32:
        EACH(int32_t, true, (float)x);
        break;
    case TGR_NUMBER_I64:
        EACH(int64_t, true, (float)x);
        break;
    case TGR_NUMBER_F32:
        EACH(float, true, x);
        break;
    case TGR_NUMBER_F64:
        EACH(double, true, (float)x);
        break;
    }
    (void)bad;
}
