/* log_walk.c - see log_walk.h. */
#include "engine/export/log_walk.h"

#include "engine/base/error.h"
#include "engine/base/runtime.h"

#define MOST_RECORD ((size_t)1 << 30) /* what ingest took, however large it was told to take */

tgr_status tgr_log_walk_open(tgr_log_walk *walk, const char *path, tgr_log_format format,
                             const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    walk->run = run;
    TGR_TRY(
        tgr_log_cutter_open(path, format, tgr_log_whole, MOST_RECORD, run, &walk->cutter, error));
    walk->parser = tgr_log_parser_new(MOST_RECORD);
    if (walk->parser == NULL) {
        TGR_TRY(tgr_fail_memory(error, "the parser of a log"));
    }
    TGR_TRY(tgr_log_walk_next(walk, error));
done:
    return status;
}

void tgr_log_walk_close(tgr_log_walk *walk)
{
    tgr_log_parser_free(walk->parser);
    tgr_log_piece_free(&walk->piece);
    tgr_log_cutter_close(walk->cutter);
    *walk = (tgr_log_walk){0};
}

tgr_status tgr_log_walk_next(tgr_log_walk *walk, tgr_error *error)
{
    tgr_status status = TGR_OK;
    walk->has = false;
    while (!walk->ended) {
        if (walk->in_piece) {
            bool more;
            TGR_TRY(tgr_log_parser_next(walk->parser, &walk->item, &more, error));
            if (more) {
                walk->has = true;
                return TGR_OK;
            }
        }
        bool more;
        TGR_TRY(tgr_run_check(walk->run, error));
        TGR_TRY(tgr_log_cutter_next(walk->cutter, &walk->piece, &more, error));
        walk->in_piece = more;
        walk->ended = !more;
        if (more) {
            tgr_log_parser_begin(walk->parser, &walk->piece);
        }
    }
done:
    return status;
}

tgr_status tgr_log_walk_check(const tgr_log_walk *walk, int64_t bytes, uint64_t hash,
                              tgr_error *error)
{
    tgr_source_mark mark = tgr_source_marked(tgr_log_cutter_source(walk->cutter));
    bool known = bytes >= 0 && hash != 0;
    if (known && (mark.length != (uint64_t)bytes || mark.content != hash)) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s has changed since it was ingested; ingest and route it anew",
                        tgr_log_walk_name(walk));
    }
    return TGR_OK;
}

const char *tgr_log_walk_name(const tgr_log_walk *walk)
{
    return tgr_source_name(tgr_log_cutter_source(walk->cutter));
}
