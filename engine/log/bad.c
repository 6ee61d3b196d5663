/* bad.c - accounting of bad records. */
#include "engine/log/bad.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/number.h"
#include "engine/base/runtime.h"

const char *tgr_bad_reason_name(tgr_bad_reason reason)
{
    switch (reason) {
    case TGR_BAD_SYNTAX:
        return "syntax";
    case TGR_BAD_SHAPE:
        return "not a map";
    case TGR_BAD_TOO_LARGE:
        return "too large";
    case TGR_BAD_TOO_DEEP:
        return "too deep";
    case TGR_BAD_EMPTY:
        return "neither tags nor text";
    case TGR_BAD_TAGS:
        return "tags";
    case TGR_BAD_FIELD:
        return "field";
    case TGR_BAD_MODEL:
        return "model";
    case TGR_BAD_REASONS:
        break;
    }
    return "unknown reason";
}

/* Copies a sentence, which is UTF-8, without dividing a character at the end. */
static void copy_sentence(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)from[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    memcpy(to, from, length);
    to[length] = '\0';
}

static void keep_first(tgr_ingest_report *report, const char *name, uint64_t lines,
                       const tgr_log_item *found)
{
    char place[TGR_ERROR_MESSAGE_SIZE];
    tgr_error sentence; /* for its making text printable: a file's name may be anything */
    tgr_log_item item = *found;
    item.line += item.line > 0 ? lines : 0;
    tgr_log_place(name, &item, place, sizeof place);
    tgr_fail(&sentence, TGR_ERR_INPUT, "%s: %s", place, item.why);
    copy_sentence(report->first_bad[item.reason], sizeof report->first_bad[item.reason],
                  sentence.message);
}

void tgr_bad_count(tgr_ingest_report *report, const char *name, uint64_t lines, uint64_t count,
                   const tgr_log_item *first)
{
    if (report->bad_by_reason[first->reason] == 0) {
        keep_first(report, name, lines, first);
    }
    report->bad += count;
    report->bad_by_reason[first->reason] += count;
}

static tgr_bad_reason most_frequent(const tgr_ingest_report *report)
{
    int most = 0;
    for (int reason = 1; reason < TGR_BAD_REASONS; reason++) {
        if (report->bad_by_reason[reason] > report->bad_by_reason[most]) {
            most = reason;
        }
    }
    return (tgr_bad_reason)most;
}

/* "7 syntax, 5 tags" */
static void list_counts(const tgr_ingest_report *report, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (int reason = 0; reason < TGR_BAD_REASONS; reason++) {
        if (report->bad_by_reason[reason] > 0 && length < size) {
            length += (size_t)snprintf(text + length, size - length, "%s%" PRIu64 " %s",
                                       length > 0 ? ", " : "", report->bad_by_reason[reason],
                                       tgr_bad_reason_name((tgr_bad_reason)reason));
        }
    }
}

const char *tgr_skip_reason_name(tgr_skip_reason reason)
{
    switch (reason) {
    case TGR_SKIP_FAILED:
        return "failed calls";
    case TGR_SKIP_NOT_CHAT:
        return "no chats";
    case TGR_SKIP_NO_TEXT:
        return "without text, or redacted";
    case TGR_SKIP_RESPONSE:
        return "responses apart from their requests";
    case TGR_SKIP_REASONS:
        break;
    }
    return "unknown reason";
}

/* "7 failed calls, 5 no chats" */
static void list_skipped(const tgr_ingest_report *report, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (int reason = 0; reason < TGR_SKIP_REASONS; reason++) {
        if (report->skipped_by_reason[reason] > 0 && length < size) {
            length += (size_t)snprintf(text + length, size - length, "%s%" PRIu64 " %s",
                                       length > 0 ? ", " : "", report->skipped_by_reason[reason],
                                       tgr_skip_reason_name((tgr_skip_reason)reason));
        }
    }
}

void tgr_skip_tell(const tgr_ingest_report *report, const tgr_run *run)
{
    char counts[256];
    if (report->skipped > 0) {
        list_skipped(report, counts, sizeof counts);
        tgr_run_message(run, TGR_NOTE, "%" PRIu64 " records are no queries: %s", report->skipped,
                        counts);
    }
}

static tgr_status fail_unusable(const tgr_ingest_report *report, const tgr_ingest_options *options,
                                tgr_bad_reason first, tgr_error *error)
{
    char logs[TGR_ERROR_MESSAGE_SIZE / 2];
    const char *one = strcmp(options->inputs[0], "-") == 0 ? "standard input" : options->inputs[0];
    if (options->input_count == 1) {
        snprintf(logs, sizeof logs, "%s", one);
    } else {
        snprintf(logs, sizeof logs, "the %zu logs", options->input_count);
    }
    if (report->bad == 0 && report->skipped > 0) {
        char counts[256];
        list_skipped(report, counts, sizeof counts);
        return tgr_fail(error, TGR_ERR_INPUT,
                        "no usable record in %s: all %" PRIu64 " are no queries (%s)", logs,
                        report->skipped, counts);
    }
    if (report->bad == 0) {
        return tgr_fail(error, TGR_ERR_INPUT, "no usable record in %s: there is no record at all",
                        logs);
    }
    return tgr_fail(error, TGR_ERR_INPUT,
                    "no usable record in %s: all %" PRIu64 " are bad, the first is %s", logs,
                    report->bad, report->first_bad[first]);
}

tgr_status tgr_bad_judge(const tgr_ingest_report *report, const tgr_ingest_options *options,
                         uint64_t usable, tgr_bad_reason first, tgr_error *error)
{
    if (usable == 0 && report->bad == 0 && options->shard_count > 0) {
        return TGR_OK; /* another shard's share may have records */
    }
    if (usable == 0) {
        return fail_unusable(report, options, first, error);
    }
    uint64_t all = usable + report->bad;
    if ((double)report->bad <= options->max_bad * (double)all) {
        return TGR_OK;
    }
    char counts[256];
    char share[TGR_NUMBER_SIZE];
    tgr_bad_reason most = most_frequent(report);
    list_counts(report, counts, sizeof counts);
    snprintf(share, sizeof share, "%.4g", options->max_bad * 100);
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%" PRIu64 " of %" PRIu64 " records are bad (%s), more than %s%%; look at %s, "
                    "or tolerate more with --max-bad",
                    report->bad, all, counts, share, report->first_bad[most]);
}

void tgr_bad_warn(const tgr_ingest_report *report, uint64_t usable, const tgr_run *run)
{
    for (int reason = 0; reason < TGR_BAD_REASONS; reason++) {
        if (report->bad_by_reason[reason] > 0) {
            tgr_run_message(run, TGR_WARNING,
                            "skipped %" PRIu64 " of %" PRIu64 " records (%s), the first: %s",
                            report->bad_by_reason[reason], usable + report->bad,
                            tgr_bad_reason_name((tgr_bad_reason)reason), report->first_bad[reason]);
        }
    }
}
