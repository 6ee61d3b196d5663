/* decide.c - queries in memory get models: decide ROUTER */
#include <stdio.h>

#include <tagroute/tagroute.h>

enum { QUERIES = 3, TAGS = 2 };

int main(int argc, char **argv)
{
    tgr_error error;
    tgr_router *router;
    if (argc != 2) {
        fprintf(stderr, "usage: decide ROUTER\n");
        return 2;
    }
    if (tgr_router_load(argv[1], &router, &error) != TGR_OK) {
        fprintf(stderr, "decide: %s\n", error.message);
        return 1;
    }

    /* Tag counts as CSR, the caller's: nothing of it is copied. */
    static const char *const tags[TAGS] = {"code", "poetry"};
    static const int64_t indptr[QUERIES + 1] = {0, 1, 2, 4};
    static const int32_t indices[] = {0, 1, 0, 1};
    static const float counts[] = {1, 1, 1, 2};
    const tgr_rows rows = {
        .size = sizeof rows,
        .rows = QUERIES,
        .columns = TAGS,
        .indptr = {indptr, QUERIES + 1, TGR_NUMBER_I64},
        .indices = {indices, 4, TGR_NUMBER_I32},
        .counts = {counts, 4, TGR_NUMBER_F32},
        .tags = tags,
    };

    const double threshold = 0;
    tgr_decide_options options;
    tgr_decide_options_init(&options);
    options.thresholds = &threshold;
    options.threshold_count = 1;

    int16_t model[QUERIES];
    float margin[QUERIES];
    const tgr_decided decided = {.size = sizeof decided, .model = model, .margin = margin};
    if (tgr_decide_rows(router, &rows, &options, &decided, NULL, NULL, &error) != TGR_OK) {
        fprintf(stderr, "decide: %s\n", error.message);
        tgr_router_free(router);
        return 1;
    }
    for (int query = 0; query < QUERIES; query++) {
        printf("query %d: %s, margin %.3f\n", query,
               model[query] < 0 ? "no model" : tgr_router_model(router, (size_t)model[query]),
               (double)margin[query]);
    }
    tgr_router_free(router);
    return 0;
}
