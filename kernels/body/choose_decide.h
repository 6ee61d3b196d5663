/* choose_decide.h - the rules of decide.h and decide_sorted.h as functions of their own, and which
 * one a call takes. */

/* Many thresholds, in the order of rows. */
TGR_INLINE void margin_many(tgr_job *job, bool masked)
{
    margin_sorted(job, masked, job->choice->margin != NULL);
}

TGR_INLINE void utility_many(tgr_job *job, bool masked)
{
    if (!utility_sorted(job, masked)) {
        utility_steps(job, masked);
    }
}

TGR_INLINE void slack_many(tgr_job *job, bool masked)
{
    if (!slack_sorted(job, masked)) {
        slack_steps(job, masked);
    }
}

#define DECIDE_MANY(RULE)                                                                          \
    static void RULE##_many_plain(tgr_job *job)                                                    \
    {                                                                                              \
        RULE##_many(job, false);                                                                   \
    }                                                                                              \
    static void RULE##_many_masked(tgr_job *job)                                                   \
    {                                                                                              \
        RULE##_many(job, true);                                                                    \
    }

DECIDE_MANY(margin)
DECIDE_MANY(utility)
DECIDE_MANY(slack)

#define DECIDE_INSTANCES(RULE)                                                                     \
    static void RULE##_plain(tgr_job *job)                                                         \
    {                                                                                              \
        RULE##_tile(job, false, false);                                                            \
    }                                                                                              \
    static void RULE##_margins(tgr_job *job)                                                       \
    {                                                                                              \
        RULE##_tile(job, false, true);                                                             \
    }                                                                                              \
    static void RULE##_masked(tgr_job *job)                                                        \
    {                                                                                              \
        RULE##_tile(job, true, false);                                                             \
    }                                                                                              \
    static void RULE##_masked_margins(tgr_job *job)                                                \
    {                                                                                              \
        RULE##_tile(job, true, true);                                                              \
    }

DECIDE_INSTANCES(margin)
DECIDE_INSTANCES(utility)
DECIDE_INSTANCES(slack)

#define DECIDE_ROW(RULE)                                                                           \
    {                                                                                              \
        {RULE##_plain, RULE##_margins},                                                            \
        {                                                                                          \
            RULE##_masked, RULE##_masked_margins                                                   \
        }                                                                                          \
    }

/* Many thresholds; where margins are wanted of a rule that has one for each, threshold by
 * threshold. */
static decide_tile_function *choose_many(const tgr_decider *decider, const tgr_choice *choice)
{
    bool masked = decider->eligible != NULL, margins = choice->margin != NULL;
    if (decider->rule == TGR_RULE_MARGIN) {
        return masked ? margin_many_masked : margin_many_plain;
    }
    if (decider->rule == TGR_RULE_UTILITY) {
        return margins ? (masked ? utility_masked_margins : utility_margins)
                       : (masked ? utility_many_masked : utility_many_plain);
    }
    return margins ? (masked ? slack_masked_margins : slack_margins)
                   : (masked ? slack_many_masked : slack_many_plain);
}

static decide_tile_function *choose_decide(const tgr_decider *decider, const tgr_choice *choice)
{
    static decide_tile_function *const table[3][2][2] = {
        [TGR_RULE_MARGIN] = DECIDE_ROW(margin),
        [TGR_RULE_UTILITY] = DECIDE_ROW(utility),
        [TGR_RULE_SLACK] = DECIDE_ROW(slack),
    };
    bool masked = decider->eligible != NULL;
    bool once = decider->threshold_count == 1 && choice->margin == NULL;
    if (decider->threshold_count >= TGR_MANY_STEPS) {
        return choose_many(decider, choice);
    }
    if (once && decider->rule == TGR_RULE_MARGIN) {
        return masked ? margin_once_masked : margin_once_plain;
    }
    if (once && decider->rule == TGR_RULE_UTILITY && decider->thresholds[0] == 0) {
        return masked ? argmax_once_masked : argmax_once_plain;
    }
    return table[decider->rule][masked][choice->margin != NULL];
}
