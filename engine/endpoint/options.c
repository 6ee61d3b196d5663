/* options.c - defaults and limits. */
#include "engine/endpoint/options.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"

void tgr_endpoint_options_init(tgr_endpoint_options *options)
{
    *options = (tgr_endpoint_options){
        .size = sizeof *options,
        .max_bad = 0.05,
        .max_record = (size_t)64 << 20,
        .max_tokens = 256,
        .in_flight = 16,
        .retries = 8,
        .timeout = 60,
        .backoff = 0.5,
        .input_price = NAN,
        .output_price = NAN,
    };
}

static tgr_status check_names(const tgr_endpoint_options *options, tgr_error *error)
{
    size_t from_stdin = 0;
    if (options->input_count == 0 || options->inputs == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "no log is named; '-' reads standard input");
    }
    for (size_t i = 0; i < options->input_count; i++) {
        if (options->inputs[i] == NULL) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "log %zu has no name", i + 1);
        }
        from_stdin += strcmp(options->inputs[i], "-") == 0;
    }
    if (from_stdin > 1) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "standard input ('-') can be read only once");
    }
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
    if (!(options->max_bad >= 0 && options->max_bad <= 1)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the tolerated share of bad records is not between 0 and 1");
    }
    if (options->max_record < 1 || options->max_record > UINT32_MAX) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "the largest record must have from 1 to %u bytes",
                        UINT32_MAX);
    }
    if ((unsigned)options->format > TGR_LOG_MSGPACK) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "there is no log format number %d",
                        (int)options->format);
    }
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
    TGR_TRY(check_names(options, error));
    TGR_TRY(check_numbers(options, error));
done:
    return status;
}
