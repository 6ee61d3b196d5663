/* command_tag.c - from texts to tags: finds out which of its modes is asked for. */
#include <string.h>

#include "engine/cli/commands.h"
#include "engine/cli/fail.h"
#include "engine/cli/session.h"
#include "engine/cli/tag_endpoint.h"
#include "engine/cli/tag_learn.h"
#include "engine/cli/tag_normalise.h"
#include "engine/cli/tag_vocab.h"

/* Each mode has a file of its own, tag_NAME.c, and a group of options. */
static const tgr_cli_tag_mode *const modes[] = {&tgr_cli_tag_learn, &tgr_cli_tag_vocab,
                                                &tgr_cli_tag_normalise, &tgr_cli_tag_endpoint};
#define MODES (sizeof modes / sizeof *modes)
#define WHAT  "--learn, --vocab FILE, --normalise or --endpoint URL"

static const tgr_cli_option log_options[] = {
    {"output", 'o', "FILE", "the file to write; replaced only when complete"},
    {"format", 0, "jsonl|msgpack", "of the logs (default: told from the log itself)"},
    {"split", 0, "NAME", "only records of this split (default: all)"},
    {"max-bad", 0, "SHARE", "fail where more records than this are bad (default: 5%)"},
    {"max-record", 0, "SIZE", "a larger record is bad (default: 64M)"},
    {"strict", 0, NULL, "stop at the first bad record instead of skipping and counting it"},
    {"retag", 0, NULL, "tag records that have tags, too, instead of keeping those"},
    {"memory", 0, "SIZE", "for what is held of a log, such as 1G (default: 256M)"},
    {0},
};

static const tgr_cli_group log_group = {"Options", log_options};
static const tgr_cli_group *const groups[] = {&log_group,
                                              &tgr_cli_tag_learn_group,
                                              &tgr_cli_tag_vocab_group,
                                              &tgr_cli_tag_normalise_group,
                                              &tgr_cli_tag_endpoint_group,
                                              &tgr_cli_common_group,
                                              NULL};

static const tgr_cli_example examples[] = {
    {"learn a vocabulary from the texts of a log",
     "tagroute tag --learn log.jsonl.zst -o vocab.msgpack"},
    {"phrases of up to three stemmed words, the 20,000 most frequent",
     "tagroute tag --learn log.jsonl -o vocab.msgpack --ngrams 3 --stem english --most 20000"},
    {"phrases that stand for the tags of a log that has both",
     "tagroute tag --learn tagged.jsonl --from-tags -o vocab.msgpack"},
    {"write a log again with the tags of its texts, by a vocabulary or a router",
     "tagroute tag --vocab vocab.msgpack log.jsonl.zst -o tagged.jsonl.zst"},
    {"the same in a pipe",
     "zcat log.jsonl.gz | tagroute tag --vocab vocab.msgpack - -o - | jq .tags"},
    {"bring the tags of a log down to a canonical set, as a table to read and edit",
     "tagroute tag --normalise queries.h5 -o tags.tsv"},
    {"by the vectors of a language model",
     "tagroute tag --normalise queries.h5 -o tags.tsv --embeddings phrases.h5 --eps 0.2"},
    {"ask a language model for the tags of each text, and go on after a stop",
     "tagroute tag --endpoint http://127.0.0.1:8000/v1 --model itpossible/TagGenerator log.jsonl "
     "-o "
     "tagged.jsonl.zst --resume"},
    {0},
};

/* What asks for a mode. */
static const char *asked_by(const tgr_cli_tag_mode *mode)
{
    return mode->group->options[0].name;
}

/* The mode that is asked for. TGR_ERR_ARGUMENT where it is none, or several. */
static tgr_status find_mode(const tgr_cli_arguments *arguments, const tgr_cli_tag_mode **mode,
                            tgr_error *error)
{
    *mode = NULL;
    for (size_t i = 0; i < MODES; i++) {
        if (!tgr_cli_has(arguments, asked_by(modes[i]))) {
            continue;
        }
        if (*mode != NULL) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                "tag does one thing at a time: --%s or --%s", asked_by(*mode),
                                asked_by(modes[i]));
        }
        *mode = modes[i];
    }
    if (*mode == NULL) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "tag needs to be told what to do: " WHAT);
    }
    return TGR_OK;
}

static bool is_in(const tgr_cli_group *group, const tgr_cli_option *option)
{
    for (const tgr_cli_option *one = group->options; one->name != NULL; one++) {
        if (one == option) {
            return true;
        }
    }
    return false;
}

static bool is_taken(const tgr_cli_tag_mode *mode, const char *name)
{
    for (size_t i = 0; mode->takes[i] != NULL; i++) {
        if (strcmp(mode->takes[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* That no option is given that the mode would not look at. */
static tgr_status check_options(const tgr_cli_arguments *arguments, const tgr_cli_tag_mode *mode,
                                tgr_error *error)
{
    for (size_t i = 0; i < arguments->value_count; i++) {
        const tgr_cli_option *option = arguments->values[i].option;
        if (!is_in(&tgr_cli_common_group, option) && !is_in(mode->group, option) &&
            !is_taken(mode, option->name)) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--%s does not go with --%s", option->name,
                                asked_by(mode));
        }
    }
    return TGR_OK;
}

static tgr_status tag(const tgr_cli_arguments *arguments, tgr_error *error)
{
    const tgr_cli_tag_mode *mode;
    tgr_cli_session session;
    tgr_status status = find_mode(arguments, &mode, error);
    if (status == TGR_OK) {
        status = check_options(arguments, mode, error);
    }
    if (status == TGR_OK) {
        status = tgr_cli_session_start(&session, arguments, error);
    }
    return status == TGR_OK ? mode->main(arguments, &session, error) : status;
}

const tgr_cli_command tgr_cli_tag = {
    .name = "tag",
    .summary = "from the texts of queries to tags, and from many tags to fewer",
    .synopsis = "--learn LOG... -o FILE [options]\n"
                "       tagroute tag --vocab FILE LOG... -o LOG [options]\n"
                "       tagroute tag --normalise QUERIES.h5... -o FILE [options]\n"
                "       tagroute tag --endpoint URL --model NAME LOG... -o LOG [options]",
    .description =
        "Learns from the texts of logs which words, and which neighbouring words, are to be tags: "
        "a vocabulary, one MessagePack file. Texts are read in any language; upper and lower case "
        "and other forms of the same letters count as one, and scripts without spaces go by pairs "
        "of characters.\n"
        "Or writes logs again with the tags that a vocabulary, or a router's tagger, finds in "
        "their texts.\n"
        "Or maps the tags of query files to canonical ones: tags that differ in case, signs or "
        "plural come together, rare ones are dropped, and those with vectors near each other are "
        "clustered (DBSCAN) under the name of the most frequent. The mapping is a table with a "
        "line "
        "a tag.\n"
        "None of these results depends on threads.\n"
        "Or asks a language model, through an OpenAI-compatible server, for the tags of each text, "
        "and writes the records with them, in their order, as a log. Answers are kept in a file, "
        "so that no text is paid for twice.",
    .examples = examples,
    .groups = groups,
    .operands_min = 1,
    .operands_max = (size_t)-1,
    .operand = "a file, or several",
    .main = tag,
};
