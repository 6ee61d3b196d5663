/* fuzz_answers.c - any bytes as a file of answers: opened, read, written behind, and opened again.
 */
#include "tests/fuzz/fuzz_file.h"

#include "engine/base/memory.h"
#include "engine/endpoint/answer_cache.h"

static uint64_t read_all(tgr_answer_cache *cache)
{
    uint64_t answers = 0;
    for (size_t i = 0; i < cache->index.capacity; i++) {
        tgr_kept_answer answer;
        bool earlier;
        if (cache->index.slots[i].value != 0) {
            fuzz_expect(tgr_answer_cache_read(cache, cache->index.slots[i].key, &answer, &earlier,
                                              NULL) == TGR_OK);
            fuzz_expect(earlier && answer.length <= TGR_KEPT_ANSWER_MOST);
            answers++;
        }
    }
    return answers;
}

static void open_again(const char *path, uint64_t answers)
{
    tgr_answer_cache cache;
    fuzz_expect(tgr_answer_cache_open(&cache, path, NULL) == TGR_OK);
    fuzz_expect(cache.answers == answers && read_all(&cache) == answers);
    tgr_answer_cache_close(&cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    long live = tgr_mem_live();
    const char *path = fuzz_file(data, size);
    tgr_answer_cache cache;
    tgr_error error = {0};
    tgr_status status = tgr_answer_cache_open(&cache, path, &error);
    if (status == TGR_OK) {
        const XXH128_hash_t key = XXH3_128bits("new", 3);
        const tgr_kept_answer answer = {1, 2, 3, "a, b", 4};
        uint64_t answers = cache.answers;
        fuzz_expect(read_all(&cache) == answers);
        bool known = tgr_answer_cache_knows(&cache, key) != TGR_KNOWN_NOT;
        fuzz_expect(tgr_answer_cache_keep(&cache, key, &answer, NULL) == TGR_OK);
        tgr_answer_cache_close(&cache);
        open_again(path, answers + !known);
    } else {
        fuzz_expect_sentence(status, &error);
    }
    fuzz_expect(tgr_mem_live() == live);
    return 0;
}
