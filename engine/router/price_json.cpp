// price_json.cpp - a price map's JSON, read with simdjson. Nothing throws across it.
#include <math.h>
#include <string.h>

#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

extern "C" {
#include "engine/base/error.h"
}
#include "engine/router/price_map.h"

static_assert(TGR_PRICE_MAP_PADDING >= simdjson::SIMDJSON_PADDING,
              "the padding that simdjson reads");

namespace
{

using simdjson::dom::element;
using simdjson::dom::object;

const char prefix[] = "supports_";
const size_t prefix_length = sizeof prefix - 1;

// A number of at least zero, else NaN: the map holds words where a number is not known.
double amount(const element &value)
{
    double number;
    if (value.get(number) != simdjson::SUCCESS || !(number >= 0) || !isfinite(number)) {
        return NAN;
    }
    return number;
}

bool add_capabilities(const object &entry, tgr_price_map *map)
{
    for (auto field : entry) {
        bool supported;
        if (field.key.size() > prefix_length &&
            memcmp(field.key.data(), prefix, prefix_length) == 0 &&
            field.value.get(supported) == simdjson::SUCCESS && supported &&
            !tgr_price_map_add_capability(map, field.key.data() + prefix_length,
                                          field.key.size() - prefix_length)) {
            return false;
        }
    }
    return true;
}

// A key that stands twice counts as it stood last.
bool add_rates(const object &entry, tgr_price_map *map)
{
    for (auto field : entry) {
        tgr_rate rate;
        if (tgr_rate_parse(field.key.data(), field.key.size(), &rate)) {
            rate.usd = amount(field.value);
            if (!isnan(rate.usd) && !tgr_price_map_add_rate(map, &rate)) {
                return false;
            }
        }
    }
    return true;
}

bool add_entry(const char *name, size_t length, const object &entry, tgr_price_map *map)
{
    tgr_map_price price = {};
    price.input = price.output = price.max_input_tokens = NAN;
    for (auto field : entry) {
        if (field.key == "input_cost_per_token") {
            price.input = amount(field.value);
        } else if (field.key == "output_cost_per_token") {
            price.output = amount(field.value);
        } else if (field.key == "max_input_tokens") {
            price.max_input_tokens = amount(field.value);
        }
    }
    return tgr_price_map_add(map, name, length, &price) && add_rates(entry, map) &&
           add_capabilities(entry, map);
}

} // namespace

extern "C" tgr_status tgr_price_json_parse(const char *text, size_t length, tgr_price_map *map,
                                           tgr_error *error)
{
    simdjson::dom::parser parser;
    element root;
    simdjson::error_code code = parser.parse(text, length, false).get(root);
    if (code == simdjson::MEMALLOC) {
        return tgr_fail_memory(error, "the price map");
    }
    if (code != simdjson::SUCCESS) {
        return tgr_fail(error, TGR_ERR_INPUT, "the price map is not valid JSON");
    }
    object entries;
    if (root.get(entries) != simdjson::SUCCESS) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "the price map must be a JSON object keyed by model, such as LiteLLM's "
                        "model_prices_and_context_window.json");
    }
    for (auto field : entries) {
        object entry;
        if (field.key == "sample_spec" || field.value.get(entry) != simdjson::SUCCESS) {
            continue; // a description, not a model
        }
        if (!add_entry(field.key.data(), field.key.size(), entry, map)) {
            return tgr_fail_memory(error, "the price map");
        }
    }
    return TGR_OK;
}
