/* consumer.c - the smallest program that uses an installed tagroute: does it compile, link, run? */
#include <stdio.h>
#include <string.h>

#include <tagroute/tagroute.h>

int main(void)
{
    tgr_router *router = NULL;
    tgr_error error = {0};
    if (strcmp(tgr_version(), TGR_VERSION_STRING) != 0) {
        fprintf(stderr, "library %s, headers %s\n", tgr_version(), TGR_VERSION_STRING);
        return 1;
    }
    if (tgr_router_load("no/such/router", &router, &error) != TGR_ERR_IO || router != NULL) {
        fprintf(stderr, "loading what is not there: %s\n", tgr_status_name(error.status));
        return 1;
    }
    printf("tagroute %s: %s\n", tgr_version(), error.message);
    return 0;
}
