/* fit_summary.c - learnt from how many, kept what, and the router itself. */
#include "engine/cli/fit_summary.h"

#include <tagroute/info.h>

#include "engine/cli/numbers.h"

void tgr_cli_fit_summary(const tgr_cli_session *session, const char *output,
                         const tgr_fit_report *report)
{
    char training[TGR_CLI_NUMBER_SIZE], queries[TGR_CLI_NUMBER_SIZE], time[TGR_CLI_NUMBER_SIZE];
    char tags[TGR_CLI_NUMBER_SIZE], seen[TGR_CLI_NUMBER_SIZE], judged[TGR_CLI_NUMBER_SIZE];
    char derived[TGR_CLI_NUMBER_SIZE], assumed[TGR_CLI_NUMBER_SIZE];
    tgr_cli_say(session, "%s: learnt from %s judged queries of %s in %s\n", output,
                tgr_cli_count(training, report->judged_queries),
                tgr_cli_count(queries, report->queries),
                tgr_cli_duration(time, tgr_cli_session_seconds(session)));
    if (report->judged_queries < report->training) {
        tgr_cli_say(session, "  %s more are not judged: they say only how often tags occur\n",
                    tgr_cli_count(training, report->training - report->judged_queries));
    }
    tgr_cli_say(session, "  %s tags kept of %s seen\n", tgr_cli_count(tags, report->tags),
                tgr_cli_count(seen, report->tags_seen));
    tgr_cli_say(session,
                "  %s outcomes, of them %s derived from scores, %s ties of the reference assumed\n",
                tgr_cli_count(judged, report->judged), tgr_cli_count(derived, report->derived),
                tgr_cli_count(assumed, report->assumed_ties));
}

tgr_status tgr_cli_fit_router(const tgr_cli_session *session, const char *output,
                              const char *queries, tgr_error *error)
{
    char *text = NULL;
    tgr_status status = tgr_info(output, &text, NULL, NULL, error);
    if (status == TGR_OK) {
        tgr_cli_say(session, "\n%s\n", text);
        tgr_cli_say(session, "next: tagroute simulate %s -r %s\n",
                    queries != NULL ? queries : "QUERIES.h5", output);
    }
    tgr_free(text);
    return status;
}
