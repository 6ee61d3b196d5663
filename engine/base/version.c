/* version.c - the version of the library in use. */
#include <tagroute/version.h>

const char *tgr_version(void)
{
    return TGR_VERSION_STRING;
}
