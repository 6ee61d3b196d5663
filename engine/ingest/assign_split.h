/* assign_split.h - a split for a record that has none, by what it asks: what is asked twice lies on
 * one side.
 */
#ifndef TGR_INGEST_ASSIGN_SPLIT_H
#define TGR_INGEST_ASSIGN_SPLIT_H

#include <tagroute/ingest.h>

#include "engine/log/record.h"

/* TGR_ERR_ARGUMENT where shares or names cannot be. */
tgr_status tgr_assign_split_check(const tgr_split_share *splits, size_t count, tgr_error *error);

/* The record's own split, else one of these by a hash of its text, or of its tags where it has no
 * text; none where the shares leave room for that. */
void tgr_assign_split(const tgr_split_share *splits, size_t count, tgr_record *record);

#endif
