/* fuzz_prices.c - any bytes, read as a price map: no crash, no leak, or one sentence. */
#include "tests/fuzz/fuzz_file.h"

#include "engine/base/memory.h"
#include "engine/router/price_map.h"

static void look_up(const tgr_price_map *map)
{
    static const char *const names[] = {"gpt-4", "openai/gpt-4", "mixtral", "", "sample_spec"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char near[256];
        const char *found;
        tgr_error error;
        const tgr_map_price *price = tgr_price_map_find(map, names[i], &found);
        for (size_t j = 0; price != NULL && j < price->capability_count; j++) {
            fuzz_expect(tgr_price_map_capability(map, price, j)[0] != 0);
        }
        fuzz_expect(price == NULL || !(price->input < 0 || price->output < 0));
        fuzz_expect(tgr_price_map_near(map, names[i], near, sizeof near, &error) == TGR_OK);
        fuzz_expect(strnlen(near, sizeof near) < sizeof near);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    long live = tgr_mem_live();
    tgr_price_map *map;
    tgr_error error = {0};
    tgr_status status = tgr_price_map_open(fuzz_file(data, size), &map, &error);
    if (status == TGR_OK) {
        look_up(map);
        tgr_price_map_close(map);
    } else {
        fuzz_expect_sentence(status, &error);
    }
    fuzz_expect(tgr_mem_live() == live);
    return 0;
}
