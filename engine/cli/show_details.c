/* show_details.c - what a simulation says beyond its curve. */
#include "engine/cli/show_details.h"

#include <math.h>
#include <string.h>

#include "engine/cli/messages.h"
#include "engine/cli/numbers.h"
#include "engine/cli/table.h"

#define MOST_SLICES 40

static double quality_of(const tgr_simulation *simulation, double accept_rate, double mean_score)
{
    return simulation->quality == TGR_QUALITY_ACCEPT ? accept_rate : mean_score;
}

static const char *quality_name(const tgr_simulation *simulation)
{
    return simulation->quality == TGR_QUALITY_ACCEPT ? "accept rate" : "mean score";
}

static void add_fraction(tgr_cli_table *table, double value)
{
    char text[TGR_CLI_NUMBER_SIZE];
    tgr_cli_table_add(table, tgr_cli_fraction(text, value, 4));
}

static void add_share(tgr_cli_table *table, double share)
{
    char text[TGR_CLI_NUMBER_SIZE];
    tgr_cli_table_add(table, tgr_cli_share(text, share));
}

/* The maker's name before it only takes room. */
static const char *short_name(const char *model)
{
    const char *slash = strrchr(model, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : model;
}

/* ---- by column ------------------------------------------------------------------------------- */

static void add_slice(tgr_cli_table *table, const tgr_slice *slice)
{
    const tgr_simulation *simulation = slice->simulation;
    const tgr_point *point = &simulation->curve[0];
    const tgr_baseline *single = &simulation->best_single;
    char text[TGR_CLI_NUMBER_SIZE], name[64];
    tgr_cli_table_add(table, slice->value == NULL
                                 ? "(none)"
                                 : tgr_cli_printable(slice->value, name, sizeof name));
    tgr_cli_table_add(table, tgr_cli_weight(text, simulation->weight));
    tgr_cli_table_add(table, tgr_cli_money(text, point->cost));
    add_fraction(table, quality_of(simulation, point->accept_rate, point->mean_score));
    tgr_cli_table_add(table, point->coverage == 1 ? "" : tgr_cli_share(text, point->coverage));
    add_share(table, point->share[simulation->reference]);
    add_fraction(table, quality_of(simulation, single->accept_rate, single->mean_score));
    tgr_cli_table_add(table, single->model == NULL
                                 ? "-"
                                 : tgr_cli_printable(short_name(single->model), name, 25));
    add_fraction(table, quality_of(simulation, simulation->oracle.accept_rate,
                                   simulation->oracle.mean_score));
    add_fraction(table, simulation->metrics.apgr);
    tgr_cli_table_add(table, slice->known_tags == 1 ? "" : tgr_cli_share(text, slice->known_tags));
}

static void show_breakdown(const tgr_simulation *simulation, const tgr_breakdown *breakdown,
                           FILE *file)
{
    const char *heads[] = {"queries",   "cost",         quality_name(simulation),
                           "judged",    "to reference", "best",
                           "of",        "oracle",       "apgr",
                           "known tags"};
    tgr_cli_table table;
    char name[64];
    size_t shown = breakdown->count < MOST_SLICES ? breakdown->count : MOST_SLICES;
    tgr_cli_table_start(&table, 1 + sizeof heads / sizeof *heads);
    tgr_cli_table_add(&table, tgr_cli_printable(breakdown->column, name, sizeof name));
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        tgr_cli_table_add(&table, heads[i]);
    }
    for (size_t i = 0; i < shown; i++) {
        add_slice(&table, &breakdown->slices[i]);
    }
    fputc('\n', file);
    tgr_cli_table_print(&table, file);
    if (shown < breakdown->count) {
        fprintf(file, "  (%zu of %zu; --json has them all)\n", shown, breakdown->count);
    }
    if (breakdown->without_metrics) {
        fputs("  (thresholds are too many for metrics of each; --memory allows more)\n", file);
    }
}

/* ---- predictions ----------------------------------------------------------------------------- */

static void add_deciles(tgr_cli_table *table, const tgr_prediction *prediction, bool predicted)
{
    for (size_t i = 0; i < TGR_DECILES; i++) {
        char text[TGR_CLI_NUMBER_SIZE];
        const tgr_decile *decile = &prediction->deciles[i];
        double value = predicted ? decile->predicted : decile->measured;
        tgr_cli_table_add(table, tgr_cli_fraction(text, value, 3));
    }
}

static void add_prediction(tgr_cli_table *table, const char *name, const tgr_prediction *one,
                           bool same_scale)
{
    char text[TGR_CLI_NUMBER_SIZE], shown[96];
    if (same_scale) {
        snprintf(shown, sizeof shown, "%s, predicted", name);
        tgr_cli_table_add(table, shown);
        tgr_cli_table_add(table, "");
        tgr_cli_table_add(table, "");
        add_deciles(table, one, true);
    }
    snprintf(shown, sizeof shown, "%s, measured", name);
    tgr_cli_table_add(table, shown);
    tgr_cli_table_add(table, tgr_cli_weight(text, one->weight));
    add_fraction(table, one->rank_correlation);
    add_deciles(table, one, false);
}

