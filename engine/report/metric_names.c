/* metric_names.c - one list. */
#include "engine/report/metric_names.h"

#include <string.h>

typedef struct named_metric {
    const char *name;
    size_t place;
    const char *meaning, *with_two; /* NULL: the same */
} named_metric;

static const named_metric metrics_by_number[TGR_METRIC_COUNT] = {
    {"auc", offsetof(tgr_metrics, auc), "mean of the best quality over all costs",
     "mean quality over all shares sent to the reference"},
    {"apgr", offsetof(tgr_metrics, apgr), "share of the quality gap won on average; at random 0.5",
     NULL},
    {"cpt50", offsetof(tgr_metrics, cpt50), "scaled cost that wins half of the gap",
     "share to the reference that wins half of the gap"},
    {"cpt80", offsetof(tgr_metrics, cpt80), "scaled cost that wins 80 % of the gap",
     "share to the reference that wins 80 % of the gap"},
    {"pauc", offsetof(tgr_metrics, pauc), "area above the best single model", NULL},
    {"aiq", offsetof(tgr_metrics, aiq), "mean quality of the cost-quality hull", NULL},
    {"cost_save", offsetof(tgr_metrics, cost_save), "cost saved at the best single model's quality",
     NULL},
    {"perf_gain", offsetof(tgr_metrics, perf_gain),
     "best quality over the best single model's, less 1", NULL},
    {"uplift", offsetof(tgr_metrics, uplift), "accept rate over the best single model's, less 1",
     NULL},
    {"rank", offsetof(tgr_metrics, rank), "mean rank of the chosen model; 1 is always the best",
     NULL},
};

const char *tgr_metric_name(size_t metric)
{
    return metrics_by_number[metric].name;
}

double tgr_metric_value(const tgr_metrics *metrics, size_t metric)
{
    double value;
    memcpy(&value, (const char *)metrics + metrics_by_number[metric].place, sizeof value);
    return value;
}

const char *tgr_metric_meaning(size_t metric, bool two)
{
    const named_metric *named = &metrics_by_number[metric];
    return two && named->with_two != NULL ? named->with_two : named->meaning;
}
