/* tagger_settings.h - settings of a tagger as files carry them: encoded pairs that only the tagger
 * understands.
 *
 * A router's map `tagger` holds them beside kind, version, category_tag and digest; a query file
 * holds them as a MessagePack map of their own. The digest is over all of the router's map but
 * itself.
 */
#ifndef TGR_ROUTER_TAGGER_SETTINGS_H
#define TGR_ROUTER_TAGGER_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/base/buffer.h"

/* The digest of a tagger, 32 hexadecimal digits and NUL. */
void tgr_tagger_digest_of(const char *kind, bool category_tag, const tgr_buffer *settings,
                          uint32_t count, char digest[33]);

/* Appends the pairs as a map, whose failure is the caller's to see. */
void tgr_tagger_settings_map(const tgr_buffer *settings, uint32_t count, tgr_buffer *map);

/* Appends a map's pairs and counts them. TGR_ERR_INPUT where the bytes are no map, or it has keys
 * that stand beside the settings in a router. */
tgr_status tgr_tagger_settings_read(const void *map, size_t length, tgr_buffer *settings,
                                    uint32_t *count, tgr_error *error);

#endif
