/* decide_by_row.h - the same as decide_sorted.h where each row has an order of models of its own:
 * costs follow its tokens, or equal ones leave it to scores.
 */

/* The places of models in order of preference, row by row, and what they are found from. */
typedef struct row_order {
    v_pair cost[TGR_SORTED_MODELS];
    v_int place[TGR_SORTED_MODELS];
} row_order;

TGR_INLINE v_int one_more(v_int number, v_mask where)
{
    return i_sub(number, i_select(where, i_set(-1), i_set(0)));
}

TGR_INLINE void open_row_order(row_order *order, tile_part *part)
{
    bool tokens = load_tokens(part);
    for (size_t model = 0; model < part->job->decider->models; model++) {
        order->cost[model] = costs_of(part, model, tokens);
        order->place[model] = i_set(0);
    }
}

/* Of two models, one is behind the other by a place. */
TGR_INLINE void set_behind(row_order *order, size_t a, size_t b, v_mask a_first)
{
    order->place[b] = one_more(order->place[b], a_first);
    order->place[a] = one_more(order->place[a], m_not(a_first));
}

/* A model's limits and edges into its places. */
TGR_INLINE void put_in_place(tgr_sorted_tile *tile, size_t lane, size_t model, v_int place,
                             const int32_t *limit, const float *edge)
{
    int32_t places[V_LANES];
    i_store(places, place);
    for (size_t i = 0; i < V_LANES; i++) {
        size_t at = (size_t)places[i] * TGR_TILE + lane + i;
        tile->number[at] = twice((uint16_t)model);
        tile->limit[at] = limit[i];
        tile->edge[at] = edge[i];
    }
}

TGR_INLINE bool slack_part_by_row(tgr_job *job, tgr_sorted_tile *tile, size_t lane, bool masked)
{
    size_t models = job->decider->models;
    v_mask tell = m_all();
    tile_part part;
    row_order order;
    open_part(&part, job, lane);
    open_row_order(&order, &part);
    best_score top = best_of(&part, -1, masked);
    i_store(tile->base + lane, model_twice(top.model));
    for (size_t b = 0; b < models; b++) {
        tell = m_and(tell, d_eq(order.cost[b], order.cost[b]));
        for (size_t a = 0; a < b; a++) {
            v_mask better = v_ge(scores_of(&part, a), scores_of(&part, b));
            v_mask first = m_and(d_eq(order.cost[a], order.cost[b]), better);
            set_behind(&order, a, b, m_or(d_gt(order.cost[b], order.cost[a]), first));
        }
    }
    for (size_t model = 0; model < models; model++) {
        int32_t limit[V_LANES];
        const float edge[V_LANES] = {0};
        v_float behind = v_sub(top.score, scores_of(&part, model)), below = v_set(NAN);
        behind = v_select(may_serve(&part, model, masked), behind, v_set(NAN));
        i_store(limit, i_twice(v_rank(job->steps->keys, behind, &below)));
        put_in_place(tile, lane, model, order.place[model], limit, edge);
    }
    return top_tells(&top) && m_bits(tell) == m_bits(m_all());
}

TGR_INLINE v_float v_size(v_float x)
{
    return v_max(x, v_sub(v_set(0), x));
}

/* One pair of models, a before b. Returns in which rows their costs tell. */
TGR_INLINE v_mask weigh_pair(tile_part *part, row_order *order, utility_bounds *bounds, size_t a,
                             size_t b, bool masked, v_float *nearest)
{
    v_mask may_a = may_serve(part, a, masked), may_b = may_serve(part, b, masked);
    v_float score_a = scores_of(part, a), score_b = scores_of(part, b);
    v_float dearer = d_float(d_sub(order->cost[a], order->cost[b]));
    v_float lambda = v_div(v_sub(score_a, score_b), dearer), size = v_size(dearer);
    v_mask equal = d_eq(order->cost[a], order->cost[b]), a_first = v_ge(dearer, v_set(0));
    v_float of_a = bounds->lambda[a], of_b = bounds->lambda[b];
    drop_behind(&of_a, &of_b, score_a, score_b, may_a, may_b, true);
    v_mask a_meets = m_and(a_first, may_b), b_meets = m_andnot(a_first, may_a);
    v_float least_a = v_select(a_meets, v_min(bounds->lambda[a], lambda), bounds->lambda[a]);
    v_float least_b = v_select(b_meets, v_min(bounds->lambda[b], lambda), bounds->lambda[b]);
    bounds->lambda[a] = v_select(equal, of_a, least_a);
    bounds->lambda[b] = v_select(equal, of_b, least_b);
    set_behind(order, a, b, a_first);
    v_float costs = v_max(v_size(d_float(order->cost[a])), v_size(d_float(order->cost[b])));
    v_mask tells = m_and(v_ge(size, v_set(STEP_SMALLEST)), v_le(size, v_set(STEP_LARGEST)));
    *nearest = v_select(equal, *nearest, v_min(*nearest, size));
    return m_or(equal, m_and(tells, v_ge(size, v_fma(costs, v_set(0x1p-29f), v_set(0)))));
}

TGR_INLINE bool utility_part_by_row(tgr_job *job, tgr_sorted_tile *tile, size_t lane, bool masked,
                                    uint32_t *unsure)
{
    size_t models = job->decider->models;
    tile_part part;
    row_order order;
    open_part(&part, job, lane);
    open_row_order(&order, &part);
    utility_bounds bounds = {.size = v_set(0), .nothing = v_set(0)};
    v_float nearest = v_set(INFINITY);
    v_mask tell = m_all(), rows = m_none();
    for (size_t b = 0; b < models; b++) {
        v_mask may = may_serve(&part, b, masked);
        bounds.lambda[b] = v_select(may, v_set(INFINITY), v_set(-INFINITY));
        tell = m_and(tell, d_eq(d_sub(order.cost[b], order.cost[b]), d_set(0)));
        measure_score(&bounds, scores_of(&part, b));
        for (size_t a = 0; a < b; a++) {
            tell = m_and(tell, weigh_pair(&part, &order, &bounds, a, b, masked, &nearest));
        }
    }
    v_float further = v_div(v_fma(bounds.size, v_set(0x1p-48f), v_set(0)), nearest);
    further = v_fma(further, v_set(1), v_set(FLT_MIN));
    for (size_t model = 0; model < models; model++) {
        int32_t limit[V_LANES];
        float edge[V_LANES];
        rows = m_or(rows, take_lambda(job, bounds.lambda[model], further, limit, edge));
        put_in_place(tile, lane, model, order.place[model], limit, edge);
    }
    *unsure |= m_bits(rows) << lane;
    return m_bits(m_and(tell, scores_tell(&bounds))) == m_bits(m_all());
}
