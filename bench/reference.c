/* reference.c - the reference over a run's data. */
#include "bench/reference.h"

#define AT_ONCE   8
#define SPAN_ROWS 4096

static tgr_weights weights_of(const tgr_bench_data *data)
{
    return (tgr_weights){data->models, data->stride, data->weights, data->bias};
}

void tgr_bench_reference(const tgr_csr *x, const tgr_bench_data *data, const tgr_decider *decider,
                         size_t begin, size_t end, int16_t *model)
{
    tgr_weights w = weights_of(data);
    float scores[AT_ONCE * TGR_MODELS_MAX];
    for (size_t row = begin; row < end; row += AT_ONCE) {
        size_t last = end - row < AT_ONCE ? end : row + AT_ONCE;
        tgr_ref_score(x, &w, row, last, scores, w.models);
        tgr_decider here = *decider; /* whose row 0 is `row` */
        here.prompt_tokens += decider->prompt_tokens != NULL ? row : 0;
        here.eligible += decider->eligible != NULL ? row * decider->mask_words : 0;
        tgr_choice choice = {.model = model + (row - begin) * decider->threshold_count};
        tgr_ref_decide(&here, scores, w.models, 0, last - row, &choice);
    }
}

double tgr_bench_score_span(const tgr_bench_data *data)
{
    tgr_csr x = tgr_bench_csr(data, false);
    tgr_weights w = weights_of(data);
    size_t rows = data->rows < SPAN_ROWS ? data->rows : SPAN_ROWS;
    double sum = 0;
    for (size_t row = 0; row < rows; row++) {
        float scores[TGR_MODELS_MAX];
        tgr_ref_score(&x, &w, row, row + 1, scores, w.models);
        float least = scores[0], most = scores[0];
        for (size_t k = 1; k < w.models; k++) {
            least = scores[k] < least ? scores[k] : least;
            most = scores[k] > most ? scores[k] : most;
        }
        sum += (double)most - (double)least;
    }
    return sum > 0 ? sum / (double)rows : 1;
}
