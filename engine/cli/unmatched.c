/* unmatched.c - ids that no query has; see unmatched.h. */
#include "engine/cli/unmatched.h"

#include "engine/cli/fail.h"
#include "engine/cli/messages.h"
#include "engine/cli/numbers.h"

void tgr_cli_say_unmatched(const tgr_cli_session *session, uint64_t unmatched,
                           const char (*first)[64], size_t shown)
{
    char count[TGR_CLI_NUMBER_SIZE];
    if (unmatched == 0) {
        return;
    }
    tgr_cli_say(session, "  %s ids are of no query, such as", tgr_cli_count(count, unmatched));
    for (size_t i = 0; i < unmatched && i < shown; i++) {
        char copy[4 * sizeof first[i]];
        tgr_cli_say(session, "%s %s", i > 0 ? "," : "",
                    tgr_cli_printable(first[i], copy, sizeof copy));
    }
    tgr_cli_say(session, "\n");
}

tgr_status tgr_cli_read_outcomes(const tgr_cli_arguments *arguments,
                                 const char *files[TGR_CLI_JUDGED_FILES], size_t *count,
                                 tgr_error *error)
{
    *count = tgr_cli_list(arguments, "outcomes", files, TGR_CLI_JUDGED_FILES);
    return *count <= TGR_CLI_JUDGED_FILES
               ? TGR_OK
               : tgr_cli_fail(
                     error, TGR_ERR_ARGUMENT,
                     "--outcomes names a file of judgements; at most %d are joined at once",
                     TGR_CLI_JUDGED_FILES);
}
