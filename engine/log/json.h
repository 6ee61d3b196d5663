/* json.h - one JSON text to a tape, by simdjson behind a C interface. */
#ifndef TGR_LOG_JSON_H
#define TGR_LOG_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/status.h>

#include "engine/log/value.h"

#define TGR_JSON_PADDING                                                                           \
    64 /* bytes after a text that must be readable; their values do not matter */

typedef struct tgr_json_parser tgr_json_parser;

tgr_json_parser *tgr_json_parser_new(void);         /* NULL where memory is short */
void tgr_json_parser_free(tgr_json_parser *parser); /* NULL allowed */

/* Parses the whole text as one value; strings on the tape live until the next parse. The text must
 * be readable up to TGR_JSON_PADDING bytes after its end. TGR_ERR_INPUT with the fault set, or
 * TGR_ERR_NOMEM. Integers outside -2^63 .. 2^64 - 1 and numbers that overflow a double are faults.
 */
tgr_status tgr_json_parse(tgr_json_parser *parser, const char *text, size_t length, tgr_tape *tape,
                          tgr_fault *fault);

/* Whether bytes are valid UTF-8. */
bool tgr_utf8_valid(const char *bytes, size_t length);

#endif
