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

static tgr_sum weighed_term(const tgr_weighted_term *term, double value)
{
    return tgr_weigh_term(plain_term(value), term->units, term->bits);
}

/* A query that stands for several adds that much to means, and its square to what these vary by: it
 * is one query that happened to be drawn. */
static tgr_weighted one(const tgr_weighted_term *term)
{
    double w = term->weight, y = term->measured,
           stands = ldexp((double)term->units, -(int)term->bits);
    double robust = term->predicted + w * (y - term->predicted);
    double all = stands * w, all_robust = stands * robust;
    return (tgr_weighted){
        .w = weighed_term(term, w),
        .wy = weighed_term(term, w * y),
        .ww = square_term(all * all),
        .wwy = square_term(all * all * y),
        .wwyy = square_term(all * y * (all * y)),
        .robust = weighed_term(term, robust),
        .square = square_term(all_robust * all_robust),
        .stands = plain_term(stands),
        .twice = square_term(stands * stands),
        .robust_twice = square_term(stands * all_robust),
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
    into->stands += sign * from->stands;
    into->twice += sign * from->twice;
    into->robust_twice += sign * from->robust_twice;
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

/* Of the mean of robust terms. */
static double robust_variance(const tgr_weighted *sums, bool weighed, double mean, double stands)
{
    if (!weighed) {
        return fmax(tgr_share(square_value(sums->square), stands) - mean * mean, 0) / stands;
    }
    double spread = square_value(sums->square) - 2 * mean * square_value(sums->robust_twice) +
                    mean * mean * square_value(sums->twice);
    return fmax(spread, 0) / (stands * stands);
}

void tgr_weighted_estimate(const tgr_weighted *sums, bool weighed, tgr_estimate *estimate)
{
    double w = plain_value(sums->w), ww = square_value(sums->ww);
    double stands = weighed ? plain_value(sums->stands) : (double)sums->decided;
    double mean = tgr_share(plain_value(sums->wy), w);
    double spread = square_value(sums->wwyy) - 2 * mean * square_value(sums->wwy) +
                    mean * mean * ww; /* of the weighted differences from the mean, squared */
    double half = WITHIN_95 * sqrt(fmax(spread, 0)) / w;
    double robust = tgr_share(plain_value(sums->robust), stands);
    double robust_half = WITHIN_95 * sqrt(robust_variance(sums, weighed, robust, stands));
    estimate->matched = sums->matched;
    estimate->effective = ww > 0 ? w * w / ww : 0;
    estimate->ips = mean;
    estimate->ips_low = mean - half;
    estimate->ips_high = mean + half;
    estimate->robust = robust;
    estimate->robust_low = robust - robust_half;
    estimate->robust_high = robust + robust_half;
}
