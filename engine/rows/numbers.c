/* numbers.c - one loop, for each type that numbers may have and each that they become. */
#include "engine/rows/numbers.h"

#include "engine/base/wide.h"

/* Types of whole numbers, with the C type of each and whether it has a sign; and the others. */
#define WHOLE(TAKE)                                                                                \
    TAKE(U8, uint8_t, false)                                                                       \
    TAKE(U16, uint16_t, false)                                                                     \
    TAKE(U32, uint32_t, false)                                                                     \
    TAKE(U64, uint64_t, false)                                                                     \
    TAKE(I8, int8_t, true)                                                                         \
    TAKE(I16, int16_t, true)                                                                       \
    TAKE(I32, int32_t, true)                                                                       \
    TAKE(I64, int64_t, true)
#define PARTS(TAKE)                                                                                \
    TAKE(F32, float, true)                                                                         \
    TAKE(F64, double, true)

#define SIZE(kind, type, is_signed)                                                                \
    case TGR_NUMBER_##kind:                                                                        \
        return sizeof(type);

size_t tgr_number_size(tgr_number_type type)
{
    switch (type) {
        WHOLE(SIZE)
        PARTS(SIZE)
    }
    return 0;
}

/* The loop over numbers of a C type, each as a wide one, x, which `fits` looks at. */
#define EACH(kind, type, wide, fits)                                                               \
    case TGR_NUMBER_##kind: {                                                                      \
        const type *from = (const type *)numbers->data + first;                                    \
        for (size_t i = 0; i < count; i++) {                                                       \
            const wide x = (wide)from[i];                                                          \
            bad |= !(fits);                                                                        \
            to[i] = (__typeof__(*to))x;                                                            \
        }                                                                                          \
        break;                                                                                     \
    }

/* What SciPy's row starts are. */
TGR_WIDE(void, widen, (const int32_t *from, size_t count, int64_t *to), (from, count, to))
{
    for (size_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
}

/* A number without a sign that is too large has one as an int64_t. */
#define TO_I64(kind, type, is_signed) EACH(kind, type, int64_t, (is_signed) || x >= 0)

bool tgr_numbers_to_i64(const tgr_numbers *numbers, uint64_t first, size_t count, int64_t *to)
{
    unsigned bad = 0;
    if (numbers->type == TGR_NUMBER_I32) {
        widen((const int32_t *)numbers->data + first, count, to);
        return true;
    }
    switch (numbers->type) {
        WHOLE(TO_I64)
    case TGR_NUMBER_F32:
    case TGR_NUMBER_F64:
        return false;
    }
    return bad == 0;
}

/* A number below zero is a large one as a uint64_t. */
#define TO_U32(kind, type, is_signed) EACH(kind, type, uint64_t, x <= UINT32_MAX)

bool tgr_numbers_to_u32(const tgr_numbers *numbers, uint64_t first, size_t count, uint32_t *to)
{
    unsigned bad = 0;
    switch (numbers->type) {
        WHOLE(TO_U32)
    case TGR_NUMBER_F32:
    case TGR_NUMBER_F64:
        return false;
    }
    return bad == 0;
}

#define TO_F32(kind, type, is_signed) EACH(kind, type, float, true)

void tgr_numbers_to_f32(const tgr_numbers *numbers, uint64_t first, size_t count, float *to)
{
    unsigned bad = 0;
    switch (numbers->type) {
        WHOLE(TO_F32)
        PARTS(TO_F32)
    }
    (void)bad;
}
