/* schema_parts.h - a tape made of parts of another: messages that a schema spreads out or wraps, as
 * the list that others have.
 */
#ifndef TGR_LOG_SCHEMA_PARTS_H
#define TGR_LOG_SCHEMA_PARTS_H

#include "engine/log/schema.h"

/* ---- OTLP's typed values: {"arrayValue": {"values": [...]}} and the like ------------------------
 */

/* Whether a value is what stands in an arrayValue or a kvlistValue. */
bool tgr_otlp_is_typed(const tgr_tape *tape, uint32_t index);

/* Appends it as a plain list or map; false where memory is short. */
bool tgr_otlp_plain(const tgr_tape *tape, uint32_t index, tgr_tape *to);

/* ---- messages under numbered keys: "gen_ai.prompt.0.role" and so on -----------------------------
 */

/* Whether attributes have any. */
bool tgr_numbered_any(const tgr_tape *tape, uint32_t attributes);

/* Puts them, in their order, as a list on the reader's `made`, and takes the needs that other
 * numbered keys tell of. False where memory is short. */
bool tgr_numbered_make(tgr_reading *from, tgr_schema_reader *reader, uint32_t attributes);

#endif
