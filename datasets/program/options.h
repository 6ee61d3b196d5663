/* options.h - the command line of tagroute-gen. */
#ifndef TGR_GENERATE_OPTIONS_H
#define TGR_GENERATE_OPTIONS_H

#include "datasets/generate/stream.h"

typedef enum tgr_gen_action {
    TGR_GEN_ACTION_GENERATE,
    TGR_GEN_ACTION_HELP,
    TGR_GEN_ACTION_VERSION
} tgr_gen_action;

typedef struct tgr_gen_command {
    tgr_gen_action action;
    tgr_gen_options world;
    tgr_gen_log log;
    const char *prices;   /* NULL: none */
    const char *outcomes; /* likewise: judgements of */
    uint64_t outcome_queries;
    int threads; /* 0: all */
    bool quiet;
    bool format_given;
} tgr_gen_command;

/* TGR_ERR_ARGUMENT with a sentence where the command line makes no sense. Strings are those of
 * argv. */
tgr_status tgr_gen_parse(int argc, char **argv, tgr_gen_command *command, tgr_error *error);

extern const char tgr_gen_help[];

#endif
