/* tips.c - a few lines each. */
#include "engine/report/tips.h"

#include <math.h>

#include "engine/report/words.h"

#define MOST_SHARES 8

static void put_measures(tgr_buffer *out, double cost, double accept_rate, double mean_score,
                         double coverage)
{
    char word[TGR_WORD_SIZE];
    if (!isnan(cost)) {
        tgr_buffer_format(out, "\ncost %s", tgr_word_money(word, cost));
    }
    if (!isnan(mean_score)) {
        tgr_buffer_format(out, "\nmean score %s", tgr_word_fraction(word, mean_score));
    }
    if (!isnan(accept_rate)) {
        tgr_buffer_text(out, "\naccepted ");
        tgr_html_text(out, tgr_word_share(word, accept_rate));
    }
    if (coverage < 1) {
        tgr_buffer_text(out, "\njudged ");
        tgr_html_text(out, tgr_word_share(word, coverage));
    }
}

static void put_range(tgr_buffer *out, const tgr_look *look, size_t point)
{
    if (look->low == NULL) {
        return;
    }
    double low = tgr_look_quality(look->low, &look->low->curve[point]);
    double high = tgr_look_quality(look->high, &look->high->curve[point]);
    char a[TGR_WORD_SIZE], b[TGR_WORD_SIZE];
    if (!isnan(low)) {
        tgr_buffer_format(out, "\n95 %%: %s to %s", tgr_word_fraction(a, low),
                          tgr_word_fraction(b, high));
    }
}

void tgr_tip_point(tgr_buffer *out, const tgr_look *look, size_t at)
{
    const tgr_simulation *simulation = look->simulation;
    const tgr_point *point = &simulation->curve[at];
    char word[TGR_WORD_SIZE], name[4 * 24 + 4], way[TGR_LOOK_WAY_SIZE];
    tgr_buffer_text(out, tgr_look_way(way, simulation, point));
    put_measures(out, point->cost, point->accept_rate, point->mean_score, point->coverage);
    put_range(out, look, at);
    for (size_t i = 0; i < simulation->models && i < MOST_SHARES; i++) {
        size_t model = look->busiest[i];
        if (point->share[model] > 0) {
            tgr_buffer_add(out, "\n", 1);
            tgr_html_text(out, tgr_word_share(word, point->share[model])); /* may be <0.1 % */
            tgr_buffer_text(out, " to ");
            tgr_html_text(out, tgr_word_name(name, simulation->model_names[model], 24));
        }
    }
}

void tgr_tip_baseline(tgr_buffer *out, const char *name, const tgr_baseline *baseline)
{
    tgr_html_text(out, name);
    put_measures(out, baseline->cost, baseline->accept_rate, baseline->mean_score,
                 baseline->coverage);
}
