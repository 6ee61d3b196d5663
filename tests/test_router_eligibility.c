/* test_router_eligibility.c - which models may serve a query, against plain loops. */
#include "tests/router_support.h"

#include "engine/router/name_list.h"

#define SEED 20240619u
#define ROWS 40

static const char *const capabilities[] = {"audio", "json", "vision"};

/* Distinct random lists: names as JSON, and which of `names` each holds. */
typedef struct list_column {
    tgr_strings *texts;
    bool *holds; /* texts x names */
    int32_t codes[ROWS];
} list_column;

static void draw_codes(list_column *lists, uint64_t *seed)
{
    for (size_t row = 0; row < ROWS; row++) {
        int32_t code = (int32_t)(next_random(seed) % 12) - 4;
        lists->codes[row] = code < 0 ? -1 : code;
    }
}

static void make_lists(list_column *lists, const char *const *names, size_t count, double density,
                       uint64_t *seed)
{
    lists->texts = tgr_strings_new();
    lists->holds = calloc(8 * count, sizeof *lists->holds);
    assert_non_null(lists->holds);
    tgr_buffer text = {0};
    for (uint32_t i = 0; i < 8; i++) {
        tgr_buffer_clear(&text);
        tgr_buffer_format(&text, "[\"nobody %u\"", (unsigned)i);
        for (size_t n = 0; n < count; n++) {
            if (random_unit(seed) < density) {
                lists->holds[i * count + n] = true;
                tgr_buffer_format(&text, ",\"%s\"", names[n]);
            }
        }
        tgr_buffer_text(&text, "]");
        assert_int_equal(tgr_strings_add(lists->texts, text.bytes, text.length), i);
    }
    tgr_buffer_free(&text);
    draw_codes(lists, seed);
}

/* The eight sets of capabilities. */
static void make_needs(list_column *lists, uint64_t *seed)
{
    lists->texts = tgr_strings_new();
    lists->holds = calloc(8 * 3, sizeof *lists->holds);
    assert_non_null(lists->holds);
    for (uint32_t set = 0; set < 8; set++) {
        char text[64] = "[";
        for (size_t n = 0; n < 3; n++) {
            if ((set >> n & 1) != 0) {
                lists->holds[set * 3 + n] = true;
                strcat(strcat(strcat(text, text[1] == '\0' ? "\"" : ",\""), capabilities[n]), "\"");
            }
        }
        strcat(text, "]");
        assert_int_equal(tgr_strings_add(lists->texts, text, strlen(text)), set);
    }
    draw_codes(lists, seed);
}

static bool bit_of(const uint64_t *mask, size_t bit)
{
    return (mask[bit / 64] >> bit % 64 & 1) != 0;
}

/* A router and a batch of restricted queries. */
typedef struct scene {
    tgr_router *router;
    tgr_query_file *file;
    const char **names;
    bool *able; /* models x capabilities */
    list_column allow, deny, needs;
    double prompt_tokens[ROWS];
} scene;

static void make_scene(scene *made, size_t models, uint64_t *seed)
{
    made->router = make_router(models, 1, SEED);
    made->names = malloc(models * sizeof *made->names);
    made->able = calloc(models * 3, sizeof *made->able);
    assert_true(made->names != NULL && made->able != NULL);
    for (size_t k = 0; k < models; k++) {
        tgr_model *model = &made->router->models[k];
        made->names[k] = model->name;
        model->mean_cost = (double)(next_random(seed) % 7);
        if (k == 0 || next_random(seed) % 2 > 0) {
            model->max_input_tokens = (double)(next_random(seed) % 100);
        }
        if (k == 0 || next_random(seed) % 4 > 0) {
            size_t first = next_random(seed) % 4;
            set_supports(model, capabilities + first, 3 - first);
            for (size_t i = first; i < 3; i++) {
                made->able[k * 3 + i] = true;
            }
        }
    }
    make_lists(&made->allow, made->names, models, 0.7, seed);
    make_lists(&made->deny, made->names, models, 0.2, seed);
    make_needs(&made->needs, seed);
    made->file = make_file(made->router, 1, seed);
    made->file->allows = made->allow.texts;
    made->file->denies = made->deny.texts;
    made->file->needs = made->needs.texts;
    made->file->has_prompt_tokens = true;
    for (size_t row = 0; row < ROWS; row++) {
        uint64_t draw = next_random(seed);
        made->prompt_tokens[row] = draw % 4 == 0 ? NAN : (double)(draw >> 32 & 127);
    }
}

static void free_scene(scene *made)
{
    free(made->allow.holds);
    free(made->deny.holds);
    free(made->needs.holds);
    free(made->able);
    free(made->names);
    free_file(made->file);
    tgr_router_free(made->router);
}

/* Whether model k may serve the row: the rules, one after another. */
static bool may_serve(const scene *made, size_t row, size_t k)
{
    size_t models = made->router->model_count;
    int32_t allow = made->allow.codes[row], deny = made->deny.codes[row];
    int32_t needs = made->needs.codes[row];
    if (allow >= 0 && !made->allow.holds[(size_t)allow * models + k]) {
        return false;
    }
    if (deny >= 0 && made->deny.holds[(size_t)deny * models + k]) {
        return false;
    }
    for (size_t i = 0; needs >= 0 && i < 3; i++) {
        if (made->needs.holds[(size_t)needs * 3 + i] && !made->able[k * 3 + i]) {
            return false;
        }
    }
    return !(made->prompt_tokens[row] > made->router->models[k].max_input_tokens);
}

