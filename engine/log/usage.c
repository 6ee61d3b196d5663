/* usage.c - OpenAI counts cached tokens among those of the prompt, Anthropic beside them. */
#include "engine/log/usage.h"

#include <math.h>

#include "engine/log/lookup.h"

double tgr_usage_cached(const tgr_tape *tape, uint32_t usage)
{
    static const char *const cached[] = {"prompt_tokens_details.cached_tokens",
                                         "input_tokens_details.cached_tokens",
                                         "cache_read_input_tokens", NULL};
    return usage > 0 ? tgr_lookup_amount(tape, tgr_lookup_any(tape, usage, cached)) : (double)NAN;
}

/* What Anthropic counts beside the prompt: tokens read from a cache, and written to one. */
static double beside(const tgr_tape *tape, uint32_t usage)
{
    static const char *const keys[] = {"cache_read_input_tokens", "cache_creation_input_tokens"};
    double sum = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        double tokens = tgr_lookup_amount(tape, tgr_lookup(tape, usage, keys[i]));
        sum += isnan(tokens) ? 0 : tokens;
    }
    return sum;
}

void tgr_usage_read(const tgr_tape *tape, uint32_t usage, tgr_call *call)
{
    static const char *const outputs[] = {"completion_tokens", "output_tokens", NULL};
    if (usage == 0) {
        return;
    }
    uint32_t prompt = tgr_lookup(tape, usage, "prompt_tokens");
    call->prompt_tokens = prompt > 0
                              ? tgr_lookup_amount(tape, prompt)
                              : tgr_lookup_amount(tape, tgr_lookup(tape, usage, "input_tokens")) +
                                    beside(tape, usage);
    call->cached_tokens = tgr_usage_cached(tape, usage);
    call->completion_tokens = tgr_lookup_amount(tape, tgr_lookup_any(tape, usage, outputs));
}
