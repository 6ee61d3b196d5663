/* explain_json.c - an explanation as one JSON object. */
#include <math.h>

#include <tagroute/explain.h>

#include "engine/base/error.h"
#include "engine/base/json_write.h"
#include "engine/policy/policy.h"

static const char *source_name(tgr_cost_source source)
{
    switch (source) {
    case TGR_COST_NONE:
        return NULL;
    case TGR_COST_TOKENS:
        return "tokens";
    case TGR_COST_MEAN:
        return "training mean";
    case TGR_COST_FLAT:
        return "flat";
    }
    return NULL;
}

static const char *why_name(tgr_why_not why)
{
    switch (why) {
    case TGR_WHY_CHOSEN:
        return "chosen";
    case TGR_WHY_OUT:
        return "may not serve";
    case TGR_WHY_FALLBACK:
        return "fallback";
    case TGR_WHY_OTHER:
        return "another scores higher";
    case TGR_WHY_MARGIN:
        return "below theta";
    case TGR_WHY_REFERENCE:
        return "another reaches theta";
    case TGR_WHY_UTILITY:
        return "less utility";
    case TGR_WHY_BEHIND:
        return "beyond tau";
    case TGR_WHY_DEARER:
        return "dearer";
    case TGR_WHY_TIE:
        return "tie";
    }
    return NULL;
}

static const char *name_of(const tgr_explanation *explanation, int model)
{
    return model < 0 ? NULL : explanation->models[model].name;
}

static void write_tag(tgr_json *json, const tgr_explanation *explanation,
                      const tgr_explained_tag *tag)
{
    tgr_json_object(json, NULL);
    tgr_json_string(json, "tag", tag->tag);
    tgr_json_boolean(json, "known", tag->known);
    tgr_json_float(json, "value", tag->value);
    tgr_json_array(json, "weights");
    for (size_t model = 0; model < explanation->model_count; model++) {
        tgr_json_float(json, NULL, tag->weights[model]);
    }
    tgr_json_end_array(json);
    tgr_json_array(json, "contributions");
    for (size_t model = 0; model < explanation->model_count; model++) {
        tgr_json_number(json, NULL, tag->contributions[model]);
    }
    tgr_json_end_array(json);
    tgr_json_array(json, "scores");
    for (size_t model = 0; model < explanation->model_count; model++) {
        tgr_json_float(json, NULL, tag->scores[model]);
    }
    tgr_json_end_array(json);
    tgr_json_end_object(json);
}

static void write_out(tgr_json *json, unsigned out)
{
    static const struct {
        unsigned bit;
        const char *name;
    } reasons[] = {{TGR_OUT_NOT_ALLOWED, "allow"},
                   {TGR_OUT_DENIED, "deny"},
                   {TGR_OUT_NEEDS, "needs"},
                   {TGR_OUT_TOO_LONG, "max_input_tokens"},
                   {TGR_OUT_NOT_ELIGIBLE, "eligible"}};
    tgr_json_array(json, "out");
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (out & reasons[i].bit) {
            tgr_json_string(json, NULL, reasons[i].name);
        }
    }
    tgr_json_end_array(json);
}

static void write_model(tgr_json *json, const tgr_explained_model *model)
{
    tgr_json_object(json, NULL);
    tgr_json_string(json, "name", model->name);
    tgr_json_float(json, "bias", model->bias);
    tgr_json_float(json, "score", model->score);
    tgr_json_number(json, "cost", model->cost);
    tgr_json_string(json, "cost_source", source_name(model->cost_source));
    tgr_json_boolean(json, "eligible", model->out == 0);
    write_out(json, model->out);
    if (!isnan(model->utility)) {
        tgr_json_number(json, "utility", model->utility);
    }
    tgr_json_end_object(json);
}

/* An end that is none is null. */
static void write_range(tgr_json *json, const char *key, const tgr_explanation *explanation,
                        const tgr_explained_range *range)
{
    tgr_json_object(json, key);
    tgr_json_string(json, "model", name_of(explanation, range->model));
    tgr_json_number(json, "from", isinf(range->from) ? NAN : range->from);
    tgr_json_number(json, "to", isinf(range->to) ? NAN : range->to);
    tgr_json_end_object(json);
}

static void write_decision(tgr_json *json, const tgr_explanation *explanation)
{
    tgr_json_string(json, "policy", tgr_policy_name(explanation->policy));
    tgr_json_number(json, "threshold", explanation->threshold);
    tgr_json_string(json, "reference", name_of(explanation, (int)explanation->reference));
    tgr_json_string(json, "model", name_of(explanation, explanation->chosen));
    tgr_json_boolean(json, "fell_back", explanation->fell_back);
    tgr_json_float(json, "margin", explanation->margin);
    bool first = explanation->range == 0;
    bool last = explanation->range + 1 == explanation->range_count;
    tgr_json_number(json, "flips_below",
                    first ? NAN : explanation->ranges[explanation->range - 1].to);
    tgr_json_number(json, "flips_above",
                    last ? NAN : explanation->ranges[explanation->range + 1].from);
    tgr_json_array(json, "ranges");
    for (size_t i = 0; i < explanation->range_count; i++) {
        write_range(json, NULL, explanation, &explanation->ranges[i]);
    }
    tgr_json_end_array(json);
}

static void write_why_not(tgr_json *json, const tgr_explanation *explanation)
{
    if (explanation->asked < 0) {
        return;
    }
    tgr_json_object(json, "why_not");
    tgr_json_string(json, "model", name_of(explanation, explanation->asked));
    tgr_json_string(json, "reason", why_name(explanation->why_not));
    tgr_json_number(json, "gap", explanation->why_not_gap);
    if (explanation->why_not_range != NULL) {
        write_range(json, "chosen_at", explanation, explanation->why_not_range);
    } else {
        tgr_json_string(json, "chosen_at", NULL);
    }
    tgr_json_end_object(json);
}

static void write(tgr_json *json, const tgr_explanation *explanation)
{
    tgr_json_object(json, NULL);
    tgr_json_string(json, "id", explanation->id);
    tgr_json_unsigned(json, "row", explanation->row);
    tgr_json_number(json, "prompt_tokens", explanation->prompt_tokens);
    write_decision(json, explanation);
    tgr_json_array(json, "models");
    for (size_t i = 0; i < explanation->model_count; i++) {
        write_model(json, &explanation->models[i]);
    }
    tgr_json_end_array(json);
    tgr_json_unsigned(json, "unknown_tags", explanation->unknown_tags);
    tgr_json_array(json, "tags");
    for (size_t i = 0; i < explanation->tag_count; i++) {
        write_tag(json, explanation, &explanation->tags[i]);
    }
    tgr_json_end_array(json);
    write_why_not(json, explanation);
    tgr_json_end_object(json);
}

tgr_status tgr_explanation_json(const tgr_explanation *explanation, char **text, tgr_error *error)
{
    tgr_buffer buffer = {0};
    tgr_json json;
    tgr_json_begin(&json, &buffer, true);
    write(&json, explanation);
    tgr_buffer_text(&buffer, "\n");
    if (buffer.failed) {
        tgr_buffer_free(&buffer);
        return tgr_fail_memory(error, "the explanation");
    }
    *text = buffer.bytes;
    return TGR_OK;
}
