/* table.c - rows and cells. */
#include "engine/report/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "engine/base/number.h"
#include "engine/report/words.h"

void tgr_table_begin(tgr_buffer *out, const char *caption)
{
    tgr_buffer_text(out, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
    tgr_html_text(out, caption);
    tgr_buffer_text(out, "\">\n<table>\n<caption>");
    tgr_html_text(out, caption);
    tgr_buffer_text(out, "</caption>\n<thead><tr>");
}

void tgr_table_head(tgr_buffer *out, const char *text)
{
    tgr_buffer_text(out, "<th scope=\"col\">");
    tgr_html_text(out, text);
    tgr_buffer_text(out, "</th>");
}

void tgr_table_text_head(tgr_buffer *out, const char *text)
{
    tgr_buffer_text(out, "<th scope=\"col\" class=\"text\">");
    tgr_html_text(out, text);
    tgr_buffer_text(out, "</th>");
}

void tgr_table_body(tgr_buffer *out)
{
    tgr_buffer_text(out, "</tr></thead>\n<tbody>\n");
}

void tgr_table_end(tgr_buffer *out)
{
    tgr_buffer_text(out, "</tbody>\n</table>\n</div>\n");
}

static void begin_row(tgr_buffer *out, const char *class)
{
    if (class[0] == '\0') {
        tgr_buffer_text(out, "<tr><th scope=\"row\">");
    } else {
        tgr_buffer_format(out, "<tr class=\"%s\"><th scope=\"row\">", class);
    }
}

void tgr_table_row(tgr_buffer *out, const char *class, const char *name)
{
    begin_row(out, class);
    tgr_html_text(out, name);
    tgr_buffer_text(out, "</th>");
}

void tgr_table_model_row(tgr_buffer *out, const char *class, unsigned colour, const char *name,
                         const char *remark)
{
    begin_row(out, class);
    tgr_buffer_format(out, "<i class=\"key m%u\"></i>", colour);
    tgr_html_text(out, name);
    if (remark[0] != '\0') {
        tgr_buffer_text(out, " <small>");
        tgr_html_text(out, remark);
        tgr_buffer_text(out, "</small>");
    }
    tgr_buffer_text(out, "</th>");
}

void tgr_table_threshold_row(tgr_buffer *out, const char *class, tgr_policy policy,
                             double threshold)
{
    char word[TGR_WORD_SIZE], exact[TGR_NUMBER_SIZE];
    begin_row(out, class);
    tgr_number_double(exact, threshold);
    tgr_buffer_format(out, "<data value=\"%s\">%s</data></th>", exact,
                      tgr_word_threshold(word, policy, threshold));
}

void tgr_table_row_end(tgr_buffer *out)
{
    tgr_buffer_text(out, "</tr>\n");
}

void tgr_table_text(tgr_buffer *out, const char *text)
{
    tgr_buffer_text(out, "<td class=\"text\">");
    tgr_html_text(out, text);
    tgr_buffer_text(out, "</td>");
}

void tgr_table_count(tgr_buffer *out, uint64_t count)
{
    char word[TGR_WORD_SIZE];
    tgr_buffer_format(out, "<td><data value=\"%" PRIu64 "\">%s</data></td>", count,
                      tgr_word_count(word, count));
}

void tgr_table_weight(tgr_buffer *out, double queries)
{
    char word[TGR_WORD_SIZE], exact[TGR_NUMBER_SIZE];
    if (queries <= 0x1p53 && queries == floor(queries)) {
        tgr_table_count(out, (uint64_t)queries);
        return;
    }
    exact[tgr_number_double(exact, queries)] = '\0';
    tgr_buffer_format(out, "<td><data value=\"%s\">%s</data></td>", exact,
                      tgr_word_weight(word, queries));
}

static char *word_of(char *word, tgr_figure figure, double value)
{
    switch (figure) {
    case TGR_FIGURE_MONEY:
        return tgr_word_money(word, value);
    case TGR_FIGURE_SHARE:
        return tgr_word_share(word, value);
    case TGR_FIGURE_FRACTION:
        return tgr_word_fraction(word, value);
    case TGR_FIGURE_PLAIN:
        break;
    }
    snprintf(word, TGR_WORD_SIZE, "%.4g", value);
    return word;
}

void tgr_html_figure(tgr_buffer *out, tgr_figure figure, double value)
{
    char word[TGR_WORD_SIZE], exact[TGR_NUMBER_SIZE];
    if (!isfinite(value)) {
        tgr_buffer_text(out, "<span class=\"none\">\xe2\x80\x93</span>");
        return;
    }
    tgr_number_double(exact, value);
    tgr_buffer_format(out, "<data value=\"%s\">", exact);
    tgr_html_text(out, word_of(word, figure, value));
    tgr_buffer_text(out, "</data>");
}

void tgr_table_figure(tgr_buffer *out, tgr_figure figure, double value)
{
    tgr_buffer_text(out, "<td>");
    tgr_html_figure(out, figure, value);
    tgr_buffer_text(out, "</td>");
}

void tgr_table_sure(tgr_buffer *out, tgr_figure figure, double value, const double *low,
                    const double *high)
{
    tgr_buffer_text(out, "<td>");
    tgr_html_figure(out, figure, value);
    if (low != NULL && isfinite(*low) && isfinite(*high) && (*low < value || *high > value)) {
        tgr_buffer_text(out, "<small>");
        tgr_html_figure(out, figure, *low);
        tgr_buffer_text(out, " to ");
        tgr_html_figure(out, figure, *high);
        tgr_buffer_text(out, "</small>");
    }
    tgr_buffer_text(out, "</td>");
}

void tgr_table_price(tgr_buffer *out, double usd)
{
    char word[TGR_WORD_SIZE], exact[TGR_NUMBER_SIZE];
    if (!isfinite(usd)) {
        tgr_table_figure(out, TGR_FIGURE_MONEY, usd);
        return;
    }
    tgr_number_double(exact, usd);
    tgr_buffer_format(out, "<td><data value=\"%s\">%s</data></td>", exact,
                      tgr_word_money(word, usd * 1e6));
}
