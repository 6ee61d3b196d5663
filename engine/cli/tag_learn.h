/* tag_learn.h - `tagroute tag --learn`: a vocabulary from logs. */
#ifndef TGR_CLI_TAG_LEARN_H
#define TGR_CLI_TAG_LEARN_H

#include "engine/cli/tag_mode.h"

extern const tgr_cli_group tgr_cli_tag_learn_group;
extern const tgr_cli_tag_mode tgr_cli_tag_learn;

#endif
