/* fill_steps.h - where bounds lie among sorted thresholds, and what a row chooses at all of them,
 * filled in for a vector of thresholds at once.
 */

#define STEP_SHORTS (TGR_STEPS / S_LANES)

#if V_KEY_COLUMNS == TGR_STEPS
/* How many keys, ascending, are not at least x, and the last one of them. */
TGR_INLINE v_int v_rank(const float *keys, v_float x, v_float *below)
{
    float value[V_LANES], last[V_LANES];
    int32_t rank[V_LANES];
    v_store(value, x);
    v_store(last, *below);
    for (size_t lane = 0; lane < V_LANES; lane++) {
        size_t at = 0;
        for (size_t step = TGR_STEPS / 2; step > 0; step /= 2) {
            at += !(keys[at + step - 1] >= value[lane]) ? step : 0;
        }
        at += !(keys[at] >= value[lane]);
        last[lane] = at > 0 ? keys[at - 1] : last[lane];
        rank[lane] = (int32_t)at;
    }
    *below = v_load(last);
    return i_load_u32((const uint32_t *)rank);
}
#endif

/* What a row chooses at each step, in the order that thresholds were given in. */
TGR_INLINE void fill_row(const tgr_job *job, const tgr_sorted_tile *tile, size_t candidates,
                         size_t lane, int16_t *to, bool stream)
{
    s_int chosen[STEP_SHORTS];
    TGR_UNROLL for (size_t i = 0; i < STEP_SHORTS; i++)
    {
        chosen[i] = s_pairs(tile->base + lane);
    }
    TGR_ROLLED for (size_t at = candidates; at-- > 0;)
    {
        s_int limit = s_pairs(tile->limit + at * TGR_TILE + lane);
        s_int number = s_pairs(tile->number + at * TGR_TILE + lane);
        TGR_UNROLL for (size_t i = 0; i < STEP_SHORTS; i++)
        {
            s_int place = s_load(job->steps->place + i * S_LANES);
            chosen[i] = s_above(place, limit, number, chosen[i]);
        }
    }
    TGR_UNROLL for (size_t i = 0; i < STEP_SHORTS; i++)
    {
        if (stream) {
            s_stream(to + i * S_LANES, chosen[i]);
        } else {
            s_store(to + i * S_LANES, chosen[i]);
        }
    }
}

/* Rows of all steps, where they go; a constant number of candidates, if that is small. */
TGR_INLINE void fill_whole(const tgr_job *job, const tgr_sorted_tile *tile, size_t candidates,
                           int16_t *to)
{
    size_t all = job->decider->threshold_count, rows = tile->end - tile->begin;
    if (job->streams) {
        for (size_t lane = 0; lane < rows; lane++, to += all) {
            fill_row(job, tile, candidates, lane, to, true);
        }
    } else {
        for (size_t lane = 0; lane < rows; lane++, to += all) {
            fill_row(job, tile, candidates, lane, to, false);
        }
    }
}

static void fill_part(const tgr_job *job, const tgr_sorted_tile *tile, int16_t *to)
{
    size_t all = job->decider->threshold_count;
    for (size_t lane = 0; lane < tile->end - tile->begin; lane++, to += all) {
        int16_t rest[TGR_STEPS];
        fill_row(job, tile, tile->candidates, lane, rest, false);
        memcpy(to, rest, job->steps->count * sizeof *rest);
    }
}

/* Fills in what was found for the tile before. */
static void fill_tile(tgr_job *job)
{
    tgr_sorted_tile *tile = job->filled;
    size_t place = tile->begin * job->decider->threshold_count + job->steps->first;
    int16_t *to = job->choice->model + place;
    switch (job->steps->count == TGR_STEPS ? tile->candidates : SIZE_MAX) {
    case 1:
        fill_whole(job, tile, 1, to);
        break;
    case 2:
        fill_whole(job, tile, 2, to);
        break;
    case 3:
        fill_whole(job, tile, 3, to);
        break;
    case 4:
        fill_whole(job, tile, 4, to);
        break;
    case 5:
        fill_whole(job, tile, 5, to);
        break;
    case SIZE_MAX:
        fill_part(job, tile, to);
        break;
    default:
        fill_whole(job, tile, tile->candidates, to);
    }
    tile->begin = tile->end;
}

/* What was found for this tile is filled in with the next one: it would have to be read back from
 * behind all that is still to be written. */
TGR_INLINE void fill_later(tgr_job *job)
{
    tgr_sorted_tile *found = job->found;
    found->begin = job->block_begin;
    found->end = job->block_begin + job->tile_rows[TGR_TILE - 1] + 1;
    fill_tile(job);
    job->found = job->filled;
    job->filled = found;
}

/* A number in both halves. */
TGR_INLINE v_int i_twice(v_int small)
{
    return i_multiply(small, i_set(0x10001));
}

/* The same of a model's, or none. */
TGR_INLINE v_int model_twice(v_int model)
{
    return i_select(i_gt(i_set(0), model), i_set(TGR_UNDECIDED), i_twice(model));
}

static int32_t twice(uint16_t number)
{
    return (int32_t)((uint32_t)number << 16 | number);
}
