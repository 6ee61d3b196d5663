/* sizes.c - divergences of counts, in the byte order of names, so that sums have one order. */
#include "engine/drift/sizes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"

/* Counts are at least this in quotients, so that what one side lacks can be compared. */
#define AT_LEAST 0.5

/* A value that occurs, in order. */
typedef struct counted_value {
    const char *name; /* NULL: none, which comes last */
    size_t number;
    uint64_t counts[2];
} counted_value;

static int by_name(const void *left, const void *right)
{
    const char *a = ((const counted_value *)left)->name, *b = ((const counted_value *)right)->name;
    if (a == NULL || b == NULL) {
        return (a == NULL) - (b == NULL);
    }
    return strcmp(a, b);
}

static size_t list_values(const tgr_drift_counts *counts, bool nameless, counted_value *values)
{
    size_t count = 0, names = counts->values - 1;
    for (size_t i = 0; i < names + nameless; i++) {
        uint64_t first = counts->side[0][i], second = counts->side[1][i];
        if (first + second > 0) {
            const char *name =
                i == names ? NULL : tgr_strings_get(counts->names, (uint32_t)i, NULL);
            values[count++] = (counted_value){name, i, {first, second}};
        }
    }
    if (count > 1) {
        qsort(values, count, sizeof *values, by_name);
    }
    return count;
}

/* x log2(x / y), 0 where x is 0. */
static double divergence(double x, double y)
{
    return x > 0 ? x * log2(x / y) : 0;
}

/* Of the values' counts on the two sides of a round (-1: the real ones). */
static void take(const tgr_drift_counts *counts, const counted_value *one, int round,
                 double sides[2])
{
    uint64_t all = one->counts[0] + one->counts[1];
    uint64_t first = round < 0 ? one->counts[0] : counts->dealt[round][one->number];
    sides[0] = (double)first;
    sides[1] = (double)(all - first);
}

static tgr_drift_sizes sizes_of(const tgr_drift_counts *counts, const counted_value *values,
                                size_t count, int round)
{
    double sums[2] = {0, 0}, sides[2];
    tgr_drift_sizes sizes = {NAN, NAN, NAN};
    for (size_t i = 0; i < count; i++) {
        take(counts, &values[i], round, sides);
        sums[0] += sides[0];
        sums[1] += sides[1];
    }
    if (!(sums[0] > 0 && sums[1] > 0)) {
        return sizes;
    }
    sizes = (tgr_drift_sizes){0, 0, 0};
    double smoothed[2] = {sums[0] + AT_LEAST * (double)count, sums[1] + AT_LEAST * (double)count};
    for (size_t i = 0; i < count; i++) {
        take(counts, &values[i], round, sides);
        double p = sides[0] / sums[0], q = sides[1] / sums[1], middle = (p + q) / 2;
        double a = (sides[0] + AT_LEAST) / smoothed[0], b = (sides[1] + AT_LEAST) / smoothed[1];
        sizes.jensen_shannon += (divergence(p, middle) + divergence(q, middle)) / 2;
        sizes.psi += (b - a) * log(b / a);
        sizes.total_variation += fabs(p - q) / 2;
    }
    sizes.jensen_shannon = fmax(sizes.jensen_shannon, 0);
    return sizes;
}

static double larger(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : a > b ? a : b;
}

static void deal(const tgr_drift_counts *counts, const counted_value *values, size_t count,
                 tgr_drift_part *part)
{
    tgr_drift_sizes sum = {0, 0, 0}, most = {0, 0, 0};
    part->measured = sizes_of(counts, values, count, -1);
    for (int round = 0; round < TGR_DRIFT_ROUNDS; round++) {
        tgr_drift_sizes sizes = sizes_of(counts, values, count, round);
        sum.jensen_shannon += sizes.jensen_shannon;
        sum.psi += sizes.psi;
        sum.total_variation += sizes.total_variation;
        most.jensen_shannon = larger(most.jensen_shannon, sizes.jensen_shannon);
        most.psi = larger(most.psi, sizes.psi);
        most.total_variation = larger(most.total_variation, sizes.total_variation);
    }
    part->chance_mean =
        (tgr_drift_sizes){sum.jensen_shannon / TGR_DRIFT_ROUNDS, sum.psi / TGR_DRIFT_ROUNDS,
                          sum.total_variation / TGR_DRIFT_ROUNDS};
    part->chance_most = most;
    part->beyond = part->measured.jensen_shannon > most.jensen_shannon;
}

static tgr_drift_shift shift_of(const counted_value *one, const uint64_t queries[2])
{
    double odds[2], variance = 0;
    for (size_t i = 0; i < 2; i++) {
        double with = (double)one->counts[i] + AT_LEAST;
        double without = (double)(queries[i] - one->counts[i]) + AT_LEAST;
        odds[i] = log(with / without);
        variance += 1 / with + 1 / without;
    }
    return (tgr_drift_shift){
        .name = one->name,
        .first = one->counts[0],
        .second = one->counts[1],
        .first_share = (double)one->counts[0] / (double)queries[0],
        .second_share = (double)one->counts[1] / (double)queries[1],
        .log_odds = odds[1] - odds[0],
        .z = (odds[1] - odds[0]) / sqrt(variance),
    };
}

static int by_z(const void *left, const void *right)
{
    const tgr_drift_shift *a = left, *b = right;
    double first = fabs(a->z), second = fabs(b->z);
    if (first != second) {
        return first > second ? -1 : 1;
    }
    if (a->name == NULL || b->name == NULL) {
        return (a->name == NULL) - (b->name == NULL);
    }
    return strcmp(a->name, b->name);
}

static bool list_shifts(const counted_value *values, size_t count, const uint64_t queries[2],
                        size_t most, tgr_arena *arena, tgr_drift_part *part)
{
    tgr_drift_shift *all = tgr_mem_alloc(count, sizeof *all);
    part->shift_count = count < most ? count : most;
    tgr_drift_shift *kept = tgr_arena_alloc(arena, part->shift_count, sizeof *kept);
    part->shifts = kept;
    bool listed = all != NULL && kept != NULL;
    for (size_t i = 0; listed && i < count; i++) {
        all[i] = shift_of(&values[i], queries);
    }
    if (listed && count > 1) {
        qsort(all, count, sizeof *all, by_z);
    }
    for (size_t i = 0; listed && i < part->shift_count; i++) {
        kept[i] = all[i];
        kept[i].name = tgr_arena_string(arena, all[i].name);
        listed = kept[i].name != NULL || all[i].name == NULL;
    }
    tgr_mem_free(all);
    return listed;
}

bool tgr_drift_sizes_find(const tgr_drift_counts *counts, const uint64_t queries[2], bool nameless,
                          size_t most, tgr_arena *arena, tgr_drift_part *part)
{
    counted_value *values = tgr_mem_alloc(counts->values, sizeof *values);
    if (values == NULL) {
        return false;
    }
    size_t count = list_values(counts, nameless, values);
    part->values = count;
    deal(counts, values, count, part);
    bool found = list_shifts(values, count, queries, most, arena, part);
    tgr_mem_free(values);
    return found;
}
