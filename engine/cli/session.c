/* session.c - the callbacks of a run. */
#include "engine/cli/session.h"

#include <stdarg.h>
#include <stdio.h>

#include "engine/cli/hearsay.h"
#include "engine/cli/messages.h"
#include "engine/cli/numbers.h"
#include "engine/cli/program.h"
#include "engine/cli/signals.h"

#define MOST_MESSAGES 10 /* what a run says beyond that is counted only */
#define MOST_THREADS  4096

static const tgr_cli_option common_options[] = {
    {"threads", 'j', "N", "use N threads (default: all that the process may use)"},
    {"quiet", 'q', NULL, "no progress, notes or summary; warnings and errors stay"},
    {"verbose", 'v', NULL, "also say how things are done, such as which kernels run"},
    {"help", 'h', NULL, "show this help"},
    {0},
};

const tgr_cli_group tgr_cli_common_group = {"Common options", common_options};

static const tgr_cli_option reading_options[] = {
    {"memory", 0, "SIZE",
     "read in blocks so that about SIZE is used, such as 512M or 2G (default: 256M); what a "
     "command "
     "keeps of every query comes on top"},
    {0},
};

const tgr_cli_group tgr_cli_reading_group = {"Reading", reading_options};

static void on_progress(void *user, const tgr_progress *progress)
{
    tgr_cli_session *session = user;
    if (tgr_cli_this()->listen != NULL) {
        tgr_cli_this()->listen();
    }
    tgr_cli_progress_update(&session->progress, progress);
}

static void on_message(void *user, tgr_level level, const char *sentence)
{
    tgr_cli_session *session = user;
    if (level < TGR_NOTE && !session->verbose) {
        return;
    }
    if (tgr_cli_this()->crew != NULL && level >= (session->asked_quiet ? TGR_WARNING : TGR_NOTE)) {
        tgr_cli_hearsay_keep(level, sentence);
    }
    if (level < TGR_WARNING && session->quiet) {
        return;
    }
    if (level >= TGR_NOTE && session->messages++ >= MOST_MESSAGES) {
        return;
    }
    tgr_cli_progress_clear(&session->progress);
    if (level == TGR_WARNING) {
        tgr_cli_warning("%s", sentence);
    } else {
        tgr_cli_note(sentence);
    }
}

tgr_status tgr_cli_session_start(tgr_cli_session *session, const tgr_cli_arguments *arguments,
                                 tgr_error *error)
{
    *session = (tgr_cli_session){.start = tgr_cli_clock()};
    const tgr_cli_program *program = tgr_cli_this();
    const char *threads = tgr_cli_text(arguments, "threads");
    long number = 0;
    if (threads != NULL) {
        tgr_status status =
            tgr_cli_parse_integer("threads", threads, 1, MOST_THREADS, &number, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    const char *memory = tgr_cli_text(arguments, "memory");
    size_t bytes = 0;
    if (memory != NULL) {
        tgr_status status = tgr_cli_parse_size("memory", memory, &bytes, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    session->asked_quiet = tgr_cli_has(arguments, "quiet");
    session->quiet = session->asked_quiet || !tgr_cli_speaks();
    session->verbose = tgr_cli_has(arguments, "verbose");
    if (session->verbose && !session->quiet && program->place != NULL) {
        program->place(tgr_cli_note);
    }
    tgr_cli_progress_start(&session->progress, session->quiet);
    session->run = (tgr_run){
        .size = sizeof session->run,
        .threads = threads != NULL ? (int)number : program->threads,
        .progress = on_progress,
        .message = on_message,
        .user = session,
        .cancel = tgr_cli_cancelled(),
        .memory = bytes,
        .crew = program->crew,
    };
    return TGR_OK;
}

void tgr_cli_session_end(tgr_cli_session *session)
{
    tgr_cli_progress_clear(&session->progress);
    if (session->messages > MOST_MESSAGES) {
        tgr_cli_warning("%zu more messages like these", session->messages - MOST_MESSAGES);
        session->messages = 0;
    }
}

double tgr_cli_session_seconds(const tgr_cli_session *session)
{
    double seconds = tgr_cli_clock() - session->start;
    return seconds > 1e-6 ? seconds : 1e-6;
}

void tgr_cli_say(const tgr_cli_session *session, const char *format, ...)
{
    if (session->quiet) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
}
