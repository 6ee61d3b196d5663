/* vocabulary_file.h - what a vocabulary's file is called inside. */
#ifndef TGR_TAGGER_VOCABULARY_FILE_H
#define TGR_TAGGER_VOCABULARY_FILE_H

#define TGR_VOCABULARY_FORMAT  "tagroute.vocabulary"
#define TGR_VOCABULARY_VERSION 1

#endif
