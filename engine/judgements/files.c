/* files.c - file after file. */
#include "engine/judgements/files.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/judgements/outcomes.h"

tgr_status tgr_judgements_check(const char *const *paths, size_t count, tgr_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (paths[i] == NULL || strcmp(paths[i], "-") == 0) {
            return tgr_fail(error, TGR_ERR_ARGUMENT,
                            "judgements are read from a file, not from standard input");
        }
    }
    return TGR_OK;
}

/* An id is cut at a whole character. */
static void show_id(char shown[64], const char *id, size_t length)
{
    if (length > 63) {
        length = 63;
        while (length > 0 && ((unsigned char)id[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    memcpy(shown, id, length);
    shown[length] = '\0';
}

/* A weight is the query's: how many queries it stands for. */
static tgr_status check_weights(const tgr_judgements *judged, tgr_error *error)
{
    double weights[2];
    char id[64];
    size_t length;
    uint32_t odd = tgr_judgements_odd_weights(judged, weights);
    if (odd == TGR_STRING_NONE) {
        return TGR_OK;
    }
    const char *text = tgr_strings_get(judged->ids, odd, &length);
    show_id(id, text, length);
    return tgr_fail(error, TGR_ERR_INPUT,
                    "the judgements of %s have the weights %g and %g, and a query has one; give "
                    "all of its judgements the same",
                    id, weights[0], weights[1]);
}

tgr_status tgr_judgements_read(tgr_judgements *judged, const char *const *paths, size_t count,
                               const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_judgements_check(paths, count, error));
    status = tgr_judgements_open(judged) ? TGR_OK : tgr_fail_memory(error, "judgements");
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        status = tgr_outcomes_read(paths[i], judged, run, error);
    }
    if (status == TGR_OK && judged->count == 0) {
        status = tgr_fail(error, TGR_ERR_INPUT, "%s: holds no judgement", paths[0]);
    }
    if (status == TGR_OK && !tgr_judgements_settle(judged)) {
        status = tgr_fail_memory(error, "judgements");
    }
    if (status == TGR_OK) {
        status = check_weights(judged, error);
    }
done:
    return status;
}

/* ---- what became of their ids -------------------------------------------------------------------
 */

void tgr_judgements_report(const tgr_judgements *judged, tgr_judged_ids *report)
{
    *report = (tgr_judged_ids){.ids = tgr_strings_count(judged->ids)};
    for (uint32_t id = 0; id < report->ids; id++) {
        size_t length;
        const char *text = tgr_strings_get(judged->ids, id, &length);
        if (!judged->seen[id]) {
            if (report->unmatched < TGR_JUDGED_SHOWN) {
                show_id(report->first_unmatched[report->unmatched], text, length);
            }
            report->unmatched++;
        }
    }
}
