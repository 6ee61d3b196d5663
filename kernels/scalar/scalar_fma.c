/* scalar_fma.c - the plain C variant compiled for processors that have fused multiply-add: the same
 * bits, without a call for each. */
#if defined(__x86_64__)

#include "kernels/body/job.h"

#define TGR_VARIANT(name) scalar_fma_##name

#include <stdbool.h>
#include <string.h>

#include "kernels/scalar/scalar.h"
#include "kernels/scalar/scalar_vectors.h"

#include "kernels/body/route.h"

#include "kernels/body/answers.h"
#include "kernels/body/count.h"
#include "kernels/body/decide_rows.h"
#include "kernels/body/margins.h"

const tgr_kernels tgr_kernels_scalar_fma = {.isa = "scalar",
                                            .route = scalar_fma_route,
                                            .score = scalar_fma_score,
                                            .decide = scalar_fma_decide,
                                            .count = scalar_fma_count,
                                            .take_answers = scalar_fma_take_answers,
                                            .sum_answers = scalar_fma_sum_answers,
                                            .best_answers = scalar_fma_best_answers,
                                            .rank_answers = scalar_fma_rank_answers,
                                            .change_answers = scalar_fma_change_answers,
                                            .margins = scalar_fma_margins};

#endif
