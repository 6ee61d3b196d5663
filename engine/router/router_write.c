/* router_write.c - a router to its file, and to its digest. Neither copies the weights. */
#include <inttypes.h>
#include <string.h>

#include <tagroute/router.h>

#include "engine/base/error.h"
#include "engine/base/output.h"
#include "engine/router/digest.h"
#include "engine/router/pack.h"
#include "engine/router/router.h"
#include "engine/router/schema.h"

#define FLUSH_AT ((size_t)1 << 20)

/* Bytes on their way to the file. What goes wrong is kept in `status`, as the packer's calls have
 * no way to say it well. */
typedef struct sink {
    tgr_buffer buffer;
    const tgr_output *output;
    tgr_status status;
    tgr_error *error;
} sink;

static void flush(sink *out)
{
    if (out->status == TGR_OK && out->buffer.failed) {
        out->status = tgr_fail_memory(out->error, "writing the router");
    }
    if (out->status == TGR_OK && out->buffer.length > 0) {
        out->status = tgr_write_all(out->output->fd, out->buffer.bytes, out->buffer.length,
                                    out->output->path, out->error);
    }
    tgr_buffer_clear(&out->buffer);
}

static int to_sink(void *data, const char *bytes, size_t length)
{
    sink *out = data;
    tgr_buffer_add(&out->buffer, bytes, length);
    if (out->buffer.failed || out->buffer.length >= FLUSH_AT) {
        flush(out);
    }
    return 0;
}

static void write_array(sink *out, msgpack_packer *packer, const tgr_router_array *array)
{
    tgr_pack_text(packer, array->key, strlen(array->key));
    msgpack_pack_bin(packer, array->length);
    flush(out);
    if (out->status == TGR_OK) {
        out->status = tgr_write_all(out->output->fd, array->bytes, array->length, out->output->path,
                                    out->error);
    }
}

static tgr_status write_router(const tgr_router *router, const char *digest,
                               const tgr_output *output, tgr_error *error)
{
    sink out = {.output = output, .error = error};
    msgpack_packer packer;
    msgpack_packer_init(&packer, &out, to_sink);
    msgpack_pack_map(&packer, (size_t)tgr_router_pairs(router) + TGR_ROUTER_ARRAYS + 1);
    tgr_router_pack(router, &packer);
    tgr_router_array arrays[TGR_ROUTER_ARRAYS];
    tgr_router_arrays(router, arrays);
    for (size_t i = 0; i < TGR_ROUTER_ARRAYS; i++) {
        write_array(&out, &packer, &arrays[i]);
    }
    tgr_pack_text(&packer, "digest", strlen("digest"));
    tgr_pack_text(&packer, digest, strlen(digest));
    flush(&out);
    tgr_buffer_free(&out.buffer);
    return out.status;
}

/* MessagePack counts the bytes of an array in 32 bits. */
static tgr_status check_sizes(const tgr_router *router, tgr_error *error)
{
    tgr_router_array arrays[TGR_ROUTER_ARRAYS];
    tgr_router_arrays(router, arrays);
    for (size_t i = 0; i < TGR_ROUTER_ARRAYS; i++) {
        if (arrays[i].length > UINT32_MAX) {
            return tgr_fail(
                error, TGR_ERR_UNSUPPORTED,
                "the router's %s take %zu bytes, and a router file holds less than 4 GiB of "
                "them; drop rare tags with a larger minimum count, or use fewer models",
                arrays[i].key, arrays[i].length);
        }
    }
    return TGR_OK;
}

static tgr_status compute_digest(const tgr_router *router, char digest[33], tgr_error *error)
{
    tgr_buffer pairs = {0};
    msgpack_packer packer;
    msgpack_packer_init(&packer, &pairs, tgr_pack_to_buffer);
    tgr_router_pack(router, &packer);
    tgr_status status = TGR_OK;
    if (pairs.failed) {
        status = tgr_fail_memory(error, "the router's digest");
    } else {
        tgr_map_digest map = {0};
        tgr_map_digest_add(&map, pairs.bytes, pairs.length, tgr_router_pairs(router));
        tgr_router_array arrays[TGR_ROUTER_ARRAYS];
        tgr_router_arrays(router, arrays);
        for (size_t i = 0; i < TGR_ROUTER_ARRAYS; i++) {
            tgr_map_digest_binary(&map, arrays[i].key, arrays[i].bytes, arrays[i].length);
        }
        tgr_map_digest_text(&map, digest);
    }
    tgr_buffer_free(&pairs);
    return status;
}

tgr_status tgr_router_update_digest(tgr_router *router, tgr_error *error)
{
    return compute_digest(router, router->digest, error);
}

tgr_status tgr_router_save(const tgr_router *router, const char *path, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_output output = {.fd = -1};
    char digest[33];
    status = tgr_router_check(router, error);
    if (status != TGR_OK) {
        tgr_error_prefix(error, "cannot write %s", path);
        return status;
    }
    TGR_TRY(check_sizes(router, error));
    TGR_TRY(compute_digest(router, digest, error));
    TGR_TRY(tgr_output_open(&output, path, error));
    TGR_TRY(write_router(router, digest, &output, error));
    TGR_TRY(tgr_output_commit(&output, error));
done:
    tgr_output_abandon(&output);
    return status;
}
