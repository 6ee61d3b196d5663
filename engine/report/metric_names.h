/* metric_names.h - the metrics by number: names, values, meanings. */
#ifndef TGR_REPORT_METRIC_NAMES_H
#define TGR_REPORT_METRIC_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/simulate.h>

#define TGR_METRIC_COUNT 10

const char *tgr_metric_name(size_t metric); /* such as "auc" */
double tgr_metric_value(const tgr_metrics *metrics, size_t metric);

/* two: there are two models, so that shares stand for costs. */
const char *tgr_metric_meaning(size_t metric, bool two);

#endif
