/* target.c - the providers, with the limits that their documentation gives. */
#include "engine/export/target.h"

#include <ctype.h>

#define OPENAI_BEFORE ",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"

static const tgr_batch_target targets[] = {
    [TGR_BATCH_OPENAI] =
        {
            .name = "openai",
            .ending = "jsonl",
            .begin = "",
            .between = "",
            .end = "",
            .before_body = OPENAI_BEFORE,
            .after_body = "}\n",
            .most_requests = 50000,
            .most_bytes = 200000000,
            .names_model = true,
        },
    [TGR_BATCH_ANTHROPIC] =
        {
            .name = "anthropic",
            .ending = "json",
            .begin = "{\"requests\":[\n",
            .between = ",\n",
            .end = "\n]}\n",
            .before_body = ",\"params\":",
            .after_body = "}",
            .most_requests = 100000,
            .most_bytes = 256000000,
            .names_model = true,
            .anthropic = true,
            .plain_ids = true,
        },
    [TGR_BATCH_MISTRAL] =
        {
            .name = "mistral",
            .ending = "jsonl",
            .begin = "",
            .between = "",
            .end = "",
            .before_body = ",\"body\":",
            .after_body = "}\n",
            .most_requests = 1000000,
            .most_bytes = 512000000,
        },
    [TGR_BATCH_VLLM] =
        {
            .name = "vllm",
            .ending = "jsonl",
            .begin = "",
            .between = "",
            .end = "",
            .before_body = OPENAI_BEFORE,
            .after_body = "}\n",
            .most_requests = 1000000,
            .most_bytes = UINT64_MAX,
            .names_model = true,
        },
};

const tgr_batch_target *tgr_batch_target_of(tgr_batch_format format)
{
    return (size_t)format < sizeof targets / sizeof *targets ? &targets[format] : NULL;
}

bool tgr_batch_id_fits(const tgr_batch_target *target, const char *id, size_t length)
{
    if (length == 0 || length > (target->plain_ids ? 64u : 512u)) {
        return false;
    }
    for (size_t i = 0; target->plain_ids && i < length; i++) {
        if (!isalnum((unsigned char)id[i]) && id[i] != '_' && id[i] != '-') {
            return false;
        }
    }
    return true;
}
