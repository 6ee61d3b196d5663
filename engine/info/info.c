/* info.c - which kind of file it is, and its description. */
#include <tagroute/info.h>

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/error.h"
#include "engine/info/sheet.h"
#include "engine/store/kind.h"

static tgr_status describe(tgr_sheet *sheet, const char *path, const tgr_price_options *prices,
                           const tgr_run *run, tgr_error *error)
{
    tgr_file_kind kind;
    tgr_status status = tgr_file_kind_of(path, &kind, error);
    if (status != TGR_OK) {
        return status;
    }
    bool priced = kind == TGR_KIND_QUERIES || kind == TGR_KIND_ROUTER;
    if (prices != NULL && !priced && kind != TGR_KIND_UNKNOWN) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "%s: prices say something of query files and routers, not of this file",
                        path);
    }
    switch (kind) {
    case TGR_KIND_QUERIES:
        return tgr_describe_queries(sheet, path, prices, run, error);
    case TGR_KIND_DECISIONS:
        return tgr_describe_decisions(sheet, path, error);
    case TGR_KIND_ROUTER:
        return tgr_describe_router(sheet, path, prices, run, error);
    case TGR_KIND_VOCABULARY:
        return tgr_describe_vocabulary(sheet, path, error);
    case TGR_KIND_UNKNOWN:
        break;
    }
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: is no query file, router, vocabulary or decision file that tagroute can "
                    "read (HDF5 with /X, or MessagePack of the format tagroute.router or "
                    "tagroute.vocabulary)",
                    path);
}

tgr_status tgr_info(const char *path, char **text, char **json, const tgr_run *run,
                    tgr_error *error)
{
    return tgr_info_priced(path, NULL, text, json, run, error);
}

tgr_status tgr_info_priced(const char *path, const tgr_price_options *prices, char **text,
                           char **json, const tgr_run *run, tgr_error *error)
{
    tgr_sheet sheet = {0};
    tgr_status status = describe(&sheet, path, prices, run, error);
    if (status == TGR_OK && (sheet.text.failed || sheet.json_text.failed)) {
        status = tgr_fail_memory(error, "the description");
    }
    if (status == TGR_OK && text != NULL) {
        *text = sheet.text.bytes;
        sheet.text = (tgr_buffer){0};
    }
    if (status == TGR_OK && json != NULL) {
        *json = sheet.json_text.bytes;
        sheet.json_text = (tgr_buffer){0};
    }
    tgr_sheet_free(&sheet);
    return status;
}
