/* lists.h - a list of names in its one canonical spelling, so that equal lists are one category. */
#ifndef TGR_INGEST_LISTS_H
#define TGR_INGEST_LISTS_H

#include "engine/base/buffer.h"
#include "engine/log/record.h"

/* The distinct names in byte order as JSON without spaces, such as ["gpt-4","mixtral"], into a
 * cleared buffer. Sorts the list's names in place. */
void tgr_list_spell(tgr_text_list *list, tgr_buffer *buffer);

#endif
