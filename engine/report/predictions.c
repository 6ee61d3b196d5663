/* predictions.c - what was measured on the tenths of the queries by rising score, for each model.
 */
#include "engine/report/predictions.h"

#include <math.h>
#include <stdio.h>

#include <tagroute/details.h>

#include "engine/report/chart_lines.h"
#include "engine/report/legend.h"
#include "engine/report/table.h"
#include "engine/report/words.h"

#define MOST_LINES  8
#define MOST_MODELS 40 /* in the tables */

/* The busiest models come first. */
static const tgr_prediction *prediction_at(const tgr_look *look, size_t i)
{
    return &look->simulation->details->predictions->of[look->busiest[i]];
}

static size_t count_of(const tgr_look *look, size_t most)
{
    size_t models = look->simulation->details->predictions->models;
    return models < most ? models : most;
}

/* ---- the plot ---------------------------------------------------------------------------------
 */

static double measured_at(const void *user, size_t line, size_t place)
{
    return prediction_at(user, line)->deciles[place].measured;
}

static unsigned colour_of(const void *user, size_t line)
{
    const tgr_look *look = user;
    return look->colour[look->busiest[line]];
}

static void label_tenth(const void *user, size_t place, char *text, size_t size)
{
    (void)user;
    snprintf(text, size, "%s", place == 0 ? "lowest" : place == 9 ? "highest" : "");
    if (place > 0 && place < 9) {
        snprintf(text, size, "%zu.", place + 1);
    }
}

static void tip_tenth(const void *user, size_t place, tgr_buffer *out)
{
    const tgr_look *look = user;
    char label[TGR_WORD_SIZE], name[4 * 24 + 4];
    label_tenth(user, place, label, sizeof label);
    tgr_buffer_format(out, "%s tenth by score", label);
    for (size_t i = 0; i < count_of(look, MOST_LINES); i++) {
        const tgr_prediction *one = prediction_at(look, i);
        if (!isnan(one->deciles[place].measured)) {
            tgr_buffer_format(out, "\n%s ", tgr_word_fraction(label, one->deciles[place].measured));
            tgr_html_text(out, tgr_word_name(name, one->model, 24));
        }
    }
}

static void put_plot(tgr_buffer *out, const tgr_look *look)
{
    const tgr_line_chart chart = {
        .id = "predictions",
        .title = "What was measured, by score",
        .description = "A line for each model: mean quality of its answers on the tenths of the "
                       "queries, from the lowest score that it was given to the highest. The "
                       "table below holds the figures.",
        .x_name = "tenths of the queries, by the model's score",
        .y_name = tgr_look_quality_name(look->simulation),
        .unit = look->simulation->quality == TGR_QUALITY_ACCEPT ? TGR_UNIT_SHARE : TGR_UNIT_NUMBER,
        .places = TGR_DECILES,
        .lines = count_of(look, MOST_LINES),
        .ticks = 4,
        .value = measured_at,
        .colour = colour_of,
        .label = label_tenth,
        .tip = tip_tenth,
        .user = look,
    };
    tgr_legend_models(out, look);
    tgr_chart_lines(out, &chart);
}

/* ---- tables -----------------------------------------------------------------------------------
 */

static void begin_row(tgr_buffer *out, const tgr_look *look, size_t i, const char *remark)
{
    if (i == SIZE_MAX) {
        char name[60];
        snprintf(name, sizeof name, "margin over the reference%s%s", remark[0] == '\0' ? "" : ", ",
                 remark);
        tgr_table_row(out, "", name);
    } else {
        size_t model = look->busiest[i];
        tgr_table_model_row(out, "", look->colour[model], look->simulation->model_names[model],
                            remark);
    }
}

/* i: SIZE_MAX for the margin. */
static void put_summary(tgr_buffer *out, const tgr_look *look, size_t i)
{
    const tgr_predictions *all = look->simulation->details->predictions;
    const tgr_prediction *one = i == SIZE_MAX ? &all->margin : prediction_at(look, i);
    begin_row(out, look, i, "");
    tgr_table_weight(out, one->weight);
    tgr_table_figure(out, TGR_FIGURE_FRACTION, one->rank_correlation);
    tgr_table_figure(out, TGR_FIGURE_FRACTION, one->predicted);
    tgr_table_figure(out, TGR_FIGURE_FRACTION, one->measured);
    tgr_table_row_end(out);
}

static void put_tenths(tgr_buffer *out, const tgr_look *look, size_t i)
{
    const tgr_predictions *all = look->simulation->details->predictions;
    const tgr_prediction *one = i == SIZE_MAX ? &all->margin : prediction_at(look, i);
    begin_row(out, look, i, "measured");
    for (size_t place = 0; place < TGR_DECILES; place++) {
        tgr_table_figure(out, TGR_FIGURE_FRACTION, one->deciles[place].measured);
    }
    tgr_table_row_end(out);
    begin_row(out, look, i, "predicted");
    for (size_t place = 0; place < TGR_DECILES; place++) {
        tgr_table_figure(out, TGR_FIGURE_FRACTION, one->deciles[place].predicted);
    }
    tgr_table_row_end(out);
}

static void put_tables(tgr_buffer *out, const tgr_look *look)
{
    static const char *const heads[] = {"", "judged", "rank correlation", "mean predicted",
                                        "mean measured"};
    size_t shown = count_of(look, MOST_MODELS);
    tgr_table_begin(out, "Scores and what was measured");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        tgr_table_head(out, heads[i]);
    }
    tgr_table_body(out);
    for (size_t i = 0; i <= shown; i++) {
        put_summary(out, look, i < shown ? i : SIZE_MAX);
    }
    tgr_table_end(out);
    tgr_buffer_text(out, "<details><summary>tenth by tenth</summary>\n");
    tgr_table_begin(out, "Means of each tenth of the queries, by rising score");
    tgr_table_head(out, "");
    for (size_t place = 0; place < TGR_DECILES; place++) {
        char text[TGR_WORD_SIZE];
        label_tenth(NULL, place, text, sizeof text);
        tgr_table_head(out, text);
    }
    tgr_table_body(out);
    for (size_t i = 0; i <= shown; i++) {
        put_tenths(out, look, i < shown ? i : SIZE_MAX);
    }
    tgr_table_end(out);
    tgr_buffer_text(out, "</details>\n");
}

void tgr_predictions_put(tgr_buffer *out, const tgr_look *look)
{
    const tgr_details *details = look->simulation->details;
    if (details == NULL || details->predictions == NULL) {
        return;
    }
    const tgr_predictions *all = details->predictions;
    tgr_buffer_text(out, "<section>\n<h2>How well scores predict</h2>\n<p class=\"note\">Where a "
                         "score says something, what was measured rises with it. ");
    tgr_buffer_text(out, all->same_scale
                             ? "These scores predict the quality itself, so that both can be "
                               "compared.</p>\n"
                             : "Only the order of these scores means something, not their size."
                               "</p>\n");
    put_plot(out, look);
    put_tables(out, look);
    if (all->models > MOST_MODELS) {
        tgr_buffer_format(out,
                          "<p class=\"note\">The %d busiest of %zu models; --json holds all."
                          "</p>\n",
                          MOST_MODELS, all->models);
    }
    if (all->cut_bits > 0) {
        tgr_buffer_format(out,
                          "<p class=\"note\">Of scores cut by %zu of 24 bits, as memory was short "
                          "of all.</p>\n",
                          all->cut_bits);
    }
    tgr_buffer_text(out, "</section>\n");
}
