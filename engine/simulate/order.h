/* order.h - numbers as unsigned integers of the same order, and a sort by them.
 *
 * What is sorted here comes a record a query: a sort in place keeps the memory at that.
 */
#ifndef TGR_SIMULATE_ORDER_H
#define TGR_SIMULATE_ORDER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Rising with the value; both zeros are one. Not for NaN. */
static inline uint32_t tgr_order_of_float(float value)
{
    uint32_t bits;
    value += 0.0f; /* -0 becomes +0 */
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

static inline float tgr_float_of_order(uint32_t order)
{
    uint32_t bits = order & 0x80000000u ? order & 0x7fffffffu : ~order;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint64_t tgr_order_of_double(double value)
{
    uint64_t bits;
    value += 0.0;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static inline double tgr_double_of_order(uint64_t order)
{
    uint64_t bits = order >> 63 ? order & ~(UINT64_C(1) << 63) : ~order;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Sort items of 24 (40, 48) bytes by the uint64_t that each begins with, rising, in place; items of
 * equal keys end up in any order. */
void tgr_order_sort_24(void *items, size_t count);
void tgr_order_sort_40(void *items, size_t count, int threads);
void tgr_order_sort_48(void *items, size_t count, int threads);

#endif
