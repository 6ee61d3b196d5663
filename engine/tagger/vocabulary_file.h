/* vocabulary_file.h - a vocabulary's file: one MessagePack map that holds a tagger. */
#ifndef TGR_TAGGER_VOCABULARY_FILE_H
#define TGR_TAGGER_VOCABULARY_FILE_H

#include "engine/base/buffer.h"
#include "engine/tagger/vocabulary.h"

#define TGR_VOCABULARY_FORMAT  "tagroute.vocabulary"
#define TGR_VOCABULARY_VERSION 1

/* Writes a file, atomically. */
tgr_status tgr_vocabulary_write(const tgr_vocabulary *vocabulary, const char *path,
                                tgr_error *error);

/* The tagger that a file holds: its kind, which is the caller's, and all other settings as encoded
 * pairs, appended and counted. Nothing of the settings has been looked at. */
tgr_status tgr_vocabulary_settings(const char *path, char **kind, tgr_buffer *pairs,
                                   uint32_t *count, tgr_error *error);

/* The whole of a file: phrases, what they stand for, and in how many texts each was. Into a zeroed
 * vocabulary. TGR_ERR_INPUT, too, where it does not say that of every phrase, and only of them. */
tgr_status tgr_vocabulary_load(const char *path, tgr_vocabulary *vocabulary, tgr_error *error);

#endif
