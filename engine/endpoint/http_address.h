/* http_address.h - the address that a user gives, checked and completed. */
#ifndef TGR_ENDPOINT_HTTP_ADDRESS_H
#define TGR_ENDPOINT_HTTP_ADDRESS_H

#include <stdbool.h>

#include <tagroute/status.h>

/* Starts zeroed. */
typedef struct tgr_http_address {
    char *url;      /* of chat completions */
    char host[300]; /* HOST:PORT, for messages */
    bool secure;    /* https */
    bool loopback;  /* this machine */
} tgr_http_address;

tgr_status tgr_http_address_read(tgr_http_address *address, const char *url, bool insecure_http,
                                 tgr_error *error);
void tgr_http_address_free(tgr_http_address *address);

#endif
