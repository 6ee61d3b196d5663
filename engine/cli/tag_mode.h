/* tag_mode.h - one of the things that `tagroute tag` does, told by an option of its own. */
#ifndef TGR_CLI_TAG_MODE_H
#define TGR_CLI_TAG_MODE_H

#include "engine/cli/options.h"
#include "engine/cli/session.h"

typedef struct tgr_cli_tag_mode {
    const tgr_cli_group *group; /* of its options; the first of them asks for the mode */
    const char *const *takes;   /* options of command_tag.c that it has, too; ended by NULL */
    tgr_status (*main)(const tgr_cli_arguments *arguments, tgr_cli_session *session,
                       tgr_error *error);
} tgr_cli_tag_mode;

#endif
