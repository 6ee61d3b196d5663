/* test_router_serve.c - a router made ready for a query file, against plain loops. */
#include "tests/router_support.h"

#define SEED 20240619u

static const char *const capabilities[] = {"audio", "json", "vision"};

static double usual_cost(const tgr_model *model)
{
    return isnan(model->mean_cost) ? model->cost : model->mean_cost;
}

static void weights_are_gathered(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 5, 8, 9, 16, 17, 64, 65, 300};
    uint64_t seed = SEED;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        size_t models = counts[c];
        tgr_router *router = make_router(models, 31, SEED + c);
        for (size_t k = 0; k < models; k++) {
            uint64_t draw = next_random(&seed);
            router->models[k].mean_cost = draw % 4 == 0 ? NAN : (double)(draw >> 32 & 3);
            router->models[k].cost = draw % 3 == 0 ? NAN : (double)(draw >> 40 & 3);
        }
        tgr_query_file *file = make_file(router, 40, &seed);
        tgr_serve *serve;
        tgr_error error;
        assert_int_equal(tgr_serve_open(router, file, &serve, &error), TGR_OK);

        assert_int_equal(serve->models, models);
        assert_int_equal(serve->stride, models <= 4   ? 4
                                        : models <= 8 ? 8
                                                      : (models + 15) / 16 * 16);
        assert_int_equal((uintptr_t)serve->weights % 64, 0);
        for (size_t p = 0; p < models; p++) {
            assert_int_equal(serve->place[serve->order[p]], p);
            if (p > 0) {
                double before = usual_cost(&router->models[serve->order[p - 1]]);
                double after = usual_cost(&router->models[serve->order[p]]);
                bool same = before == after || (isnan(before) && isnan(after));
                assert_true(same ? serve->order[p - 1] < serve->order[p]
                                 : isnan(after) || before < after);
            }
        }
        assert_int_equal(serve->order[serve->reference], router->reference);

        uint32_t unknown = 0;
        for (uint32_t column = 0; column < file->columns; column++) {
            size_t length;
            const char *tag = tgr_strings_get(file->tags, column, &length);
            int number = tag[0] == 't' ? atoi(tag + 1) : -1;
            bool known = number >= 0 && number < 31;
            unknown += !known;
            assert_int_equal(serve->known[column], known);
            for (size_t p = 0; p < serve->stride; p++) {
                float wanted = known && p < models
                                   ? router->weights[(size_t)number * models + serve->order[p]]
                                   : 0;
                assert_true(serve->weights[column * serve->stride + p] == wanted);
            }
        }
        assert_int_equal(serve->unknown_tags, unknown);
        for (size_t p = 0; p < models; p++) {
            assert_true(serve->bias[p] == router->bias[serve->order[p]]);
            int32_t column = serve->file_model[p]; /* by the router's number */
            size_t length;
            if (column >= 0) {
                assert_string_equal(tgr_strings_get(file->models, (uint32_t)column, &length),
                                    router->models[p].name);
            } else {
                const char *name = router->models[p].name;
                assert_int_equal(tgr_strings_find(file->models, name, strlen(name)),
                                 TGR_STRING_NONE);
            }
        }
        tgr_serve_close(serve);
        free_file(file);
        tgr_router_free(router);
    }
}

static void costs_come_from_the_best_source(void **state)
{
    (void)state;
    tgr_router *router = make_router(4, 1, SEED);
    uint64_t seed = SEED;
    tgr_query_file *file = make_file(router, 1, &seed);
    tgr_model *models = router->models;
    models[0].mean_cost = 3;
    models[0].cost = 1;
    models[1].cost = 2;
    models[2].price_in = 0.5;
    models[2].price_out = 0.25;
    models[2].mean_completion_tokens = 100;
    models[3].price_in = 0.5;
    models[3].price_out = 0.25;
    tgr_serve *serve;
    tgr_error error;
    assert_int_equal(tgr_serve_open(router, file, &serve, &error), TGR_OK);
    assert_int_equal(serve->order[0], 1);
    assert_int_equal(serve->order[1], 0);
    assert_int_equal(serve->order[2], 2);
    assert_int_equal(serve->order[3], 3);
    assert_true(serve->flat[0] == 2 && serve->flat[1] == 3 && isnan(serve->flat[2]));
    assert_int_equal(serve->flat_source[0], TGR_COST_FLAT);
    assert_int_equal(serve->flat_source[1], TGR_COST_MEAN);
    assert_int_equal(serve->flat_source[2], TGR_COST_NONE);
    assert_true(serve->any_price);
    assert_true(isnan(serve->price_in[0]) && isnan(serve->price_out[0]));
    assert_true(serve->price_in[2] == 0.5 && serve->price_out[2] == 25);
    assert_true(isnan(serve->price_in[3]));
    assert_int_equal(tgr_serve_wants(serve, file), 0);
    assert_int_equal(tgr_serve_need_costs(serve, router, &error), TGR_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "\"m2\""));
    assert_non_null(strstr(error.message, "no prompt tokens"));
    tgr_serve_close(serve);

    file->has_prompt_tokens = true;
    assert_int_equal(tgr_serve_open(router, file, &serve, &error), TGR_OK);
    assert_int_equal(tgr_serve_wants(serve, file), TGR_WANT_PROMPT_TOKENS);
    assert_int_equal(tgr_serve_need_costs(serve, router, &error), TGR_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "\"m3\""));
    assert_non_null(strstr(error.message, "completion tokens"));
    tgr_serve_close(serve);

    models[3].price_in = NAN;
    assert_int_equal(tgr_serve_open(router, file, &serve, &error), TGR_OK);
    assert_int_equal(tgr_serve_need_costs(serve, router, &error), TGR_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "prices a token are not known"));
    tgr_serve_close(serve);

    models[3].cost = 0;
    assert_int_equal(tgr_serve_open(router, file, &serve, &error), TGR_OK);
    assert_int_equal(tgr_serve_need_costs(serve, router, &error), TGR_OK);
    tgr_serve_close(serve);
    free_file(file);
    tgr_router_free(router);
}

