/* observe_weighed.c - a block of rows that stand for several queries each. */
#include "engine/simulate/observe.h"
#include "engine/simulate/row_path.h"

/* A row on its way through the thresholds. */
typedef struct way {
    tgr_block *block;
    size_t row;
    const uint16_t *order;
    tgr_decided *counts;
    uint64_t weight;
    unsigned bits;
} way;

static tgr_answer answer_at(const way *own, int place)
{
    tgr_answer answer = *tgr_block_answer(own->block, own->row, own->order[place]);
    tgr_answer_weigh(&answer, own->weight, own->bits);
    return answer;
}

static void add_change(void *user, size_t threshold, int from, int to)
{
    const way *own = user;
    tgr_answer before = answer_at(own, from), after = answer_at(own, to);
    tgr_decided_move(&own->counts[1 + threshold], &before, &after, own->weight);
}

static void gather(tgr_observer *observer, const tgr_gathering *gathering, const way *own)
{
    const tgr_path *path = &observer->path;
    tgr_answer before = answer_at(own, path->first);
    for (size_t i = 0, from = (size_t)path->first; i < path->count; i++) {
        int to = path->moves[i].model;
        uint64_t order = tgr_move_order(path, path->moves[i].at, (int)from, to, gathering->utility);
        tgr_answer after = answer_at(own, to);
        if (gathering->bins != NULL) {
            observer->changes[observer->change_count++] =
                tgr_change_of(order, &before, &after, own->weight);
        }
        if (gathering->keeping) {
            tgr_moves_put(&observer->moves, order, &before, &after, own->weight);
        }
        before = after;
        from = (size_t)to;
    }
}

static void observe_path(tgr_observer *observer, const tgr_gathering *gathering, way *own)
{
    const tgr_path *path = &observer->path;
    tgr_answer first = answer_at(own, path->first);
    tgr_tally_add(&own->counts->tally, &first, own->weight);
    own->counts->chosen[first.model] += own->weight;
    if (path->count > 0) {
        if (gathering->asked.count > 0) {
            tgr_asked_each(&gathering->asked, path, gathering->utility, add_change, own);
        }
        gather(observer, gathering, own);
    }
}

void tgr_observe_weighed(tgr_observer *observer, const tgr_batch_view *view,
                         const tgr_decide *decide, const tgr_scored_rows *rows,
                         const int16_t *chosen, tgr_baselines *baselines, tgr_decided *counts)
{
    const tgr_gathering *gathering = view->gathering;
    uint64_t weights[TGR_ANSWER_ROWS];
    for (size_t i = 0; i < rows->count; i++) {
        weights[i] = view->weights[rows->rows[i]];
    }
    tgr_baselines_add_weighed(baselines, &observer->block, weights, gathering->weighing.bits);
    for (size_t i = 0; i < rows->count; i++) {
        const tgr_scored one = tgr_observed_row(view, decide, rows, chosen, i);
        way own = {.block = &observer->block,
                   .row = i,
                   .order = decide->serve->order,
                   .counts = counts,
                   .weight = weights[i],
                   .bits = gathering->weighing.bits};
        tgr_row_path(&observer->path, decide, &one, rows->rows[i], gathering->moving);
        if (observer->path.first == TGR_UNDECIDED) {
            observer->undecided++;
        } else {
            observe_path(observer, gathering, &own);
        }
    }
}
