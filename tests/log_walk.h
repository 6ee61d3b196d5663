/* log_walk.h - a log from its first record to its last, on one thread: cut and parsed in turn. */
#ifndef TGR_TESTS_LOG_WALK_H
#define TGR_TESTS_LOG_WALK_H

#include "engine/base/memory.h"
#include "engine/log/cutter.h"
#include "engine/log/parser.h"

typedef struct log_walk {
    tgr_log_cutter *cutter;
    tgr_log_parser *parser;
    tgr_log_piece piece;
    uint64_t lines; /* before the piece */
    bool begun;
} log_walk;

static inline void walk_close(log_walk *walk)
{
    tgr_log_cutter_close(walk->cutter);
    tgr_log_parser_free(walk->parser);
    tgr_log_piece_free(&walk->piece);
    *walk = (log_walk){0};
}

static inline tgr_status walk_open(log_walk *walk, const char *path, tgr_log_format format,
                                   size_t max_record, tgr_error *error)
{
    *walk = (log_walk){.parser = tgr_log_parser_new(max_record)};
    tgr_status status = TGR_ERR_NOMEM;
    if (walk->parser != NULL) {
        status = tgr_log_cutter_open(path, format, tgr_log_whole, max_record, NULL, &walk->cutter,
                                     error);
    }
    if (status != TGR_OK) {
        walk_close(walk);
    }
    return status;
}

/* The next record, with its line counted in the log. */
static inline tgr_status walk_next(log_walk *walk, tgr_log_item *item, bool *more, tgr_error *error)
{
    for (;;) {
        if (walk->begun) {
            tgr_status status = tgr_log_parser_next(walk->parser, item, more, error);
            if (status != TGR_OK || *more) {
                item->line += item->line > 0 ? walk->lines : 0;
                return status;
            }
            walk->lines += tgr_log_parser_lines(walk->parser);
        }
        tgr_status status = tgr_log_cutter_next(walk->cutter, &walk->piece, more, error);
        if (status != TGR_OK || !*more) {
            walk->begun = false;
            return status;
        }
        tgr_log_parser_begin(walk->parser, &walk->piece);
        walk->begun = true;
    }
}

static inline const char *walk_name(const log_walk *walk)
{
    return tgr_source_name(tgr_log_cutter_source(walk->cutter));
}

#endif
