/* scalar.c - the algorithm in plain C, for any processor. */
#include "kernels/body/job.h"

#define TGR_VARIANT(name) scalar_##name

#include <stdbool.h>
#include <string.h>

#include "kernels/scalar/scalar.h"
#include "kernels/scalar/scalar_vectors.h"

#include "kernels/body/route.h"

#include "kernels/body/answers.h"
#include "kernels/body/count.h"
#include "kernels/body/decide_rows.h"
#include "kernels/body/margins.h"

const tgr_kernels tgr_kernels_scalar = {.isa = "scalar",
                                        .route = scalar_route,
                                        .score = scalar_score,
                                        .decide = scalar_decide,
                                        .count = scalar_count,
                                        .take_answers = scalar_take_answers,
                                        .sum_answers = scalar_sum_answers,
                                        .best_answers = scalar_best_answers,
                                        .rank_answers = scalar_rank_answers,
                                        .change_answers = scalar_change_answers,
                                        .margins = scalar_margins};
