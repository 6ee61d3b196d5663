/* policy_file.c - a policy and its threshold as a small MessagePack map, bound to a router. */
#include <tagroute/solve.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/router/fields.h"
#include "engine/router/file_bytes.h"
#include "engine/router/pack.h"

#define FORMAT     "tagroute.policy"
#define VERSION    1
#define FILE_LIMIT ((size_t)1 << 16)

enum { FORMAT_KEY, VERSION_KEY, POLICY, THRESHOLD, ROUTER, KEYS };

static const char *const keys[KEYS] = {"format", "version", "policy", "threshold", "router"};

/* ---- writing --------------------------------------------------------------------------------- */

static void pack_text(msgpack_packer *packer, int key, const char *text)
{
    tgr_pack_text(packer, keys[key], strlen(keys[key]));
    tgr_pack_text(packer, text, strlen(text));
}

tgr_status tgr_policy_save(const tgr_saved_policy *policy, const char *path, tgr_error *error)
{
    tgr_buffer file = {0};
    tgr_output output = {.fd = -1};
    msgpack_packer packer;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_policy_check_threshold(policy->policy, policy->threshold, error));
    msgpack_packer_init(&packer, &file, tgr_pack_to_buffer);
    msgpack_pack_map(&packer, KEYS);
    pack_text(&packer, FORMAT_KEY, FORMAT);
    tgr_pack_text(&packer, keys[VERSION_KEY], strlen(keys[VERSION_KEY]));
    msgpack_pack_uint64(&packer, VERSION);
    pack_text(&packer, POLICY, tgr_policy_name(policy->policy));
    tgr_pack_text(&packer, keys[THRESHOLD], strlen(keys[THRESHOLD]));
    msgpack_pack_double(&packer, policy->threshold);
    pack_text(&packer, ROUTER, policy->router_digest);
    if (file.failed) {
        status = tgr_fail_memory(error, "the policy");
        goto done;
    }
    TGR_TRY(tgr_output_open(&output, path, error));
    TGR_TRY(tgr_write_all(output.fd, file.bytes, file.length, path, error));
    TGR_TRY(tgr_output_commit(&output, error));
done:
    tgr_output_abandon(&output);
    tgr_buffer_free(&file);
    return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

static tgr_status check_format(const tgr_fields *fields, tgr_error *error)
{
    tgr_item format, version;
    tgr_status status = tgr_fields_need(fields, FORMAT_KEY, TGR_ITEM_STRING, &format, NULL, error);
    if (status == TGR_OK) {
        status = tgr_fields_need(fields, VERSION_KEY, TGR_ITEM_UNSIGNED, &version, NULL, error);
    }
    if (status == TGR_OK &&
        (format.count != strlen(FORMAT) || memcmp(format.as.bytes, FORMAT, format.count) != 0)) {
        status =
            tgr_fail(error, TGR_ERR_INPUT, "this is no policy file; write one with --save-policy");
    }
    if (status == TGR_OK && version.as.whole != VERSION) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "this policy was written by a newer tagroute; update tagroute");
    }
    return status;
}

static tgr_status read_policy(const tgr_fields *fields, tgr_saved_policy *policy, tgr_error *error)
{
    char *name = NULL, *digest = NULL;
    tgr_status status = TGR_OK;
    policy->threshold = NAN;
    TGR_TRY(check_format(fields, error));
    TGR_TRY(tgr_fields_text(fields, POLICY, &name, error));
    TGR_TRY(tgr_fields_text(fields, ROUTER, &digest, error));
    TGR_TRY(tgr_fields_number(fields, THRESHOLD, &policy->threshold, error));
    if (tgr_policy_by_name(name, &policy->policy, error) != TGR_OK ||
        tgr_policy_check_threshold(policy->policy, policy->threshold, error) != TGR_OK) {
        status = TGR_ERR_INPUT;
        goto done;
    }
    if (strlen(digest) >= sizeof policy->router_digest) {
        status = tgr_fail(error, TGR_ERR_INPUT, "this is no policy file; its router has no digest");
        goto done;
    }
    snprintf(policy->router_digest, sizeof policy->router_digest, "%s", digest);
done:
    tgr_mem_free(name);
    tgr_mem_free(digest);
    return status;
}

static tgr_status read_file(const char *path, tgr_saved_policy *policy, tgr_error *error)
{
    tgr_file_bytes file = {0};
    tgr_fields fields;
    tgr_buffer unknown = {0};
    uint32_t unknown_pairs = 0;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_file_bytes_read(path, FILE_LIMIT, 8, NULL, &file, error));
    tgr_cursor whole = {file.bytes, file.length, 0}, cursor = whole;
    if (tgr_cursor_skip(&whole) != TGR_CURSOR_OK || whole.at != file.length) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s: this is no policy file; write one with "
                          "--save-policy",
                          path);
        goto done;
    }
    status = tgr_fields_read(&fields, "", keys, KEYS, &cursor, &unknown, &unknown_pairs, error);
    if (status == TGR_OK) {
        status = read_policy(&fields, policy, error);
    }
    if (status != TGR_OK) {
        if (error != NULL) {
            error->status = status;
        }
        tgr_error_prefix(error, "%s", path);
    }
done:
    tgr_buffer_free(&unknown);
    tgr_mem_free(file.bytes);
    return status;
}

tgr_status tgr_policy_load(const char *path, const tgr_router *router, tgr_saved_policy *policy,
                           tgr_error *error)
{
    tgr_status status = read_file(path, policy, error);
    if (status == TGR_OK && router != NULL && strcmp(policy->router_digest, router->digest) != 0) {
        status = tgr_fail(error, TGR_ERR_ARGUMENT,
                          "%s: the policy was saved for router %s, and this is %s; take that "
                          "router, with the prices it had, or solve again",
                          path, policy->router_digest, router->digest);
    }
    return status;
}
