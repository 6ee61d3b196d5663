/* neon.c - the algorithm for AArch64, where NEON with fused multiply-add is always there. */
#if defined(__aarch64__)

#include "kernels/body/job.h"

#define TGR_VARIANT(name) neon_##name

#include "kernels/arm/neon.h"
#include "kernels/arm/neon_vectors.h"

#include "kernels/body/route.h"

#include "kernels/body/answers.h"
#include "kernels/body/count.h"
#include "kernels/body/decide_rows.h"
#include "kernels/body/margins.h"

const tgr_kernels tgr_kernels_neon = {.isa = "neon",
                                      .route = neon_route,
                                      .score = neon_score,
                                      .decide = neon_decide,
                                      .count = neon_count,
                                      .take_answers = neon_take_answers,
                                      .sum_answers = neon_sum_answers,
                                      .best_answers = neon_best_answers,
                                      .rank_answers = neon_rank_answers,
                                      .change_answers = neon_change_answers,
                                      .margins = neon_margins};

#endif
