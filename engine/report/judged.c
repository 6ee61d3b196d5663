/* judged.c - the sample that quality comes from, and the split that the threshold was chosen on. */
#include <math.h>

#include <tagroute/details.h>

#include "engine/report/facts.h"
#include "engine/report/judgement.h"
#include "engine/report/words.h"

static void put_view(tgr_buffer *out, const char *name, const tgr_tag_view *view)
{
    tgr_table_row(out, "", name);
    tgr_table_count(out, view->queries);
    tgr_table_figure(out, TGR_FIGURE_PLAIN, view->tags);
    tgr_table_figure(out, TGR_FIGURE_SHARE, view->known_tags);
    tgr_table_count(out, view->no_known_tag);
    tgr_table_row_end(out);
}

void tgr_judged_put(tgr_buffer *out, const tgr_look *look)
{
    const tgr_details *details = look->simulation->details;
    if (details == NULL || details->judged == NULL) {
        return;
    }
    const tgr_judged *judged = details->judged;
    tgr_buffer_text(out, "<section>\n<h2>The judged sample</h2>\n<p>Costs and shares are those of "
                         "the log; quality and metrics are those of a judged sample, which the log "
                         "has to be like for them to hold.</p>\n");
    tgr_table_begin(out, "As the router's tags see both");
    tgr_table_head(out, "");
    tgr_table_head(out, "queries");
    tgr_table_head(out, "known tags a query");
    tgr_table_head(out, "tags that are known");
    tgr_table_head(out, "queries without a known tag");
    tgr_table_body(out);
    put_view(out, "log", &judged->log);
    put_view(out, "sample", &judged->sample);
    tgr_table_end(out);
    tgr_facts_begin(out);
    tgr_fact_figure(out, "tags differ by", TGR_FIGURE_SHARE, judged->drift);
    tgr_fact_figure(out, "of the log's tags the sample lacks", TGR_FIGURE_SHARE, judged->unseen);
    tgr_facts_end(out);
    tgr_buffer_text(out, "<p class=\"note\">A difference of 0 % is alike, one of 100 % has no tag "
                         "in common; small samples differ by chance.</p>\n</section>\n");
}

/* ---- the threshold ----------------------------------------------------------------------------
 */

static void put_row(tgr_buffer *out, const char *name, const tgr_baseline *at, uint64_t queries)
{
    tgr_table_row(out, "", name);
    tgr_table_figure(out, TGR_FIGURE_MONEY, at->cost);
    tgr_table_figure(out, TGR_FIGURE_MONEY, at->cost / (double)queries);
    tgr_table_figure(out, TGR_FIGURE_FRACTION, at->mean_score);
    tgr_table_figure(out, TGR_FIGURE_SHARE, at->accept_rate);
    tgr_table_figure(out, TGR_FIGURE_SHARE, at->coverage);
    tgr_table_row_end(out);
}

void tgr_chosen_put(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    const tgr_details *details = simulation->details;
    const tgr_point *best = tgr_look_best(simulation);
    char word[TGR_WORD_SIZE];
    if (details == NULL || details->chosen == NULL || best == NULL) {
        return;
    }
    const tgr_chosen *chosen = details->chosen;
    tgr_buffer_text(out, "<section>\n<h2>Where the threshold was chosen</h2>\n<p>It is the best of "
                         "split ");
    tgr_html_text(out, chosen->split);
    tgr_buffer_format(out, ", %s other queries, so that what it gives here does not flatter.</p>\n",
                      tgr_word_count(word, chosen->queries));
    tgr_table_begin(out, "Promised and kept");
    tgr_table_head(out, "");
    tgr_table_head(out, "cost");
    tgr_table_head(out, "a query");
    tgr_table_head(out, "mean score");
    tgr_table_head(out, "accepted");
    tgr_table_head(out, "judged");
    tgr_table_body(out);
    const tgr_baseline here = {best->cost, best->accept_rate, best->mean_score, best->coverage,
                               NULL};
    put_row(out, "where it was chosen", &chosen->promised, chosen->queries);
    put_row(out, "here", &here, simulation->queries);
    tgr_table_end(out);
    tgr_buffer_text(out, "</section>\n");
}
