/* compare.h - two simulations of the same queries, figure by figure, with a paired test. */
#ifndef TAGROUTE_COMPARE_H
#define TAGROUTE_COMPARE_H

#include <tagroute/simulate.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One figure of both. The range is that of 95 % of the replicates' differences, each replicate
 * resampling the same queries for both; p is two-sided, of no difference. NaN where undefined. */
typedef struct tgr_compared {
    const char *figure; /* such as "auc"; cost, accept_rate and mean_score are of the best points */
    double first, second;
    double difference; /* second less first */
    double low, high, p;
} tgr_compared;

typedef struct tgr_comparison {
    size_t replicates;
    size_t count;
    const tgr_compared *figures;
} tgr_comparison;

/* Both were simulated on the same queries, with the same replicates and seed of a bootstrap, and
 * the same measure of quality; TGR_ERR_ARGUMENT where they were not. Freed with
 * tgr_comparison_free. */
TGR_API tgr_status tgr_simulations_compare(const tgr_simulation *first,
                                           const tgr_simulation *second,
                                           tgr_comparison **comparison, tgr_error *error);
TGR_API void tgr_comparison_free(tgr_comparison *comparison); /* NULL allowed */

/* Both simulations and their comparison as one JSON object, as tgr_simulation_json. */
TGR_API tgr_status tgr_comparison_json(const tgr_simulation *first, const tgr_simulation *second,
                                       const tgr_comparison *comparison, char **text,
                                       size_t *length, tgr_error *error);

/* The same of several, two at least: the comparisons are those of each but the first with the
 * first, count - 1 of them. With more than two they are under `comparisons`, in the simulations'
 * order. */
TGR_API tgr_status tgr_comparisons_json(const tgr_simulation *const *simulations, size_t count,
                                        const tgr_comparison *const *comparisons, char **text,
                                        size_t *length, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
