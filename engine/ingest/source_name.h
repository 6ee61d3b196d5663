/* source_name.h - a file's name as text that may stand in a query file. */
#ifndef TGR_INGEST_SOURCE_NAME_H
#define TGR_INGEST_SOURCE_NAME_H

#include "engine/base/buffer.h"

/* The name into a cleared buffer, with '?' for every byte that is no part of valid UTF-8 (file
 * names are any bytes) and for control characters. */
void tgr_source_name_text(const char *name, tgr_buffer *buffer);

#endif
