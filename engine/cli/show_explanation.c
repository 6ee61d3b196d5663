/* show_explanation.c - what became of a query, as sentences and one table: a row a tag, a column a
 * model. */
#include "engine/cli/show_explanation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/deciding.h"
#include "engine/cli/messages.h"
#include "engine/cli/numbers.h"
#include "engine/cli/table.h"

#define MOST_MODELS  8   /* models shown beside each other */
#define MOST_TAGS    100 /* tags shown */
#define MOST_AGAINST 3   /* tags named in a sentence */
#define NAME_SIZE    200

static const char *name_of(const tgr_explanation *explanation, int model, char *copy)
{
    return model < 0 ? "no model"
                     : tgr_cli_printable(explanation->models[model].name, copy, NAME_SIZE);
}

/* ---- which models are shown ------------------------------------------------------------------ */

typedef struct shown_models {
    size_t count;
    size_t model[MOST_MODELS];
} shown_models;

static void show_model(shown_models *shown, int model)
{
    for (size_t i = 0; i < shown->count; i++) {
        if (shown->model[i] == (size_t)model) {
            return;
        }
    }
    if (model >= 0 && shown->count < MOST_MODELS) {
        shown->model[shown->count++] = (size_t)model;
    }
}

/* All where there is room; else the chosen one, the one asked about, the reference, and the first
 * of the others. */
static shown_models choose_shown(const tgr_explanation *explanation)
{
    shown_models shown = {0};
    if (explanation->model_count > MOST_MODELS) {
        show_model(&shown, explanation->chosen);
        show_model(&shown, explanation->asked);
        show_model(&shown, (int)explanation->reference);
    }
    for (size_t model = 0; model < explanation->model_count; model++) {
        show_model(&shown, (int)model);
    }
    return shown;
}

/* ---- the table ------------------------------------------------------------------------------- */

static void add_number(tgr_cli_table *table, const char *format, double value)
{
    char text[TGR_CLI_NUMBER_SIZE];
    snprintf(text, sizeof text, format, value);
    tgr_cli_table_add(table, isnan(value) ? "-" : text);
}

static void add_tag_rows(tgr_cli_table *table, const tgr_explanation *explanation,
                         const shown_models *shown)
{
    for (size_t i = 0; i < explanation->tag_count && i < MOST_TAGS; i++) {
        const tgr_explained_tag *tag = &explanation->tags[i];
        tgr_cli_table_add(table, tag->tag);
        add_number(table, "%.6g", tag->value);
        for (size_t k = 0; k < shown->count; k++) {
            if (tag->known) {
                add_number(table, "%+.6g", tag->contributions[shown->model[k]]);
            } else {
                tgr_cli_table_add(table, "new");
            }
        }
    }
}

static const char *out_word(unsigned out)
{
    return out == 0                    ? "yes"
           : out & TGR_OUT_DENIED      ? "denied"
           : out & TGR_OUT_NOT_ALLOWED ? "not allowed"
           : out & TGR_OUT_NEEDS       ? "lacks needs"
                                       : "too long";
}

static const char *source_word(tgr_cost_source source)
{
    return source == TGR_COST_TOKENS ? "tokens"
           : source == TGR_COST_MEAN ? "training mean"
           : source == TGR_COST_FLAT ? "flat"
                                     : "-";
}

static void add_model_rows(tgr_cli_table *table, const tgr_explanation *explanation,
                           const shown_models *shown)
{
    static const char *const labels[] = {"score", "expected cost", "cost from", "utility",
                                         "may serve"};
    char text[TGR_CLI_NUMBER_SIZE];
    for (size_t row = 0; row < sizeof labels / sizeof *labels; row++) {
        if (row == 3 && explanation->policy != TGR_POLICY_UTILITY) {
            continue;
        }
        tgr_cli_table_add(table, labels[row]);
        tgr_cli_table_add(table, "");
        for (size_t k = 0; k < shown->count; k++) {
            const tgr_explained_model *model = &explanation->models[shown->model[k]];
            switch (row) {
            case 0:
                add_number(table, "%.9g", model->score);
                break;
            case 1:
                tgr_cli_table_add(table, tgr_cli_money(text, model->cost));
                break;
            case 2:
                tgr_cli_table_add(table, source_word(model->cost_source));
                break;
            case 3:
                add_number(table, "%.9g", model->utility);
                break;
            default:
                tgr_cli_table_add(table, out_word(model->out));
            }
        }
    }
}