static void show_predictions(const tgr_predictions *predictions, FILE *file)
{
    tgr_cli_table table;
    tgr_cli_table_start(&table, 3 + TGR_DECILES);
    tgr_cli_table_add(&table, "by tenths of the score");
    tgr_cli_table_add(&table, "judged");
    tgr_cli_table_add(&table, "rank corr.");
    for (int i = 1; i <= TGR_DECILES; i++) {
        char head[12];
        snprintf(head, sizeof head, "%d.", i);
        tgr_cli_table_add(&table, i == 1 ? "lowest" : i == TGR_DECILES ? "highest" : head);
    }
    for (size_t model = 0; model < predictions->models; model++) {
        char name[64];
        tgr_cli_printable(short_name(predictions->of[model].model), name, sizeof name);
        add_prediction(&table, name, &predictions->of[model], predictions->same_scale);
    }
    add_prediction(&table, "margin over the reference", &predictions->margin,
                   predictions->same_scale);
    fputc('\n', file);
    tgr_cli_table_print(&table, file);
    if (predictions->cut_bits > 0) {
        fprintf(file, "  (of scores cut by %zu of 24 bits, as memory is short of all)\n",
                predictions->cut_bits);
    }
}

/* ---- category means, savings ----------------------------------------------------------------- */

static void show_category_mean(const tgr_simulation *simulation, const tgr_category_mean *mean,
                               FILE *file)
{
    char count[TGR_CLI_NUMBER_SIZE], money[TGR_CLI_NUMBER_SIZE], a[TGR_CLI_NUMBER_SIZE];
    const tgr_point *point = &simulation->curve[simulation->best];
    fprintf(file, "\nrouting by each category's mean instead, learnt from %s%s (%s queries):\n",
            mean->split == NULL ? "these very queries" : "split ",
            mean->split == NULL ? "" : mean->split, tgr_cli_count(count, mean->training));
    fprintf(file, "  apgr %s against %.4f", tgr_cli_fraction(a, mean->simulation->metrics.apgr, 4),
            simulation->metrics.apgr);
    if (!isnan(mean->at_cost.cost)) {
        fprintf(file, "; %s %.4f for %s against %.4f for", quality_name(simulation),
                quality_of(simulation, mean->at_cost.accept_rate, mean->at_cost.mean_score),
                tgr_cli_money(money, mean->at_cost.cost),
                quality_of(simulation, point->accept_rate, point->mean_score));
        fprintf(file, " %s", tgr_cli_money(money, point->cost));
    }
    fputc('\n', file);
}

static void show_recorded(double recorded, const char *whose, FILE *file)
{
    char text[TGR_CLI_NUMBER_SIZE];
    if (recorded == 1) {
        fprintf(file, "%s are recorded", whose);
    } else if (recorded == 0) {
        fprintf(file, "%s are expected ones", whose);
    } else {
        fprintf(file, "%s are recorded for %s of the queries, else expected", whose,
                tgr_cli_share(text, recorded));
    }
}

static void show_savings(const tgr_simulation *simulation, const tgr_savings *savings, FILE *file)
{
    char name[96], a[TGR_CLI_NUMBER_SIZE], b[TGR_CLI_NUMBER_SIZE], c[TGR_CLI_NUMBER_SIZE];
    char share[TGR_CLI_NUMBER_SIZE] = "-";
    bool logged = simulation->details->logged != NULL && strcmp(savings->baseline, "logged") == 0;
    const char *everything = logged ? "what was " : "everything to ";
    tgr_cli_printable(savings->baseline, name, sizeof name);
    fprintf(file,
            "\nagainst %s%s: %s instead of %s, %s saved (%s), %s %.4f instead of "
            "%.4f\n",
            everything, name, tgr_cli_money(a, savings->routed_cost),
            tgr_cli_money(b, savings->cost), tgr_cli_money(c, savings->saved),
            isnan(savings->saved_share) ? share : tgr_cli_share(share, savings->saved_share),
            quality_name(simulation), savings->routed_quality, savings->quality);
    fputs("  assumed: ", file);
    show_recorded(savings->recorded, "its costs", file);
    fputs("; ", file);
    show_recorded(savings->routed_recorded, "those of the decisions", file);
    if (savings->scale < 1 || savings->scale > 1) {
        fprintf(file, "; money is %.6g times that of these queries", savings->scale);
    }
    fputc('\n', file);
}

/* ---- logged, judged -------------------------------------------------------------------------- */

static void add_estimate(tgr_cli_table *table, const tgr_simulation *simulation,
                         const tgr_estimate *estimate)
{
    char text[TGR_CLI_NUMBER_SIZE], range[2 * TGR_CLI_NUMBER_SIZE];
    tgr_cli_table_add(table, tgr_cli_threshold(text, simulation->policy, estimate->threshold));
    tgr_cli_table_add(table, tgr_cli_count(text, estimate->matched));
    tgr_cli_table_add(table, tgr_cli_count(text, (uint64_t)estimate->effective));
    add_fraction(table, estimate->ips);
    snprintf(range, sizeof range, "%.4f to %.4f", estimate->ips_low, estimate->ips_high);
    tgr_cli_table_add(table, isnan(estimate->ips) ? "-" : range);
    add_fraction(table, estimate->robust);
    snprintf(range, sizeof range, "%.4f to %.4f", estimate->robust_low, estimate->robust_high);
    tgr_cli_table_add(table, isnan(estimate->robust) ? "-" : range);
}

