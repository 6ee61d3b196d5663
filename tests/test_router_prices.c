/* test_router_prices.c - prices from the map, from the user's words, and from both. */
#include "tests/router_support.h"

#include <tagroute/prices.h>

#include "engine/router/price_map.h"

static const char map_text[] =
    "{\"sample_spec\": {\"input_cost_per_token\": 9, \"max_input_tokens\": \"words\"},\n"
    " \"gpt-4\": {\"input_cost_per_token\": 3e-05, \"output_cost_per_token\": 6e-05,\n"
    "   \"max_input_tokens\": 8192, \"supports_vision\": true, \"supports_audio\": false,\n"
    "   \"supports_function_calling\": true, \"litellm_provider\": \"openai\", \"extra\": [1, "
    "{}]},\n"
    " \"azure/gpt-35\": {\"input_cost_per_token\": 1e-06, \"output_cost_per_token\": 2e-06},\n"
    " \"a/mixtral\": {\"input_cost_per_token\": 1, \"output_cost_per_token\": 1},\n"
    " \"b/mixtral\": {\"input_cost_per_token\": 2, \"output_cost_per_token\": 2},\n"
    " \"claude\": {\"input_cost_per_token\": \"1e-6\", \"output_cost_per_token\": -1,\n"
    "   \"max_input_tokens\": null},\n"
    " \"odd=name\": {\"input_cost_per_token\": 0, \"output_cost_per_token\": 7},\n"
    " \"not a map\": 3,\n"
    " \"twice\": {\"input_cost_per_token\": 1}, \"twice\": {\"input_cost_per_token\": 2}}";

/* Messages that came, one a line, each after 'N' or 'W'. */
typedef struct heard {
    tgr_run run;
    tgr_buffer text;
} heard;

static void hear(void *user, tgr_level level, const char *sentence)
{
    tgr_buffer_format(&((heard *)user)->text, "%c %s\n", level == TGR_WARNING ? 'W' : 'N',
                      sentence);
}

static void listen(heard *ear)
{
    memset(ear, 0, sizeof *ear);
    ear->run = (tgr_run){.size = sizeof ear->run, .message = hear, .user = ear};
}

static tgr_router *router_of(const char *const *names, size_t count)
{
    tgr_router *router = make_router(count, 1, 7);
    for (size_t k = 0; k < count; k++) {
        tgr_mem_free(router->models[k].name);
        router->models[k].name = tgr_mem_string(names[k]);
    }
    assert_int_equal(tgr_router_update_digest(router, NULL), TGR_OK);
    return router;
}

