/* fuzz_router.c - any bytes, read as a router: no crash, no leak; what is taken is written and read
 * again as the same router. */
#include "tests/fuzz/fuzz_file.h"

#include <tagroute/router.h>

#include "engine/base/memory.h"

static char copy[64];

static void remove_copy(void)
{
    unlink(copy);
}

/* A path of our own to write to. */
static const char *copy_path(void)
{
    if (copy[0] == 0) {
        snprintf(copy, sizeof copy, "/tmp/tagroute-fuzz-%ld.msgpack", (long)getpid());
        atexit(remove_copy);
    }
    return copy;
}

static void write_and_read(const tgr_router *router)
{
    tgr_router *again = NULL;
    tgr_error error = {0};
    size_t cells = tgr_router_tags(router) * tgr_router_models(router);
    tgr_status status = tgr_router_save(router, copy_path(), &error);
    fuzz_expect(status == TGR_OK && tgr_router_load(copy_path(), &again, &error) == TGR_OK);
    fuzz_expect(strcmp(tgr_router_digest(router), tgr_router_digest(again)) == 0);
    fuzz_expect(tgr_router_tags(again) == tgr_router_tags(router) &&
                tgr_router_models(again) == tgr_router_models(router) &&
                tgr_router_reference(again) == tgr_router_reference(router));
    fuzz_expect(
        memcmp(tgr_router_weights(router), tgr_router_weights(again), cells * sizeof(float)) == 0);
    tgr_router_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    long live = tgr_mem_live();
    tgr_router *router = NULL;
    tgr_error error = {0};
    tgr_status status = tgr_router_load(fuzz_file(data, size), &router, &error);
    if (status == TGR_OK) {
        write_and_read(router);
    } else {
        fuzz_expect_sentence(status, &error);
    }
    tgr_router_free(router);
    fuzz_expect(tgr_mem_live() == live);
    return 0;
}