static void show_estimates(const tgr_simulation *simulation, const tgr_logged *logged, FILE *file)
{
    const char *heads[] = {"threshold", "matched", "worth",         "by chances",
                           "95 %",      "robust",  "95 % of robust"};
    tgr_cli_table table;
    char text[TGR_CLI_NUMBER_SIZE];
    size_t rows = logged->estimate_count < MOST_SLICES ? logged->estimate_count : MOST_SLICES;
    fprintf(file, "\n%s, estimated from %s queries with a known chance (robust: from %s):\n",
            quality_name(simulation), tgr_cli_count(text, logged->chances),
            logged->from_scores ? "predicted scores" : "each model's mean");
    tgr_cli_table_start(&table, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        tgr_cli_table_add(&table, heads[i]);
    }
    for (size_t row = 0; row < rows; row++) {
        size_t at = rows > 1 ? row * (logged->estimate_count - 1) / (rows - 1) : 0;
        add_estimate(&table, simulation, &logged->estimates[at]);
    }
    tgr_cli_table_print(&table, file);
}

static void show_logged(const tgr_simulation *simulation, const tgr_logged *logged, FILE *file)
{
    char count[TGR_CLI_NUMBER_SIZE], money[TGR_CLI_NUMBER_SIZE], text[TGR_CLI_NUMBER_SIZE];
    fprintf(file, "\nas logged: %s queries, ", tgr_cli_count(count, logged->queries));
    if (simulation->weighted) {
        fprintf(file, "which stand for %s, ", tgr_cli_weight(count, logged->weight));
    }
    fprintf(file, "%s (", tgr_cli_money(money, logged->all.cost));
    show_recorded(logged->recorded, "costs", file);
    double quality = quality_of(simulation, logged->all.accept_rate, logged->all.mean_score);
    fprintf(file, "), %s %s", quality_name(simulation), tgr_cli_fraction(text, quality, 4));
    if (logged->others > 0) {
        fprintf(file, "; %s more went to none of the router's models",
                tgr_cli_count(count, logged->others));
    }
    fputc('\n', file);
    if (logged->estimate_count > 0) {
        show_estimates(simulation, logged, file);
    }
}

static void show_judged(const tgr_judged *judged, FILE *file)
{
    char a[TGR_CLI_NUMBER_SIZE], b[TGR_CLI_NUMBER_SIZE];
    fprintf(file,
            "\nquality and metrics are those of %s judged queries, costs and shares those of the "
            "log's %s\n",
            tgr_cli_count(a, judged->sample.queries), tgr_cli_count(b, judged->log.queries));
    fprintf(file, "  known tags a query: %.2f in the log, %.2f in the sample\n", judged->log.tags,
            judged->sample.tags);
    fprintf(file,
            "  tags differ by %s (0 %%: alike; small samples differ by chance); the sample lacks "
            "%s of the log's known tags\n",
            tgr_cli_share(a, judged->drift), tgr_cli_share(b, judged->unseen));
}

static void show_chosen(const tgr_simulation *simulation, const tgr_chosen *chosen, FILE *file)
{
    char number[TGR_CLI_NUMBER_SIZE], count[TGR_CLI_NUMBER_SIZE], name[64];
    const tgr_point *point = &simulation->curve[simulation->best];
    fprintf(file,
            "\nthe threshold %s was chosen on split %s (%s queries), where it promised %s %.4f; "
            "here it gives %.4f\n",
            tgr_cli_threshold(number, simulation->policy, chosen->threshold),
            tgr_cli_printable(chosen->split, name, sizeof name),
            tgr_cli_count(count, chosen->queries), quality_name(simulation),
            quality_of(simulation, chosen->promised.accept_rate, chosen->promised.mean_score),
            quality_of(simulation, point->accept_rate, point->mean_score));
}

void tgr_cli_show_details(const tgr_simulation *simulation, FILE *file)
{
    const tgr_details *details = simulation->details;
    if (details == NULL) {
        return;
    }
    for (size_t i = 0; i < details->breakdown_count; i++) {
        show_breakdown(simulation, &details->breakdowns[i], file);
    }
    if (details->predictions != NULL) {
        show_predictions(details->predictions, file);
    }
    if (details->category_mean != NULL) {
        show_category_mean(simulation, details->category_mean, file);
    }
    if (details->savings != NULL) {
        show_savings(simulation, details->savings, file);
    }
    if (details->logged != NULL) {
        show_logged(simulation, details->logged, file);
    }
    if (details->chosen != NULL) {
        show_chosen(simulation, details->chosen, file);
    }
    if (details->judged != NULL) {
        show_judged(details->judged, file);
    }
}