static void check_masks(scene *made, const tgr_serve *serve, size_t round)
{
    size_t words = serve->mask_words;
    uint64_t *masks = malloc((ROWS * words + 1) * sizeof *masks);
    assert_non_null(masks);
    memset(masks, 0xa5, (ROWS * words + 1) * sizeof *masks);
    tgr_batch batch = {.rows = ROWS,
                       .allow = made->allow.codes,
                       .deny = made->deny.codes,
                       .needs = made->needs.codes,
                       .prompt_tokens = made->prompt_tokens};
    assert_true(tgr_serve_masks(serve, made->router, &batch, masks));
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t place = 0; place < words * 64; place++) {
            bool wanted = place < serve->models && may_serve(made, row, serve->order[place]);
            if (bit_of(masks + row * words, place) != wanted) {
                fail_msg("round %zu, row %zu, place %zu: wanted %d", round, row, place, wanted);
            }
        }
    }
    assert_int_equal(masks[ROWS * words], 0xa5a5a5a5a5a5a5a5u);
    free(masks);
}

static void masks_match_brute_force(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 5, 64, 65, 300};
    uint64_t seed = SEED;
    for (size_t round = 0; round < 40; round++) {
        scene made;
        size_t models = counts[round % 5];
        make_scene(&made, models, &seed);
        tgr_serve *serve;
        tgr_error error;
        assert_int_equal(tgr_serve_open(made.router, made.file, &serve, &error), TGR_OK);
        assert_true(serve->any_mask);
        assert_int_equal(tgr_serve_wants(serve, made.file),
                         TGR_WANT_ELIGIBILITY | TGR_WANT_PROMPT_TOKENS);
        assert_int_equal(serve->mask_words, (models + 63) / 64);
        check_masks(&made, serve, round);
        tgr_serve_close(serve);
        free_scene(&made);
    }
}

static void unrestricted_batches_need_no_masks(void **state)
{
    (void)state;
    tgr_router *router = make_router(3, 1, SEED);
    uint64_t seed = SEED, mask = 77;
    tgr_query_file *file = make_file(router, 1, &seed);
    tgr_serve *serve;
    int32_t code = 0;
    double tokens = 10;
    tgr_batch batch = {.rows = 1, .needs = &code, .prompt_tokens = &tokens};
    file->needs = tgr_strings_new();
    tgr_strings_add(file->needs, "[\"vision\"]", 10);
    /* nothing is known of any model's capabilities: needs are void */
    assert_int_equal(tgr_serve_open(router, file, &serve, NULL), TGR_OK);
    assert_false(serve->any_mask);
    assert_int_equal(tgr_serve_wants(serve, file), 0);
    assert_false(tgr_serve_masks(serve, router, &batch, &mask));
    assert_int_equal(mask, 77);
    tgr_serve_close(serve);
    /* something is known of one: the others cannot be counted on */
    set_supports(&router->models[1], capabilities + 2, 1);
    router->models[2].max_input_tokens = 10;
    file->has_prompt_tokens = true;
    assert_int_equal(tgr_serve_open(router, file, &serve, NULL), TGR_OK);
    assert_true(serve->any_mask);
    assert_true(tgr_serve_masks(serve, router, &batch, &mask));
    assert_int_equal(mask, 2);
    code = -1;
    mask = 77;
    assert_false(tgr_serve_masks(serve, router, &batch, &mask));
    assert_int_equal(mask, 77);
    tokens = 10.5;
    assert_true(tgr_serve_masks(serve, router, &batch, &mask));
    assert_int_equal(mask, 3);
    tgr_serve_close(serve);
    free_file(file);
    tgr_router_free(router);
}

static void malformed_lists_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",           "gpt",           "[",          "[1]",
                                        "{}",         "[\"a\"",        "[\"a\",]",   "[\"a\"] x",
                                        "[\"a\\x\"]", "[\"\\ud800\"]", "[\"a\nb\"]", "[\"\\u12\"]",
                                        "[,]"};
    tgr_router *router = make_router(2, 1, SEED);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint64_t seed = SEED;
        tgr_query_file *file = make_file(router, 1, &seed);
        file->denies = tgr_strings_new();
        tgr_strings_add(file->denies, texts[i], strlen(texts[i]));
        tgr_serve *serve;
        tgr_error error = {0};
        if (tgr_serve_open(router, file, &serve, &error) != TGR_ERR_INPUT ||
            strstr(error.message, "\"deny\"") == NULL) {
            fail_msg("%s: %s", texts[i], error.message);
        }
        free_file(file);
    }
    tgr_router_free(router);
}

static void collect(void *user, const char *name, size_t length)
{
    assert_int_equal(strlen(name), length);
    tgr_buffer_format(user, "<%s>", name);
}

static void lists_are_decoded(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"[]", ""},
        {" [ ] ", ""},
        {"[\"\"]", "<>"},
        {"[\"a\",\"b c\"]", "<a><b c>"},
        {"\t[ \"a\" , \"b\" ]\r\n", "<a><b>"},
        {"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "<\"\\/\b\f\n\r\t>"},
        {"[\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"]", "<A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80>"},
        {"[\"a\\u0000b\",\"c\"]", "<c>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tgr_buffer names = {0};
        char scratch[64];
        tgr_buffer_text(&names, "");
        assert_true(tgr_name_list_read(cases[i][0], strlen(cases[i][0]), scratch, collect, &names));
        assert_string_equal(names.bytes, cases[i][1]);
        tgr_buffer_free(&names);
    }
}

int main(void)
{
    printf("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_match_brute_force),
        cmocka_unit_test(unrestricted_batches_need_no_masks),
        cmocka_unit_test(malformed_lists_are_refused),
        cmocka_unit_test(lists_are_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
