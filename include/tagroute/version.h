/* version.h - the version of these headers and of the library in use. CMake reads it from here. */
#ifndef TAGROUTE_VERSION_H
#define TAGROUTE_VERSION_H

#include <tagroute/export.h>

#define TGR_VERSION_MAJOR  0
#define TGR_VERSION_MINOR  1
#define TGR_VERSION_PATCH  0
#define TGR_VERSION_STRING "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library at run time, such as "0.1.0"; static storage. */
TGR_API const char *tgr_version(void);

#ifdef __cplusplus
}
#endif
#endif
