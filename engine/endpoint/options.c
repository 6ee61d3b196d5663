/* options.c - defaults and limits. */
#include "engine/endpoint/options.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/log/asked.h"

void tgr_endpoint_options_init(tgr_endpoint_options *options)
{
    *options = (tgr_endpoint_options){
        .size = sizeof *options,
        .max_bad = TGR_LOG_MAX_BAD,
        .max_record = TGR_LOG_MAX_RECORD,
        .max_tokens = 256,
        .in_flight = 16,
        .retries = 8,
        .timeout = 60,
        .backoff = 0.5,
        .input_price = NAN,
        .output_price = NAN,
    };
}

static tgr_status check_log(const tgr_endpoint_options *options, tgr_error *error)
{
    const tgr_log_asked asked = {.inputs = options->inputs,
                                 .input_count = options->input_count,
                                 .max_bad = options->max_bad,
                                 .max_record = options->max_record,
                                 .format = options->format};
    return tgr_log_check_asked(&asked, error);
}

static tgr_status check_names(const tgr_endpoint_options *options, tgr_error *error)
{
    if (options->output == NULL || options->output[0] == '\0') {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "no output is named");
    }
    if (options->cache != NULL && strcmp(options->cache, options->output) == 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "%s: is to be both the output and the file of answers", options->output);
    }
    if (options->url == NULL || options->model == NULL || options->model[0] == '\0') {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "an endpoint needs its address and a model's name");
    }
    return TGR_OK;
}

static bool is_price(double price)
{
    return isnan(price) || (price >= 0 && price <= 1e6);
}

static tgr_status check_numbers(const tgr_endpoint_options *options, tgr_error *error)
{
    if (options->in_flight < 1 || options->in_flight > TGR_IN_FLIGHT_MOST ||
        options->retries > TGR_RETRIES_MOST) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "1 to %d requests can be in flight, and each text retried %d times at most",
                        TGR_IN_FLIGHT_MOST, TGR_RETRIES_MOST);
    }
    if (!(options->timeout >= 0.001 && options->timeout <= TGR_TIMEOUT_MOST) ||
        !(options->backoff >= 0 && options->backoff <= TGR_TIMEOUT_MOST)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a request may take from a millisecond to a day, and the first wait a day "
                        "at most");
    }
    if (!is_price(options->input_price) || !is_price(options->output_price) ||
        isnan(options->temperature) || options->temperature > 100) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "a price or the temperature makes no sense");
    }
    return TGR_OK;
}

tgr_status tgr_endpoint_options_read(const tgr_endpoint_options *given,
                                     tgr_endpoint_options *options, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_endpoint_options_init(options);
    TGR_TRY(tgr_options_copy(options, sizeof *options, given, error));
    TGR_TRY(check_log(options, error));
    TGR_TRY(check_names(options, error));
    TGR_TRY(check_numbers(options, error));
done:
    return status;
}
