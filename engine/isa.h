/* isa.h - the kernels that run: the best for this processor, or what TAGROUTE_ISA asks for. */
#ifndef TGR_ISA_H
#define TGR_ISA_H

#include <tagroute/status.h>

#include "kernels/kernels.h"

/* TGR_ERR_ARGUMENT where TAGROUTE_ISA names no variant, or one that this processor lacks. */
tgr_status tgr_isa_choose(const tgr_kernels **kernels, tgr_error *error);

#endif
