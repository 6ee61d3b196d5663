/* facts.c - lists of a name and what it is. */
#include "engine/report/facts.h"

#include "engine/report/words.h"

void tgr_facts_begin(tgr_buffer *out)
{
    tgr_buffer_text(out, "<dl>\n");
}

void tgr_fact_figure(tgr_buffer *out, const char *name, tgr_figure figure, double value)
{
    tgr_buffer_format(out, "<dt>%s</dt><dd>", name);
    tgr_html_figure(out, figure, value);
    tgr_buffer_text(out, "</dd>\n");
}

void tgr_fact_count(tgr_buffer *out, const char *name, uint64_t count)
{
    char word[TGR_WORD_SIZE];
    tgr_buffer_format(out, "<dt>%s</dt><dd><data value=\"%llu\">%s</data></dd>\n", name,
                      (unsigned long long)count, tgr_word_count(word, count));
}

void tgr_facts_end(tgr_buffer *out)
{
    tgr_buffer_text(out, "</dl>\n");
}
