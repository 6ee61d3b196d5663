/* alias.c - building alias tables. */
#include "datasets/generate/alias.h"

#include "engine/base/memory.h"

static uint32_t threshold_of(double share)
{
    return share >= 1.0 ? UINT32_MAX : (uint32_t)(share * 4294967296.0);
}

/* `shares` hold each item's probability times count; `stack` has room for count items: those below
 * one grow from its start, the others from its end. */
static void pair_up(tgr_gen_cell *cells, double *shares, uint32_t *stack, size_t count)
{
    size_t small = 0, large = count;
    for (size_t i = 0; i < count; i++) {
        stack[shares[i] < 1.0 ? small++ : --large] = (uint32_t)i;
    }
    while (small > 0 && large < count) {
        uint32_t poor = stack[--small], rich = stack[large];
        cells[poor].threshold = threshold_of(shares[poor]);
        cells[poor].other = rich;
        shares[rich] -= 1.0 - shares[poor];
        if (shares[rich] < 1.0) {
            large++;
            stack[small++] = rich;
        }
    }
}

bool tgr_gen_alias_build(tgr_gen_cell *cells, const double *weights, const uint32_t *names,
                         size_t count)
{
    double *shares = tgr_mem_alloc(count, sizeof *shares);
    uint32_t *stack = tgr_mem_alloc(count, sizeof *stack);
    bool built = shares != NULL && stack != NULL;
    if (built) {
        double total = 0.0;
        for (size_t i = 0; i < count; i++) {
            total += weights[i];
        }
        for (size_t i = 0; i < count; i++) {
            shares[i] = weights[i] / total * (double)count;
            cells[i] = (tgr_gen_cell){UINT32_MAX, (uint32_t)i, (uint32_t)i};
        }
        pair_up(cells, shares, stack, count);
        for (size_t i = 0; names != NULL && i < count; i++) {
            cells[i].own = names[cells[i].own];
            cells[i].other = names[cells[i].other];
        }
    }
    tgr_mem_free(stack);
    tgr_mem_free(shares);
    return built;
}
