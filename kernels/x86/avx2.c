/* avx2.c - the algorithm for AVX2 with FMA. */
#if defined(__x86_64__)

#include "kernels/body/job.h"

#define TGR_VARIANT(name) avx2_##name

#include "kernels/x86/avx2_vectors.h"
#include "kernels/x86/variants.h"

#define TGR_SHORT_GROUP  4
#define TGR_SHORT_WIDEST 8

#include "kernels/body/route.h"

#include "kernels/body/answers.h"
#include "kernels/body/count.h"
#include "kernels/body/decide_rows.h"
#include "kernels/body/margins.h"

const tgr_kernels tgr_kernels_avx2 = {.isa = "avx2",
                                      .route = avx2_route,
                                      .score = avx2_score,
                                      .decide = avx2_decide,
                                      .count = avx2_count,
                                      .take_answers = avx2_take_answers,
                                      .sum_answers = avx2_sum_answers,
                                      .best_answers = avx2_best_answers,
                                      .rank_answers = avx2_rank_answers,
                                      .change_answers = avx2_change_answers,
                                      .margins = avx2_margins};

#endif
