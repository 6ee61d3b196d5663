/* fit.c - judged queries in memory become a router: fit ROUTER */
#include <stdio.h>
#include <stdlib.h>

#include <tagroute/tagroute.h>

enum { QUERIES = 6, TAGS = 2, MODELS = 2 };

static const char *const tags[TAGS] = {"code", "poetry"};
static const char *const models[MODELS] = {"large", "small"};

/* Four queries about code, which the small model loses, then two of poetry, which it wins. */
static const int64_t indptr[QUERIES + 1] = {0, 1, 2, 3, 4, 5, 6};
static const int32_t indices[QUERIES] = {0, 0, 0, 0, 1, 1};
static const uint8_t counts[QUERIES] = {1, 2, 1, 1, 1, 3};
static const float score[QUERIES * MODELS] = {1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1};
static const float cost[QUERIES * MODELS] = {.02f, .001f, .02f, .001f, .02f, .001f,
                                             .02f, .001f, .02f, .001f, .02f, .001f};

static void fail(const tgr_error *error)
{
    fprintf(stderr, "fit: %s\n", error->message);
    exit(1);
}

int main(int argc, char **argv)
{
    tgr_error error;
    const char *queries = "judged.h5";
    if (argc != 2) {
        fprintf(stderr, "usage: fit ROUTER\n");
        return 2;
    }
    const tgr_rows rows = {
        .size = sizeof rows,
        .rows = QUERIES,
        .columns = TAGS,
        .indptr = {indptr, QUERIES + 1, TGR_NUMBER_I64},
        .indices = {indices, QUERIES, TGR_NUMBER_I32},
        .counts = {counts, QUERIES, TGR_NUMBER_U8},
        .tags = tags,
    };
    const tgr_row_facts facts = {
        .size = sizeof facts,
        .models = models,
        .model_count = MODELS,
        .score = score,
        .cost = cost,
    };
    if (tgr_save_rows(&rows, &facts, queries, NULL, &error) != TGR_OK) {
        fail(&error);
    }
    tgr_fit_options options;
    tgr_fit_report report;
    tgr_router *router;
    tgr_fit_options_init(&options);
    options.inputs = &queries;
    options.input_count = 1;
    options.min_count = 1;
    if (tgr_fit(&options, NULL, &router, &report, NULL, &error) != TGR_OK ||
        tgr_router_save(router, argv[1], &error) != TGR_OK) {
        fail(&error);
    }
    printf("%s: %zu tags, %zu models\n", argv[1], tgr_router_tags(router),
           tgr_router_models(router));
    tgr_router_free(router);
    return 0;
}
