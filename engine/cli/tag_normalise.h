/* tag_normalise.h - `tagroute tag --normalise`: a canonical set of tags. */
#ifndef TGR_CLI_TAG_NORMALISE_H
#define TGR_CLI_TAG_NORMALISE_H

#include "engine/cli/tag_mode.h"

extern const tgr_cli_group tgr_cli_tag_normalise_group;
extern const tgr_cli_tag_mode tgr_cli_tag_normalise;

#endif