static void another_tagger_is_refused(void **state)
{
    (void)state;
    tgr_router *router = make_router(2, 1, SEED);
    uint64_t seed = SEED;
    tgr_query_file *file = make_file(router, 1, &seed);
    tgr_serve *serve = NULL;
    tgr_error error;
    char digest[33];
    tgr_tagger_digest("given", true, digest);
    file->tagger_digest = digest;
    file->category_tag = true;
    assert_int_equal(tgr_serve_open(router, file, &serve, &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "queries.h5 was tagged with the category"));
    tgr_tagger_digest("other", false, digest);
    file->category_tag = false;
    assert_int_equal(tgr_serve_open(router, file, &serve, &error), TGR_ERR_INPUT);
    assert_null(serve);
    tgr_tagger_digest("given", false, digest);
    assert_int_equal(tgr_serve_open(router, file, &serve, &error), TGR_OK);
    tgr_serve_close(serve);
    free_file(file);
    tgr_router_free(router);
}

static void counts_are_transformed(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1, 2, 255, 7, 100};
    static const uint16_t shorts[] = {1, 256, 65535, 255, 3000};
    static const float floats[] = {1, -0.5f, 0.25f, 1e30f, 1e-30f};
    static const void *const values[] = {bytes, shorts, floats};
    static const int64_t indptr[] = {0, 2, 2, 5};
    static const uint32_t indices[] = {3, 4, 0, 7, 9};
    tgr_router *router = make_router(1, 1, SEED);
    tgr_transform transform = {0};
    tgr_error error;
    for (int type = TGR_U8; type <= TGR_F32; type++) {
        for (int count = TGR_COUNT_RAW; count <= TGR_COUNT_LOG; count++) {
            tgr_batch batch = {.rows = 3,
                               .x = {3, indptr, indices, values[type], (tgr_value_type)type, NULL}};
            router->count = (tgr_count)count;
            assert_int_equal(tgr_serve_transform(router, &batch, &transform, &error), TGR_OK);
            assert_int_equal(batch.x.value_type, count == TGR_COUNT_LOG ? TGR_F32 : type);
            for (size_t i = 0; i < 5; i++) {
                double from = type == TGR_U8 ? bytes[i] : type == TGR_U16 ? shorts[i] : floats[i];
                double got = batch.x.value_type == TGR_U8    ? ((const uint8_t *)batch.x.values)[i]
                             : batch.x.value_type == TGR_U16 ? ((const uint16_t *)batch.x.values)[i]
                                                             : ((const float *)batch.x.values)[i];
                double wanted = count == TGR_COUNT_RAW      ? from
                                : count == TGR_COUNT_BINARY ? 1
                                                            : (double)(float)log1p(from);
                assert_true(got == wanted);
            }
        }
    }
    static const float below[] = {1, 1, 1, -1, 1};
    tgr_batch batch = {.first_row = 10, .rows = 3, .x = {3, indptr, indices, below, TGR_F32, NULL}};
    assert_int_equal(tgr_serve_transform(router, &batch, &transform, &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "row 12 "));
    assert_non_null(strstr(error.message, "column 7"));
    tgr_transform_free(&transform);
    tgr_mem_fail_after(0);
    batch.x.values = floats;
    assert_int_equal(tgr_serve_transform(router, &batch, &transform, &error), TGR_ERR_NOMEM);
    tgr_mem_fail_after(-1);
    assert_ptr_equal(batch.x.values, floats);
    tgr_transform_free(&transform);
    tgr_router_free(router);
}

static void failing_allocations_are_reported(void **state)
{
    (void)state;
    tgr_router *router = make_router(65, 10, SEED);
    uint64_t seed = SEED;
    tgr_query_file *file = make_file(router, 10, &seed);
    set_supports(&router->models[0], capabilities, 3);
    tgr_strings **columns[] = {&file->allows, &file->denies, &file->needs};
    for (size_t i = 0; i < 3; i++) {
        *columns[i] = tgr_strings_new();
        tgr_strings_add(*columns[i], "[\"m1\"]", 6);
    }
    long live = tgr_mem_live();
    for (long n = 0;; n++) {
        tgr_serve *serve = NULL;
        tgr_mem_fail_after(n);
        tgr_status status = tgr_serve_open(router, file, &serve, NULL);
        tgr_mem_fail_after(-1);
        if (status == TGR_OK) {
            assert_true(n > 10);
            tgr_serve_close(serve);
            break;
        }
        assert_int_equal(status, TGR_ERR_NOMEM);
        assert_null(serve);
        assert_int_equal(tgr_mem_live(), live);
    }
    assert_int_equal(tgr_mem_live(), live);
    tgr_serve_close(NULL);
    free_file(file);
    tgr_router_free(router);
}

int main(void)
{
    printf("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_gathered),
        cmocka_unit_test(costs_come_from_the_best_source),
        cmocka_unit_test(another_tagger_is_refused),
        cmocka_unit_test(counts_are_transformed),
        cmocka_unit_test(failing_allocations_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
