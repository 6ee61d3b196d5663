/* tag_vocab.h - `tagroute tag --vocab`: logs with the tags of their texts. */
#ifndef TGR_CLI_TAG_VOCAB_H
#define TGR_CLI_TAG_VOCAB_H

#include "engine/cli/tag_mode.h"

extern const tgr_cli_group tgr_cli_tag_vocab_group;
extern const tgr_cli_tag_mode tgr_cli_tag_vocab;

#endif
