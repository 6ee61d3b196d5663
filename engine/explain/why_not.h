/* why_not.h - what keeps a model from being chosen for a query. */
#ifndef TGR_EXPLAIN_WHY_NOT_H
#define TGR_EXPLAIN_WHY_NOT_H

#include <tagroute/explain.h>

/* Fills why_not, why_not_gap and why_not_range of an explanation that has all else, and the number
 * of the model asked about. */
void tgr_why_not_find(tgr_explanation *explanation);

#endif