static void show_table(const tgr_explanation *explanation, FILE *file)
{
    const shown_models shown = choose_shown(explanation);
    tgr_cli_table table;
    tgr_cli_table_start(&table, 2 + shown.count);
    tgr_cli_table_add(&table, "");
    tgr_cli_table_add(&table, "count");
    for (size_t k = 0; k < shown.count; k++) {
        tgr_cli_table_add(&table, explanation->models[shown.model[k]].name);
    }
    tgr_cli_table_add(&table, "bias");
    tgr_cli_table_add(&table, "");
    for (size_t k = 0; k < shown.count; k++) {
        add_number(&table, "%.6g", explanation->models[shown.model[k]].bias);
    }
    add_tag_rows(&table, explanation, &shown);
    add_model_rows(&table, explanation, &shown);
    tgr_cli_table_print(&table, file);
    if (shown.count < explanation->model_count) {
        fprintf(file, "  (%zu of %zu models; --json has all)\n", shown.count,
                explanation->model_count);
    }
    if (explanation->tag_count > MOST_TAGS) {
        fprintf(file, "  (the first %d of %zu tags; --json has all)\n", MOST_TAGS,
                explanation->tag_count);
    }
    if (explanation->unknown_tags > 0) {
        fprintf(file, "  (new: the router does not know the tag, which counts for nothing)\n");
    }
}

/* ---- the decision ---------------------------------------------------------------------------- */

static void show_rule(const tgr_explanation *explanation, FILE *file)
{
    char name[NAME_SIZE], reference[NAME_SIZE];
    char at[TGR_CLI_NUMBER_SIZE], margin[TGR_CLI_NUMBER_SIZE];
    const char *option = tgr_cli_threshold_option(explanation->policy);
    tgr_cli_threshold(at, explanation->policy, explanation->threshold);
    name_of(explanation, (int)explanation->reference, reference);
    fprintf(file, "policy %s, --%s %s: to %s", tgr_policy_name(explanation->policy), option, at,
            name_of(explanation, explanation->chosen, name));
    if (explanation->chosen < 0) {
        fprintf(file, ", as none may serve it and there is no --fallback\n");
    } else if (explanation->fell_back) {
        fprintf(file, ", the fallback: no tag is known, or no other model may serve it\n");
    } else if (isnan(explanation->margin)) {
        fprintf(file, ", as there is no other choice\n");
    } else if (explanation->policy == TGR_POLICY_MARGIN) {
        bool kept = explanation->chosen == (int)explanation->reference;
        tgr_cli_threshold(margin, explanation->policy, explanation->margin);
        fprintf(file, ": %s scores %s against the reference %s, and theta asks for %s\n",
                kept ? "the best other model" : "it", margin, reference, at);
    } else if (explanation->policy == TGR_POLICY_UTILITY) {
        fprintf(file, ": its score less lambda times cost leads by %.9g\n", explanation->margin);
    } else {
        fprintf(file, ": the cheapest within tau of the best score, %.9g behind it\n",
                explanation->margin);
    }
}

static void show_range(const tgr_explanation *explanation, size_t number, FILE *file)
{
    const tgr_explained_range *range = &explanation->ranges[number];
    char name[NAME_SIZE], from[TGR_CLI_NUMBER_SIZE], to[TGR_CLI_NUMBER_SIZE];
    bool starts = number > 0, ends = number + 1 < explanation->range_count;
    tgr_cli_threshold(from, explanation->policy, range->from);
    tgr_cli_threshold(to, explanation->policy, range->to);
    fprintf(file, "  --%s", tgr_cli_threshold_option(explanation->policy));
    if (!starts && !ends) {
        fprintf(file, " of any size");
    }
    fprintf(file, "%s%s%s%s: %s%s\n", starts ? " from " : "", starts ? from : "",
            ends ? (starts ? " to " : " up to ") : "", ends ? to : "",
            name_of(explanation, range->model, name),
            number == explanation->range ? "   <- here" : "");
}

/* ---- why not --------------------------------------------------------------------------------- */

static void show_out(unsigned out, FILE *file)
{
    static const struct {
        unsigned bit;
        const char *words;
    } reasons[] = {{TGR_OUT_NOT_ALLOWED, "it is not among those that `allow` lists"},
                   {TGR_OUT_DENIED, "`deny` lists it"},
                   {TGR_OUT_NEEDS, "it is not known to support what the query needs"},
                   {TGR_OUT_TOO_LONG, "the prompt is longer than its max_input_tokens"}};
    const char *between = "it may not serve the query: ";
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (out & reasons[i].bit) {
            fprintf(file, "%s%s", between, reasons[i].words);
            between = ", and ";
        }
    }
}

static void show_reason(const tgr_explanation *explanation, FILE *file)
{
    double gap = explanation->why_not_gap;
    char chosen[NAME_SIZE], money[TGR_CLI_NUMBER_SIZE];
    name_of(explanation, explanation->chosen, chosen);
    switch (explanation->why_not) {
    case TGR_WHY_CHOSEN:
        fprintf(file, "it is chosen");
        break;
    case TGR_WHY_OUT:
        show_out(explanation->models[explanation->asked].out, file);
        break;
    case TGR_WHY_FALLBACK:
        fprintf(file, "the query went to the fallback at every threshold");
        break;
    case TGR_WHY_OTHER:
        fprintf(file, "another model scores %.6g more", gap);
        break;
    case TGR_WHY_MARGIN:
        fprintf(file, "it lacks %.6g of what theta asks for above the reference", gap);
        break;
    case TGR_WHY_REFERENCE:
        fprintf(file, "it is the reference, and %s has %.6g more than theta asks for", chosen, gap);
        break;
    case TGR_WHY_UTILITY:
        fprintf(file, "its score less lambda times cost is %.6g below that of %s", gap, chosen);
        break;
    case TGR_WHY_BEHIND:
        fprintf(file, "it is %.6g too far behind the best score", gap);
        break;
    case TGR_WHY_DEARER:
        fprintf(file, "%s is near enough too, and %s cheaper", chosen, tgr_cli_money(money, gap));
        break;
    case TGR_WHY_TIE:
        fprintf(file, "it is as good as %s, which comes first among equals", chosen);
        break;
    }
}

