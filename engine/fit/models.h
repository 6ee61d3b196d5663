/* models.h - which models a router gets, in which order, and which of them is the reference. */
#ifndef TGR_FIT_MODELS_H
#define TGR_FIT_MODELS_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/fit/means.h"
#include "engine/pass.h"
#include "engine/router/router.h"

/* Fills the router's models: those asked for, in that order, else all of the files, in byte order.
 * TGR_ERR_ARGUMENT for a name that no file has or that stands twice. */
tgr_status tgr_fit_models_list(const tgr_pass *pass, const char *const *asked, size_t asked_count,
                               tgr_router *router, tgr_error *error);

/* files x models: each model's column in each file, or -1. *columns is the caller's. */
tgr_status tgr_fit_models_columns(const tgr_pass *pass, const tgr_router *router, int32_t **columns,
                                  tgr_error *error);

/* Chooses the model of the highest mean cost (the first of equals), means and prices being in the
 * router: the recorded cost, else prices times mean tokens, else the flat cost. TGR_ERR_ARGUMENT,
 * listing the models, where no model has any. */
tgr_status tgr_fit_models_choose_reference(const tgr_fit_means *means, tgr_router *router,
                                           const tgr_run *run, tgr_error *error);

#endif