static void the_map_is_found_by_name_alias_and_provider(void **state)
{
    (void)state;
    static const char *const names[] = {"gpt-4",   "gpt-35", "openai/gpt-4",
                                        "mixtral", "claud",  "x=y"};
    static const char *const aliases[] = {"x=y=odd=name"};
    tgr_router *router = router_of(names, 6);
    char before[33];
    strcpy(before, router->digest);
    router->models[3].price_in = 0.25;
    write_bytes("map.json", map_text, sizeof map_text - 1);
    tgr_price_options options = {
        .size = sizeof options, .map = "map.json", .aliases = aliases, .alias_count = 1};
    heard ear;
    listen(&ear);
    tgr_error error;
    if (tgr_router_set_prices(router, &options, &ear.run, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    const tgr_model *models = router->models;
    assert_true(models[0].price_in == 3e-05 && models[0].price_out == 6e-05);
    assert_true(models[0].max_input_tokens == 8192);
    assert_true(models[0].supports_known);
    assert_int_equal(models[0].support_count, 2);
    assert_string_equal(models[0].supports[0], "function_calling");
    assert_string_equal(models[0].supports[1], "vision");
    assert_true(models[1].price_in == 1e-06 && models[1].price_out == 2e-06);
    assert_true(isnan(models[1].max_input_tokens));
    assert_true(models[1].supports_known);
    assert_int_equal(models[1].support_count, 0);
    assert_true(models[2].price_in == 3e-05);
    assert_true(models[3].price_in == 0.25 && isnan(models[3].price_out));
    assert_false(models[3].supports_known);
    assert_true(isnan(models[4].price_in));
    assert_true(models[5].price_in == 0 && models[5].price_out == 7);
    assert_string_equal(
        ear.text.bytes,
        "N model \"gpt-35\" is priced as \"azure/gpt-35\" of the price map\n"
        "N model \"openai/gpt-4\" is priced as \"gpt-4\" of the price map\n"
        "W the price map has no model \"mixtral\"; near: a/mixtral, b/mixtral; name it "
        "with an alias\n"
        "W the price map has no model \"claud\"; near: claude; name it with an alias\n");
    assert_string_not_equal(router->digest, before);
    strcpy(before, router->digest);
    assert_int_equal(tgr_router_update_digest(router, NULL), TGR_OK);
    assert_string_equal(router->digest, before);
    tgr_buffer_free(&ear.text);
    tgr_router_free(router);
}

static void odd_entries_are_unknown(void **state)
{
    (void)state;
    static const char *const names[] = {"claude", "twice"};
    tgr_router *router = router_of(names, 2);
    tgr_price_options options = {.size = sizeof options, .map = "map.json"};
    write_bytes("map.json", map_text, sizeof map_text - 1);
    heard ear;
    listen(&ear);
    assert_int_equal(tgr_router_set_prices(router, &options, &ear.run, NULL), TGR_OK);
    assert_true(isnan(router->models[0].price_in) && isnan(router->models[0].price_out));
    assert_true(isnan(router->models[0].max_input_tokens));
    assert_true(router->models[1].price_in == 2);
    assert_string_equal(
        ear.text.bytes,
        "W the price map gives no price a token of \"claude\" for model \"claude\"\n"
        "W the price map gives no price a token of \"twice\" for model \"twice\"\n");
    tgr_buffer_free(&ear.text);

    tgr_price_map *map;
    assert_int_equal(tgr_price_map_open("map.json", &map, NULL), TGR_OK);
    assert_null(tgr_price_map_get(map, "sample_spec"));
    assert_null(tgr_price_map_get(map, "not a map"));
    assert_non_null(tgr_price_map_get(map, "claude"));
    tgr_price_map_close(map);
    tgr_router_free(router);
}

static void words_override_the_map(void **state)
{
    (void)state;
    static const char *const names[] = {"gpt-4", "a=b"};
    static const char *const prices[] = {"gpt-4=2.5,10/M", "a=b=1e-3,0"};
    static const char *const tokens[] = {"a=b=321.5"};
    static const char *const costs[] = {"gpt-4=0.01", "gpt-4=0.02"};
    tgr_router *router = router_of(names, 2);
    write_bytes("map.json", map_text, sizeof map_text - 1);
    tgr_price_options options = {.size = sizeof options,
                                 .map = "map.json",
                                 .prices = prices,
                                 .price_count = 2,
                                 .completion_tokens = tokens,
                                 .completion_token_count = 1,
                                 .costs = costs,
                                 .cost_count = 2};
    tgr_error error;
    if (tgr_router_set_prices(router, &options, NULL, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    assert_true(router->models[0].price_in == 2.5e-6 && router->models[0].price_out == 10e-6);
    assert_true(router->models[0].max_input_tokens == 8192);
    assert_true(router->models[0].cost == 0.02);
    assert_true(router->models[1].price_in == 1e-3 && router->models[1].price_out == 0);
    assert_true(router->models[1].mean_completion_tokens == 321.5);
    tgr_router_free(router);
}

typedef enum where { PRICE, TOKENS, COST, ALIAS, ALIAS_WITHOUT_MAP } where;

static void malformed_words_change_nothing(void **state)
{
    (void)state;
    static const struct {
        where where;
        const char *text, *words;
    } cases[] = {
        {PRICE, "gpt-4", "MODEL=IN,OUT"},
        {PRICE, "gpt-4=", "MODEL=IN,OUT"},
        {PRICE, "gpt-4=1", "MODEL=IN,OUT"},
        {PRICE, "gpt-4=1,", "MODEL=IN,OUT"},
        {PRICE, "gpt-4=,1", "MODEL=IN,OUT"},
        {PRICE, "gpt-4=1,2,3,4", "MODEL=IN,OUT"},
        {PRICE, "gpt-4=1,2/K", "MODEL=IN,OUT"},
        {PRICE, "gpt-4=1/M,2/M", "MODEL=IN,OUT"},
        {PRICE, "gpt-4=-1,2", "at least zero"},
        {PRICE, "gpt-4=nan,2", "MODEL=IN,OUT"},
        {PRICE, "gpt-4=1,1e999", "MODEL=IN,OUT"},
        {PRICE, "=1,2", "MODEL=IN,OUT"},
        {PRICE, "gpt4=1,2", "no model \"gpt4\"; near: gpt-4"},
        {TOKENS, "gpt-4=", "MODEL=N"},
        {TOKENS, "gpt-4=-5", "MODEL=N"},
        {TOKENS, "gpt-4=1,2", "MODEL=N"},
        {COST, "gpt-4=x", "MODEL=USD"},
        {COST, "nobody=1", "no model \"nobody\""},
        {ALIAS, "gpt-4", "MODEL=NAME"},
        {ALIAS, "gpt-4=", "MODEL=NAME"},
        {ALIAS, "=gpt-4", "MODEL=NAME"},
        {ALIAS, "gpt-5=gpt-4", "no model \"gpt-5\"; near: gpt-4"},
        {ALIAS, "gpt-4=claud", "no model \"claud\"; near: claude"},
        {ALIAS_WITHOUT_MAP, "gpt-4=gpt-4", "needs a price map"},
    };
    static const char *const names[] = {"gpt-4", "claude"};
    static const char *const good[] = {"claude=1,1"};
    write_bytes("map.json", map_text, sizeof map_text - 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tgr_router *router = router_of(names, 2);
        char before[33];
        strcpy(before, router->digest);
        const char *const list[] = {cases[i].text};
        tgr_price_options options = {.size = sizeof options, .prices = good, .price_count = 1};
        switch (cases[i].where) {
        case PRICE:
            options.prices = list;
            break;
        case TOKENS:
            options.completion_tokens = list;
            options.completion_token_count = 1;
            break;
        case COST:
            options.costs = list;
            options.cost_count = 1;
            break;
        default:
            options.aliases = list;
            options.alias_count = 1;
            break;
        }
        options.map = cases[i].where == ALIAS_WITHOUT_MAP ? NULL : "map.json";
        tgr_error error = {0};
        tgr_status status = tgr_router_set_prices(router, &options, NULL, &error);
        if (status != TGR_ERR_ARGUMENT || strstr(error.message, cases[i].words) == NULL) {
            fail_msg("%s: %s: %s", cases[i].text, tgr_status_name(status), error.message);
        }
        assert_true(isnan(router->models[1].price_in));
        assert_int_equal(tgr_router_update_digest(router, NULL), TGR_OK);
        assert_string_equal(router->digest, before);
        tgr_router_free(router);
    }
}

static void malformed_maps_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "{",
                                        "[]",
                                        "3",
                                        "{\"a\": }",
                                        "{\"a\": {}} x",
                                        "{\"\xff\": {}}",
                                        "{\"a\": {\"input_cost_per_token\": 1e999}}"};
    static const char *const names[] = {"gpt-4"};
    tgr_router *router = router_of(names, 1);
    tgr_price_options options = {.size = sizeof options, .map = "map.json"};
    tgr_error error;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_bytes("map.json", texts[i], strlen(texts[i]));
        tgr_status status = tgr_router_set_prices(router, &options, NULL, &error);
        if (status != TGR_ERR_INPUT || strncmp(error.message, "map.json: ", 10) != 0) {
            fail_msg("%s: %s: %s", texts[i], tgr_status_name(status), error.message);
        }
    }
    char deep[4096];
    memset(deep, '[', sizeof deep);
    memcpy(deep, "{\"a\":", 5);
    write_bytes("map.json", deep, sizeof deep);
    assert_int_equal(tgr_router_set_prices(router, &options, NULL, &error), TGR_ERR_INPUT);
    options.map = "absent.json";
    assert_int_equal(tgr_router_set_prices(router, &options, NULL, &error), TGR_ERR_IO);
    options.size = 0;
    assert_int_equal(tgr_router_set_prices(router, &options, NULL, &error), TGR_ERR_ARGUMENT);
    tgr_router_free(router);
}

static void failing_allocations_are_reported(void **state)
{
    (void)state;
    static const char *const names[] = {"gpt-4", "mixtral", "x"};
    static const char *const aliases[] = {"x=odd=name"};
    static const char *const prices[] = {"mixtral=1,2"};
    write_bytes("map.json", map_text, sizeof map_text - 1);
    tgr_price_options options = {.size = sizeof options,
                                 .map = "map.json",
                                 .aliases = aliases,
                                 .alias_count = 1,
                                 .prices = prices,
                                 .price_count = 1};
    long live = tgr_mem_live();
    for (long n = 0;; n++) {
        tgr_router *router = router_of(names, 3);
        tgr_mem_fail_after(n);
        tgr_status status = tgr_router_set_prices(router, &options, NULL, NULL);
        tgr_mem_fail_after(-1);
        assert_int_equal(tgr_router_update_digest(router, NULL), TGR_OK);
        tgr_router_free(router);
        assert_int_equal(tgr_mem_live(), live);
        if (status == TGR_OK) {
            assert_true(n > 10);
            break;
        }
        assert_int_equal(status, TGR_ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_map_is_found_by_name_alias_and_provider),
        cmocka_unit_test(odd_entries_are_unknown),
        cmocka_unit_test(words_override_the_map),
        cmocka_unit_test(malformed_words_change_nothing),
        cmocka_unit_test(malformed_maps_are_refused),
        cmocka_unit_test(failing_allocations_are_reported),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
