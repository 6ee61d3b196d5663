/* decide_rows.h - deciding rows whose scores are there already, as a dense multiplication leaves
 * them. Included after route.h, whose decisions these are. */

static void TGR_VARIANT(decide)(const tgr_weights *w, const tgr_decider *decider, float *scores,
                                size_t begin, size_t end, void *scratch, const tgr_choice *choice)
{
    tgr_job job;
    tgr_job_open(&job, NULL, w, decider, choice, scratch);
    decide_in_order(&job, choose_decide(decider, choice), scores, begin, end);
    s_streamed();
}