typedef struct against {
    const char *tag;
    double difference;
} against;

static int by_difference(const void *left, const void *right)
{
    double a = ((const against *)left)->difference, b = ((const against *)right)->difference;
    return (a < b) - (a > b);
}

/* The tags that favour the chosen model most over the one asked about. */
static void show_against(const tgr_explanation *explanation, FILE *file)
{
    size_t count = explanation->tag_count;
    against *list = calloc(count + 1, sizeof *list);
    if (list == NULL || explanation->chosen < 0 || explanation->chosen == explanation->asked) {
        free(list);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const tgr_explained_tag *tag = &explanation->tags[i];
        list[i] = (against){tag->tag, tag->contributions[explanation->chosen] -
                                          tag->contributions[explanation->asked]};
    }
    qsort(list, count, sizeof *list, by_difference);
    char name[NAME_SIZE];
    for (size_t i = 0; i < count && i < MOST_AGAINST && list[i].difference > 0; i++) {
        fprintf(file, "%s%s (%.6g)", i == 0 ? "  most against it: " : ", ",
                tgr_cli_printable(list[i].tag, name, sizeof name), list[i].difference);
    }
    fputs(count > 0 && list[0].difference > 0 ? "\n" : "", file);
    free(list);
}

static void show_why_not(const tgr_explanation *explanation, FILE *file)
{
    char name[NAME_SIZE];
    fprintf(file, "\nwhy not %s: ", name_of(explanation, explanation->asked, name));
    show_reason(explanation, file);
    fputc('\n', file);
    show_against(explanation, file);
    if (explanation->why_not_range == NULL) {
        fprintf(file, "  no --%s sends the query there\n",
                tgr_cli_threshold_option(explanation->policy));
    } else if (explanation->why_not != TGR_WHY_CHOSEN) {
        show_range(explanation, (size_t)(explanation->why_not_range - explanation->ranges), file);
    }
}

void tgr_cli_show_explanation(const tgr_explanation *explanation, FILE *file)
{
    char id[NAME_SIZE], row[TGR_CLI_NUMBER_SIZE];
    if (explanation->id != NULL) {
        fprintf(file, "%s (row %s), ", tgr_cli_printable(explanation->id, id, sizeof id),
                tgr_cli_count(row, explanation->row));
    }
    show_rule(explanation, file);
    fputc('\n', file);
    show_table(explanation, file);
    fputc('\n', file);
    for (size_t i = 0; i < explanation->range_count; i++) {
        show_range(explanation, i, file);
    }
    if (explanation->asked >= 0) {
        show_why_not(explanation, file);
    }
}

/* ---- top ------------------------------------------------------------------------------------- */

void tgr_cli_show_top(const tgr_top *top, const tgr_top_options *options, FILE *file)
{
    char text[TGR_CLI_NUMBER_SIZE], more[TGR_CLI_NUMBER_SIZE], name[NAME_SIZE];
    char at[TGR_CLI_NUMBER_SIZE], money[TGR_CLI_NUMBER_SIZE];
    fprintf(file, "%s queries, expected cost %s, policy %s, --%s %s, reference %s\n",
            tgr_cli_count(text, top->queries), tgr_cli_money(money, top->cost),
            tgr_policy_name(options->policy), tgr_cli_threshold_option(options->policy),
            tgr_cli_threshold(at, options->policy, options->threshold),
            tgr_cli_printable(top->reference, name, sizeof name));
    fprintf(file, "%s of %s tags move a query; those that move most %s:\n\n",
            tgr_cli_count(text, top->moving), tgr_cli_count(more, top->tags),
            options->by_money ? "money" : "queries");
    static const char *const heads[] = {
        "", "queries", "moved", "of its queries", "from the reference", "to the reference", "adds"};
    tgr_cli_table table;
    tgr_cli_table_start(&table, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        tgr_cli_table_add(&table, heads[i]);
    }
    for (size_t i = 0; i < top->count; i++) {
        const tgr_top_tag *tag = &top->list[i];
        tgr_cli_table_add(&table, tag->tag);
        tgr_cli_table_add(&table, tgr_cli_count(text, tag->queries));
        tgr_cli_table_add(&table, tgr_cli_count(text, tag->moved));
        tgr_cli_table_add(&table, tgr_cli_share(text, (double)tag->moved / (double)tag->queries));
        tgr_cli_table_add(&table, tgr_cli_count(text, tag->away));
        tgr_cli_table_add(&table, tgr_cli_count(text, tag->towards));
        tgr_cli_table_add(&table, tgr_cli_money(text, tag->cost));
    }
    tgr_cli_table_print(&table, file);
}
