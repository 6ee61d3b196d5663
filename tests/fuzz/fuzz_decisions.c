/* fuzz_decisions.c - any bytes, described as `tagroute info` does, and counted as decisions: no
 * crash, no leak; every decision counted once, or one sentence. */
#include "tests/fuzz/fuzz_file.h"

#include <tagroute/info.h>

#include "engine/base/memory.h"
#include "engine/store/decisions.h"

static void check_counts(const tgr_decisions_summary *summary)
{
    size_t width = summary->model_count + 1;
    for (size_t threshold = 0; threshold < summary->threshold_count; threshold++) {
        uint64_t sum = 0;
        for (size_t model = 0; model < width; model++) {
            sum += summary->chosen[threshold * width + model];
        }
        fuzz_expect(sum == summary->rows);
    }
}

static void describe(const char *path)
{
    char *text = NULL, *json = NULL;
    tgr_error error = {0};
    tgr_status status = tgr_info(path, &text, &json, NULL, &error);
    if (status == TGR_OK) {
        fuzz_expect(text[0] != 0 && json[0] == '{');
    } else {
        fuzz_expect(text == NULL && json == NULL);
        fuzz_expect_sentence(status, &error);
    }
    tgr_free(text);
    tgr_free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(data, size);
    long live = tgr_mem_live();
    tgr_decisions_summary summary;
    tgr_error error = {0};
    tgr_status status = tgr_decisions_summarise(path, &summary, &error);
    if (status == TGR_OK) {
        check_counts(&summary);
        tgr_decisions_summary_free(&summary);
    } else {
        fuzz_expect_sentence(status, &error);
    }
    describe(path);
    fuzz_expect(tgr_mem_live() == live);
    return 0;
}
