/* decide_steps.h - many thresholds, made ready; and one row's choices at all of them, side by side.
 *
 * The second is for what decide_sorted.h leaves: many models, odd costs. A vector holds thresholds,
 * and of each row
 *
 *   utility  weighs models in float32, and leaves to the reference what lies too close to tell;
 *   slack    goes through the models from dearest to cheapest: the last one near enough stays.
 */

#define STEP_VECTORS 4 /* vectors of them in registers at a time */
#define STEP_LANES   (STEP_VECTORS * V_LANES)

/* To float32 with a relative error of at most 2^-24; NaN where that cannot be had. */
TGR_INLINE float rounded(double x)
{
    return x != 0 && fabs(x) < (double)FLT_MIN ? NAN : (float)x;
}

/* What a threshold is sorted by: see decide_sorted.h. */
static float key_of(const tgr_decider *decider, double threshold)
{
    return decider->rule == TGR_RULE_SLACK ? (float)threshold : -(float)threshold;
}

/* The place among the first `count` sorted keys. */
static void sort_in(tgr_steps *steps, size_t count, float key)
{
    size_t at = count;
    for (; at > 0; at--) {
        float before = steps->sorted[at - 1];
        if (isnan(before) || before <= key) {
            break;
        }
        steps->sorted[at] = before;
        steps->given[at] = steps->given[at - 1];
    }
    steps->sorted[at] = key;
    steps->given[at] = (uint16_t)count;
}

static void sort_steps(tgr_job *job)
{
    tgr_steps *steps = job->steps;
    const size_t rows = TGR_STEPS / V_KEY_COLUMNS;
    steps->plain = true;
    for (size_t i = 0; i < TGR_STEPS; i++) {
        bool there = i < steps->count;
        double threshold = there ? job->decider->thresholds[steps->first + i] : 0;
        bool sized = threshold >= 0x1p-100 && threshold <= 0x1p100;
        steps->plain = steps->plain && (threshold == 0 || sized);
        sort_in(steps, i, there ? key_of(job->decider, threshold) : INFINITY);
    }
    for (size_t i = 0; i < TGR_STEPS; i++) {
        steps->place[steps->given[i]] = (int16_t)(i + 1);
        steps->keys[i % rows * V_KEY_COLUMNS + i / rows] = steps->sorted[i];
    }
}

/* Thresholds from `first` on into job->steps-> */
static void take_thresholds(tgr_job *job, size_t first)
{
    const tgr_decider *decider = job->decider;
    tgr_steps *steps = job->steps;
    size_t left = decider->threshold_count - first;
    bool utility = decider->rule == TGR_RULE_UTILITY;
    steps->first = first;
    steps->count = left < TGR_STEPS ? left : TGR_STEPS;
    if (steps->taken == first) {
        return;
    }
    for (size_t i = 0; i < TGR_STEPS; i++) {
        double threshold = i < steps->count ? decider->thresholds[first + i] : 0;
        steps->value[i] = utility ? rounded(threshold) : (float)threshold;
    }
    sort_steps(job);
    steps->taken = first;
}

/* One row of the tile as the two rules below see it. */
typedef struct row_steps {
    const tgr_job *job;
    const float *scores;
    size_t row;     /* of the whole */
    size_t count;   /* of thresholds in job->steps */
    int16_t *model; /* their choices: in place, or in `rest` where they do not fill it */
    int16_t rest[TGR_STEPS];
    const float *score; /* `scores`, those of models that may not serve replaced */
    float row_score[TGR_MODELS_MAX];
    float masked_score[TGR_MODELS_MAX];
    float cost[TGR_MODELS_MAX], cost_size; /* the largest of them, as largest_size says */
    double exact_cost[TGR_MODELS_MAX];
    uint16_t order[TGR_MODELS_MAX]; /* models by falling preference, as the row before had them */
    bool ordered;                   /* and as every row has them */
} row_steps;

TGR_INLINE bool serves(const row_steps *steps, size_t model)
{
    const tgr_decider *decider = steps->job->decider;
    return decider->eligible[steps->row * decider->mask_words + model / 64] >> model % 64 & 1;
}

/* What kernels/ref chooses for a row at one of the thresholds. */
static int16_t reference_choice(const tgr_job *job, const float *scores, size_t row,
                                size_t threshold)
{
    tgr_decider one = *job->decider;
    int16_t model;
    const tgr_choice choice = {&model, NULL};
    one.thresholds += threshold;
    one.threshold_count = 1;
    if (one.prompt_tokens != NULL) {
        one.prompt_tokens += row;
    }
    if (one.eligible != NULL) {
        one.eligible += row * one.mask_words;
    }
    tgr_ref_decide(&one, scores, job->row_stride, 0, 1, &choice);
    return model;
}

