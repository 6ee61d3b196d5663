/* options.h - what a caller asks for, checked before anything is opened. */
#ifndef TGR_ENDPOINT_OPTIONS_H
#define TGR_ENDPOINT_OPTIONS_H

#include <tagroute/endpoint.h>

#define TGR_IN_FLIGHT_MOST 1024
#define TGR_RETRIES_MOST   1000
#define TGR_TIMEOUT_MOST   86400.0

tgr_status tgr_endpoint_options_read(const tgr_endpoint_options *given,
                                     tgr_endpoint_options *options, tgr_error *error);

#endif
