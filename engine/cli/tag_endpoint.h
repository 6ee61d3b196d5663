/* tag_endpoint.h - `tagroute tag --endpoint`: tags from a language model. */
#ifndef TGR_CLI_TAG_ENDPOINT_H
#define TGR_CLI_TAG_ENDPOINT_H

#include "engine/cli/tag_mode.h"

extern const tgr_cli_group tgr_cli_tag_endpoint_group;
extern const tgr_cli_tag_mode tgr_cli_tag_endpoint;

#endif
