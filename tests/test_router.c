/* test_router.c - a router in memory: accessors, names, suggestions. */
#include "tests/router_parts.h"

#define SEED 20240618u

static void accessors_answer_out_of_range(void **state)
{
    (void)state;
    tgr_router *router = make_router(3, 4, SEED);
    assert_int_equal(tgr_router_models(router), 3);
    assert_int_equal(tgr_router_tags(router), 4);
    assert_int_equal(tgr_router_reference(router), 2);
    assert_string_equal(tgr_router_model(router, 1), "m1");
    assert_null(tgr_router_model(router, 3));
    assert_string_equal(tgr_router_tag(router, 3), "t3");
    assert_null(tgr_router_tag(router, 4));
    assert_null(tgr_router_tag(router, SIZE_MAX));
    assert_ptr_equal(tgr_router_weights(router), router->weights);
    assert_ptr_equal(tgr_router_bias(router), router->bias);
    assert_ptr_equal(tgr_router_counts(router), router->counts);
    assert_int_equal(strlen(tgr_router_digest(router)), 32);
    tgr_router_free(router);
    tgr_router_free(NULL);

    router = tgr_router_new();
    assert_int_equal(tgr_router_tags(router), 0);
    assert_int_equal(tgr_router_update_digest(router, NULL), TGR_OK);
    tgr_error error;
    assert_int_equal(tgr_router_save(router, "r", &error), TGR_ERR_INPUT);
    tgr_router_free(router);
}

static void models_are_found_by_name(void **state)
{
    (void)state;
    tgr_router *router = make_router(12, 1, SEED);
    size_t model = 99;
    tgr_error error;
    assert_int_equal(tgr_router_find_model(router, "m7"), 7);
    assert_int_equal(tgr_router_find_model(router, "m"), -1);
    assert_int_equal(tgr_router_need_model(router, "m11", &model, &error), TGR_OK);
    assert_int_equal(model, 11);
    assert_int_equal(tgr_router_need_model(router, "M11", &model, &error), TGR_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "no model \"M11\"; near: m11"));
    assert_non_null(strstr(error.message, "m0, m1, m2"));
    tgr_router_free(router);

    static const char *const names[] = {
        "gpt-4-1106-preview", "gpt-4", "claude-3-opus",         "gpt-4o",
        "openai/gpt-4",       "x",     "mistralai/Mixtral-8x7B"};
    char text[64];
    tgr_near_names("gpt4", names, 7, text, sizeof text);
    assert_string_equal(text, "gpt-4, gpt-4o");
    tgr_near_names("mixtral-8x7b", names, 7, text, sizeof text);
    assert_string_equal(text, "mistralai/Mixtral-8x7B");
    tgr_near_names("GPT-4", names, 7, text, sizeof text);
    assert_string_equal(text, "gpt-4, gpt-4o, openai/gpt-4");
    tgr_near_names("llama", names, 7, text, sizeof text);
    assert_string_equal(text, "");
    tgr_near_names("GPT-4", names, 7, text, 6);
    assert_string_equal(text, "gpt-4");
    tgr_near_names("GPT-4", names, 7, text, 5);
    assert_string_equal(text, "");
    tgr_near_names("", names, 7, text, sizeof text);
    assert_string_equal(text, "");

    tgr_count count;
    assert_true(tgr_count_by_name("log", &count));
    assert_int_equal(count, TGR_COUNT_LOG);
    assert_false(tgr_count_by_name("Log", &count));
    assert_string_equal(tgr_count_name(TGR_COUNT_BINARY), "binary");
    assert_null(tgr_count_name(TGR_COUNT_DEFAULT));
}

int main(void)
{
    printf("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accessors_answer_out_of_range),
        cmocka_unit_test(models_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
