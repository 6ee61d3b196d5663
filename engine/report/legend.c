/* legend.c - a key and a name for every model with a colour of its own. */
#include "engine/report/legend.h"

#include "engine/report/words.h"

void tgr_legend_models(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    char name[4 * 28 + 4];
    size_t others = 0;
    tgr_buffer_text(out, "<ul class=\"legend\">\n");
    for (size_t model = 0; model < simulation->models; model++) {
        if (look->grouped && look->colour[model] == TGR_LOOK_COLOURS - 1) {
            others++;
            continue;
        }
        tgr_buffer_format(out, "<li><i class=\"key m%u\"></i>", look->colour[model]);
        tgr_html_text(out, tgr_word_name(name, simulation->model_names[model], 28));
        tgr_buffer_text(out, "</li>\n");
    }
    if (others > 0) {
        tgr_buffer_format(out, "<li><i class=\"key m%u\"></i>%zu other models</li>\n",
                          TGR_LOOK_COLOURS - 1, others);
    }
    tgr_buffer_text(out, "</ul>\n");
}
