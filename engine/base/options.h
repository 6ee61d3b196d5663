/* options.h - options structures that carry their own size, so that they can grow. */
#ifndef TGR_BASE_OPTIONS_H
#define TGR_BASE_OPTIONS_H

#include <stddef.h>

#include <tagroute/status.h>

/* Copies a caller's options over defaults. Both begin with a size_t `size`; the caller's may be
 * that of an older, shorter structure. TGR_ERR_ARGUMENT where it is 0 or larger than known. */
tgr_status tgr_options_copy(void *defaults, size_t known, const void *options, tgr_error *error);

#endif