/* The largest size of numbers; NaN where one is not finite. */
TGR_INLINE float largest_size(const float *values, size_t count)
{
    float largest = 0, nothing = 0;
    for (size_t i = 0; i < count; i++) {
        float size = fabsf(values[i]);
        largest = size > largest ? size : largest;
        nothing += size - size;
    }
    return largest + nothing;
}

static void open_steps(row_steps *steps, const tgr_job *job)
{
    steps->job = job;
    steps->count = job->steps->count;
    steps->ordered = false;
    for (size_t model = 0; model < job->decider->models; model++) {
        steps->order[model] = (uint16_t)model;
        steps->exact_cost[model] = job->decider->flat == NULL ? 0 : job->decider->flat[model];
        steps->cost[model] = rounded(steps->exact_cost[model]);
    }
    steps->cost_size = largest_size(steps->cost, job->decider->models);
}

/* The costs of a row with so many prompt tokens. */
static void take_prices(row_steps *steps, double tokens)
{
    const tgr_decider *decider = steps->job->decider;
    for (size_t model = 0; model < decider->models; model++) {
        double priced = fma(tokens, decider->price_in[model], decider->price_out[model]);
        bool known = tokens == tokens && decider->price_in[model] == decider->price_in[model];
        steps->exact_cost[model] = known ? priced : decider->flat[model];
        steps->cost[model] = rounded(steps->exact_cost[model]);
    }
    steps->cost_size = largest_size(steps->cost, decider->models);
}

TGR_INLINE void take_row(row_steps *steps, size_t lane, bool masked, float out)
{
    const tgr_job *job = steps->job;
    const tgr_decider *decider = job->decider;
    steps->row = job->block_begin + job->tile_rows[lane];
    for (size_t model = 0; model < decider->models; model++) {
        steps->row_score[model] = job->tile[model * TGR_TILE + lane];
    }
    steps->score = steps->scores = steps->row_score;
    if (masked) {
        for (size_t model = 0; model < decider->models; model++) {
            steps->masked_score[model] = serves(steps, model) ? steps->scores[model] : out;
        }
        steps->score = steps->masked_score;
    }
    if (decider->price_in != NULL && decider->prompt_tokens != NULL) {
        take_prices(steps, decider->prompt_tokens[steps->row]);
    }
}

/* Each product, difference and conversion in float32 is off by at most 2^-24 of the sizes that go
 * into it; two utilities together by less than this share of score and cost. */
#define STEP_ERROR 0x1p-21f

/* STEP_LANES thresholds from `at` on. Returns which of them were too close to tell, bit by bit. */
TGR_INLINE uint64_t weigh_steps(row_steps *steps, size_t at, size_t models, float scores_size,
                                float costs_size)
{
    v_float lambda[STEP_VECTORS], best[STEP_VECTORS], second[STEP_VECTORS];
    v_int chosen[STEP_VECTORS];
    for (size_t i = 0; i < STEP_VECTORS; i++) {
        lambda[i] = v_sub(v_set(0), v_load(steps->job->steps->value + at + i * V_LANES));
        best[i] = second[i] = v_set(-INFINITY);
        chosen[i] = i_set(TGR_UNDECIDED);
    }
    for (size_t model = 0; model < models; model++) {
        v_float score = v_set(steps->score[model]), cost = v_set(steps->cost[model]);
        v_int number = i_set((int)model);
        for (size_t i = 0; i < STEP_VECTORS; i++) {
            v_float utility = v_fma(lambda[i], cost, score);
            second[i] = v_max(second[i], v_min(best[i], utility));
            chosen[i] = i_select(v_gt(utility, best[i]), number, chosen[i]);
            best[i] = v_max(best[i], utility);
        }
    }
    uint64_t unsure = 0;
    for (size_t i = 0; i < STEP_VECTORS; i++) {
        v_float error = v_fma(lambda[i], v_set(-costs_size), v_set(scores_size));
        v_mask sure = v_gt(v_sub(best[i], second[i]), error);
        i_store_16(steps->model + at + i * V_LANES, chosen[i]);
        unsure |= (uint64_t)m_bits(m_not(sure)) << (at + i * V_LANES);
    }
    return unsure;
}

