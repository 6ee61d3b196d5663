/* facts.h - lists of a name and what it is, and sentences with figures in them. */
#ifndef TGR_REPORT_FACTS_H
#define TGR_REPORT_FACTS_H

#include <stdint.h>

#include "engine/report/table.h"

void tgr_facts_begin(tgr_buffer *out);
void tgr_fact_figure(tgr_buffer *out, const char *name, tgr_figure figure, double value);
void tgr_fact_count(tgr_buffer *out, const char *name, uint64_t count);
void tgr_facts_end(tgr_buffer *out);

#endif
