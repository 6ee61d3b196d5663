/* weighted.c - inverse propensities and doubly robust terms, summed in integers. */
#include "engine/judge/weighted.h"

#include <math.h>

#include "engine/simulate/tally.h"

#define WITHIN_95 1.959963984540054

/* In units of 2^-32: squares of weights up to 2^20 times measures up to 2^10 take 60 bits more. */
static tgr_sum square_term(double value)
{
    return (tgr_sum)(value * 0x1p32);
}

static double square_value(tgr_sum sum)
{
    return (double)sum * 0x1p-32;
}

static tgr_sum plain_term(double value)
{
    return (tgr_sum)(value * 0x1p40);
}

static double plain_value(tgr_sum sum)
{
    return (double)sum * 0x1p-40;
}

static tgr_weighted one(const tgr_weighted_term *term)
{
    double w = term->weight, y = term->measured;
    double robust = term->predicted + w * (y - term->predicted);
    return (tgr_weighted){
        .w = plain_term(w),
        .wy = plain_term(w * y),
        .ww = square_term(w * w),
        .wwy = square_term(w * w * y),
        .wwyy = square_term(w * y * (w * y)),
        .robust = plain_term(robust),
        .square = square_term(robust * robust),
        .matched = w > 0,
        .decided = 1,
    };
}

static void combine(tgr_weighted *into, const tgr_weighted *from, int sign)
{
    into->w += sign * from->w;
    into->wy += sign * from->wy;
    into->ww += sign * from->ww;
    into->wwy += sign * from->wwy;
    into->wwyy += sign * from->wwyy;
    into->robust += sign * from->robust;
    into->square += sign * from->square;
    into->matched += sign > 0 ? from->matched : -from->matched;
    into->decided += sign > 0 ? from->decided : -from->decided;
}

void tgr_weighted_add(tgr_weighted *into, const tgr_weighted_term *term)
{
    tgr_weighted own = one(term);
    combine(into, &own, 1);
}

void tgr_weighted_subtract(tgr_weighted *from, const tgr_weighted_term *term)
{
    tgr_weighted own = one(term);
    combine(from, &own, -1);
}

void tgr_weighted_merge(tgr_weighted *into, const tgr_weighted *from)
{
    combine(into, from, 1);
}

void tgr_weighted_estimate(const tgr_weighted *sums, tgr_estimate *estimate)
{
    double w = plain_value(sums->w), ww = square_value(sums->ww);
    double decided = (double)sums->decided;
    double mean = tgr_share(plain_value(sums->wy), w);
    double spread = square_value(sums->wwyy) - 2 * mean * square_value(sums->wwy) +
                    mean * mean * ww; /* of the weighted differences from the mean, squared */
    double half = WITHIN_95 * sqrt(fmax(spread, 0)) / w;
    double robust = tgr_share(plain_value(sums->robust), decided);
    double variance = tgr_share(square_value(sums->square), decided) - robust * robust;
    double robust_half = WITHIN_95 * sqrt(fmax(variance, 0) / decided);
    estimate->matched = sums->matched;
    estimate->effective = ww > 0 ? w * w / ww : 0;
    estimate->ips = mean;
    estimate->ips_low = mean - half;
    estimate->ips_high = mean + half;
    estimate->robust = robust;
    estimate->robust_low = robust - robust_half;
    estimate->robust_high = robust + robust_half;
}
