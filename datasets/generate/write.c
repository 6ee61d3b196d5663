/* write.c - what both formats share: ids, words, and how long a record can become. */
#include "datasets/generate/write.h"

const char *const tgr_gen_outcome_names[3] = {"loss", "tie", "win"};

size_t tgr_gen_id(uint64_t index, char id[TGR_GEN_ID_MAX])
{
    char digits[20];
    size_t count = 0, length = 0;
    for (; index > 0 || count < 10; index /= 10) {
        digits[count++] = (char)('0' + index % 10);
    }
    id[length++] = 'q';
    while (count > 0) {
        id[length++] = digits[--count];
    }
    return length;
}

/* What a call takes, whatever its schema, beside its text. */
#define CALL_BYTES 1600

/* Generous: 512 for keys, id, category and numbers, 160 a model for its numbers and keys, its name
 * three times (models, allow, deny), 16 a tag for its count and punctuation; 64 for an event. */
size_t tgr_gen_record_bytes(const tgr_gen_world *world)
{
    size_t bytes = 512 + world->options.max_tags * (16 + (size_t)world->longest_name);
    for (uint32_t k = 0; k < world->options.models; k++) {
        bytes += 160 + 3 * (size_t)world->models[k].name_length;
    }
    return 64 + TGR_GEN_TEXT_MAX + (bytes > CALL_BYTES ? bytes : CALL_BYTES);
}