TGR_INLINE void utility_row(row_steps *steps)
{
    size_t models = steps->job->decider->models;
    float scores_size = largest_size(steps->scores, models) * STEP_ERROR + FLT_MIN;
    float costs_size = steps->cost_size * STEP_ERROR;
    uint64_t unsure = 0;
    for (size_t at = 0; at < steps->count; at += STEP_LANES) {
        unsure |= weigh_steps(steps, at, models, scores_size, costs_size);
    }
    for (size_t i = 0; unsure != 0 && i < steps->count; i++) {
        if (unsure >> i & 1) {
            steps->model[i] = reference_choice(steps->job, steps->scores, steps->row,
                                               steps->job->steps->first + i);
        }
    }
}

/* Whether model a is preferred to b among those near enough: cheaper, then better, then earlier. */
static bool preferred(const row_steps *steps, uint16_t a, uint16_t b)
{
    double cost_a = steps->exact_cost[a], cost_b = steps->exact_cost[b];
    if (cost_a != cost_b) {
        return cost_a < cost_b;
    }
    float score_a = steps->scores[a], score_b = steps->scores[b];
    return score_a != score_b ? score_a > score_b : a < b;
}

/* By insertion, from the order of the row before: hardly anything moves. Costs that are the same
 * for all rows, and all different, settle it for good. */
static void order_models(row_steps *steps)
{
    const tgr_decider *decider = steps->job->decider;
    uint16_t *order = steps->order;
    steps->ordered = decider->price_in == NULL || decider->prompt_tokens == NULL;
    for (size_t i = 1; i < steps->job->decider->models; i++) {
        uint16_t model = order[i];
        size_t at = i;
        for (; at > 0 && preferred(steps, model, order[at - 1]); at--) {
            order[at] = order[at - 1];
        }
        order[at] = model;
    }
    for (size_t i = 1; steps->ordered && i < decider->models; i++) {
        steps->ordered = steps->exact_cost[order[i]] != steps->exact_cost[order[i - 1]];
    }
}

/* The first of the models of the highest score that may serve; `models` where none may. */
TGR_INLINE size_t top_model(const row_steps *steps, size_t models)
{
    size_t top = models;
    float best = -INFINITY;
    for (size_t model = 0; model < models; model++) {
        bool better = steps->score[model] > best;
        best = better ? steps->score[model] : best;
        top = better ? model : top;
    }
    return top;
}

TGR_INLINE void slack_row(row_steps *steps)
{
    size_t models = steps->job->decider->models, top = top_model(steps, models);
    float largest = largest_size(steps->scores, models) + steps->cost_size;
    if (top == models || largest != largest) {
        for (size_t i = 0; i < steps->count; i++) {
            steps->model[i] = reference_choice(steps->job, steps->scores, steps->row,
                                               steps->job->steps->first + i);
        }
        return;
    }
    float best = steps->score[top];
    if (!steps->ordered) {
        order_models(steps);
    }
    for (size_t at = 0; at < steps->count; at += STEP_LANES) {
        v_float allowed[STEP_VECTORS];
        v_int chosen[STEP_VECTORS];
        for (size_t i = 0; i < STEP_VECTORS; i++) {
            allowed[i] = v_load(steps->job->steps->value + at + i * V_LANES);
            chosen[i] = i_set((int)top);
        }
        for (size_t place = models; place-- > 0;) {
            uint16_t model = steps->order[place];
            v_float behind = v_set(best - steps->score[model]);
            v_int number = i_set(model);
            for (size_t i = 0; i < STEP_VECTORS; i++) {
                chosen[i] = i_select(v_le(behind, allowed[i]), number, chosen[i]);
            }
        }
        for (size_t i = 0; i < STEP_VECTORS; i++) {
            i_store_16(steps->model + at + i * V_LANES, chosen[i]);
        }
    }
}

#define STEPS_OF_TILE(NAME, ROW, OUT)                                                              \
    TGR_INLINE void NAME(tgr_job *job, bool masked)                                                \
    {                                                                                              \
        size_t all = job->decider->threshold_count;                                                \
        row_steps steps;                                                                           \
        open_steps(&steps, job);                                                                   \
        for (size_t lane = 0; lane < TGR_TILE; lane++) {                                           \
            take_row(&steps, lane, masked, OUT);                                                   \
            int16_t *to = job->choice->model + steps.row * all + job->steps->first;                \
            steps.model = steps.count == TGR_STEPS ? to : steps.rest;                              \
            ROW(&steps);                                                                           \
            if (steps.count < TGR_STEPS) {                                                         \
                memcpy(to, steps.rest, steps.count * sizeof *to);                                  \
            }                                                                                      \
        }                                                                                          \
    }

STEPS_OF_TILE(utility_steps, utility_row, -INFINITY)
STEPS_OF_TILE(slack_steps, slack_row, NAN)
