/* prices.h - the section of the report that says what the models cost. */
#ifndef TGR_REPORT_PRICES_H
#define TGR_REPORT_PRICES_H

#include "engine/base/buffer.h"
#include "engine/report/look.h"

void tgr_prices_put(tgr_buffer *out, const tgr_look *look);

/* Tells the hash of each price map that prices come from. */
void tgr_prices_maps(const tgr_simulation *simulation, void (*tell)(void *user, const char *map),
                     void *user);

#endif
