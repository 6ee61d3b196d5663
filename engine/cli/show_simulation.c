/* show_simulation.c - from what it comes to, to the details. */
#include "engine/cli/show_simulation.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/deciding.h"
#include "engine/cli/messages.h"
#include "engine/cli/numbers.h"
#include "engine/cli/show_plot.h"
#include "engine/cli/solving.h"
#include "engine/cli/show_details.h"
#include "engine/cli/table.h"

#define MOST_MODELS  6 /* shares shown beside each other */
#define LONGEST_HEAD 24
#define MOST_ROWS    21 /* points of the curve shown */

/* What routed, where it did: a threshold, or who decided. */
static void format_way(const tgr_simulation *simulation, double threshold, char *text, size_t size)
{
    char number[TGR_CLI_NUMBER_SIZE], name[96];
    if (simulation->given) {
        tgr_cli_printable(simulation->elsewhere, name, sizeof name);
        snprintf(text, size, "as %s decided", name);
        return;
    }
    snprintf(text, size, "--%s %s", tgr_cli_threshold_option(simulation->policy),
             tgr_cli_threshold(number, simulation->policy, threshold));
}

/* The models that get most of the queries somewhere on the curve, in the router's order. */
typedef struct shown_models {
    size_t index[MOST_MODELS];
    size_t count;
    bool rest; /* some model with a share is not among them */
} shown_models;

static double largest_share(const tgr_simulation *simulation, size_t model)
{
    double largest = 0;
    for (size_t i = 0; i < simulation->points; i++) {
        double share = simulation->curve[i].share[model];
        largest = share > largest ? share : largest;
    }
    return largest;
}

static void choose_models(const tgr_simulation *simulation, shown_models *shown)
{
    *shown = (shown_models){0};
    for (size_t model = 0; model < simulation->models; model++) {
        double share = largest_share(simulation, model);
        size_t ahead = 0; /* models with a larger share, or as large and before this one */
        for (size_t other = 0; other < simulation->models && ahead < MOST_MODELS; other++) {
            double theirs = largest_share(simulation, other);
            ahead += theirs > share || (theirs == share && other < model);
        }
        if (ahead < MOST_MODELS) {
            shown->index[shown->count++] = model;
        } else {
            shown->rest |= share > 0;
        }
    }
}

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

static void add_measures(tgr_cli_table *table, double cost, double accept_rate, double mean_score,
                         double coverage)
{
    char text[TGR_CLI_NUMBER_SIZE];
    tgr_cli_table_add(table, tgr_cli_money(text, cost));
    add_fraction(table, mean_score);
    tgr_cli_table_add(table, tgr_cli_share(text, accept_rate));
    tgr_cli_table_add(table, coverage == 1 ? "" : tgr_cli_share(text, coverage));
}

static void add_shares(tgr_cli_table *table, const shown_models *shown, const double *share)
{
    char text[TGR_CLI_NUMBER_SIZE];
    for (size_t i = 0; i < shown->count; i++) {
        tgr_cli_table_add(table, share == NULL ? "" : tgr_cli_share(text, share[shown->index[i]]));
    }
}

static void add_heads(tgr_cli_table *table, const tgr_simulation *simulation, const char *first,
                      const shown_models *shown)
{
    tgr_cli_table_add(table, first);
    tgr_cli_table_add(table, "cost");
    tgr_cli_table_add(table, "mean score");
    tgr_cli_table_add(table, "accepted");
    tgr_cli_table_add(table, "judged");
    for (size_t i = 0; i < shown->count; i++) {
        char name[LONGEST_HEAD], head[LONGEST_HEAD + 4];
        const char *full = simulation->model_names[shown->index[i]];
        const char *slash = strrchr(full, '/'); /* the maker's name before it only takes room */
        tgr_cli_printable(slash != NULL && slash[1] != '\0' ? slash + 1 : full, name, sizeof name);
        snprintf(head, sizeof head, "to %s", name);
        tgr_cli_table_add(table, head);
    }
}

static void add_baseline(tgr_cli_table *table, const char *label, const tgr_baseline *baseline,
                         const shown_models *shown)
{
    tgr_cli_table_add(table, label);
    add_measures(table, baseline->cost, baseline->accept_rate, baseline->mean_score,
                 baseline->coverage);
    add_shares(table, shown, NULL);
}

static void add_alone(tgr_cli_table *table, const tgr_simulation *simulation,
                      const shown_models *shown)
{
    for (size_t model = 0; model < simulation->models; model++) {
        char name[96], label[192];
        const char *single = simulation->best_single.model;
        bool best = single != NULL && strcmp(single, simulation->model_names[model]) == 0;
        tgr_cli_printable(simulation->model_names[model], name, sizeof name);
        snprintf(label, sizeof label, "%s alone%s%s", name, best ? ", the best" : "",
                 model == simulation->reference ? " (reference)" : "");
        add_baseline(table, label, &simulation->alone[model], shown);
    }
}

static void add_solution(tgr_cli_table *table, const tgr_simulation *simulation,
                         const shown_models *shown)
{
    char goal[160], label[200];
    if (simulation->solution == NULL) {
        return;
    }
    const tgr_point *point = simulation->solution->point;
    tgr_cli_goal_text(&simulation->solution->goal, goal, sizeof goal);
    snprintf(label, sizeof label, "routed, %s", goal);
    tgr_cli_table_add(table, label);
    add_measures(table, point->cost, point->accept_rate, point->mean_score, point->coverage);
    add_shares(table, shown, point->share);
}

static void show_comparison(const tgr_simulation *simulation, const shown_models *shown, FILE *file)
{
    tgr_cli_table table;
    tgr_cli_table_start(&table, 5 + shown->count);
    add_heads(&table, simulation, "", shown);
    add_alone(&table, simulation, shown);
    if (simulation->best < simulation->points) {
        const tgr_point *point = &simulation->curve[simulation->best];
        char way[160], label[180];
        format_way(simulation, point->threshold, way, sizeof way);
        snprintf(label, sizeof label, "routed, %s", way);
        tgr_cli_table_add(&table, label);
        add_measures(&table, point->cost, point->accept_rate, point->mean_score, point->coverage);
        add_shares(&table, shown, point->share);
        add_solution(&table, simulation, shown);
        add_baseline(&table, "the same shares at random", &simulation->cost_matched_random, shown);
    }
    add_baseline(&table, "a model at random", &simulation->random, shown);
    add_baseline(&table, "oracle (the best possible)", &simulation->oracle, shown);
    tgr_cli_table_print(&table, file);
}

static void show_curve(const tgr_simulation *simulation, const shown_models *shown, FILE *file)
{
    size_t rows = simulation->points < MOST_ROWS ? simulation->points : MOST_ROWS;
    tgr_cli_table table;
    if (rows == 0 || simulation->given) { /* its only point is shown already */
        return;
    }
    tgr_cli_table_start(&table, 5 + shown->count);
    add_heads(&table, simulation, tgr_cli_threshold_option(simulation->policy), shown);
    for (size_t row = 0; row < rows; row++) {
        size_t at = rows > 1 ? row * (simulation->points - 1) / (rows - 1) : 0;
        const tgr_point *point = &simulation->curve[at];
        char text[TGR_CLI_NUMBER_SIZE];
        tgr_cli_table_add(&table, tgr_cli_threshold(text, simulation->policy, point->threshold));
        add_measures(&table, point->cost, point->accept_rate, point->mean_score, point->coverage);
        add_shares(&table, shown, point->share);
    }
    fputc('\n', file);
    tgr_cli_table_print(&table, file);
    if (rows < simulation->points) {
        fprintf(file, "  (%zu of %zu points; --csv and --json have them all)\n", rows,
                simulation->points);
    }
    if (shown->rest) {
        fprintf(file, "  (the %zu busiest of %zu models; --csv and --json have them all)\n",
                shown->count, simulation->models);
    }
}

typedef struct metric_line {
    const char *name;
    size_t place; /* in tgr_metrics */
    const char *meaning;
} metric_line;

static double metric_at(const tgr_metrics *metrics, size_t place)
{
    double value;
    memcpy(&value, (const char *)metrics + place, sizeof value);
    return value;
}

/* How far off, or between what, a metric is; nothing where that is not known. */
static void format_doubt(char *text, size_t size, const tgr_simulation *simulation, size_t place)
{
    const tgr_intervals *range = simulation->intervals;
    double error = metric_at(&simulation->error_bound, place);
    int length = 0;
    text[0] = '\0';
    if (simulation->binned && error > 0) {
        length = snprintf(text, size, " +/-%.1g", error);
    }
    if (range != NULL && range->high != NULL) {
        double low = metric_at(&range->low->metrics, place);
        double high = metric_at(&range->high->metrics, place);
        if (!isnan(low)) {
            snprintf(text + length, size - (size_t)length, "  %.4f to %.4f", low, high);
        }
    }
}

static void show_metrics(const tgr_simulation *simulation, FILE *file)
{
#define METRIC(name, meaning)                                                                      \
    {                                                                                              \
#name, offsetof(tgr_metrics, name), meaning                                                \
    }
    bool two = simulation->models == 2;
    const metric_line lines[] = {
        METRIC(auc, two ? "mean quality over all shares sent to the reference"
                        : "mean of the best quality over all costs"),
        METRIC(apgr, "share of the quality gap won on average; at random 0.5"),
        METRIC(cpt50, two ? "share to the reference that wins half of the gap"
                          : "scaled cost that wins half of the gap"),
        METRIC(cpt80, two ? "share to the reference that wins 80 % of the gap"
                          : "scaled cost that wins 80 % of the gap"),
        METRIC(pauc, "area above the best single model"),
        METRIC(aiq, "mean quality of the cost-quality hull"),
        METRIC(cost_save, "cost saved at the best single model's quality"),
        METRIC(perf_gain, "best quality over the best single model's, less 1"),
        METRIC(uplift, "accept rate over the best single model's, less 1"),
        METRIC(rank, "mean rank of the chosen model; 1 is always the best"),
    };
#undef METRIC
    fputc('\n', file);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        double value = metric_at(&simulation->metrics, lines[i].place);
        char doubt[64];
        if (!isnan(value)) {
            format_doubt(doubt, sizeof doubt, simulation, lines[i].place);
            fprintf(file, "  %-10s %8.4f%s  %s\n", lines[i].name, value, doubt, lines[i].meaning);
        }
    }
}

/* Between what cost and quality of the chosen point are, in 95 of 100 logs like this one. */
static void show_ranges(const tgr_simulation *simulation, FILE *file)
{
    const tgr_intervals *range = simulation->intervals;
    if (range == NULL || range->high == NULL || simulation->best >= simulation->points) {
        return;
    }
    const tgr_point *low = &range->low->curve[simulation->best];
    const tgr_point *high = &range->high->curve[simulation->best];
    double quality_low = quality_of(simulation, low->accept_rate, low->mean_score);
    double quality_high = quality_of(simulation, high->accept_rate, high->mean_score);
    char a[TGR_CLI_NUMBER_SIZE], b[TGR_CLI_NUMBER_SIZE];
    fputs("in 95 of 100 such logs", file);
    if (!isnan(low->cost)) {
        fprintf(file, " cost %s to %s,", tgr_cli_money(a, low->cost), tgr_cli_money(b, high->cost));
    }
    fprintf(file, " %s %.4f to %.4f\n", quality_name(simulation), quality_low, quality_high);
}

static void show_who(const tgr_simulation *simulation, FILE *file)
{
    char count[TGR_CLI_NUMBER_SIZE], name[96];
    fprintf(file, "%s queries, ", tgr_cli_count(count, simulation->queries));
    if (simulation->weighted) {
        fprintf(file, "which stand for %s", tgr_cli_weight(count, simulation->weight));
        fprintf(file, " (and say as much as %s of one weight), ",
                tgr_cli_weight(count, simulation->effective));
    }
    if (simulation->elsewhere != NULL) {
        fprintf(file, "%s of %s", simulation->given ? "decisions" : "scores",
                tgr_cli_printable(simulation->elsewhere, name, sizeof name));
    }
    if (!simulation->given) {
        fprintf(file, "%spolicy %s", simulation->elsewhere == NULL ? "" : ", ",
                tgr_policy_name(simulation->policy));
    }
    fputc('\n', file);
}

/* What the chosen point comes to against the best single model, for somebody who reads one line. */
static void show_headline(const tgr_simulation *simulation, FILE *file)
{
    const tgr_baseline *single = &simulation->best_single;
    char number[TGR_CLI_NUMBER_SIZE];
    show_who(simulation, file);
    if (simulation->best >= simulation->points || single->model == NULL) {
        fputc('\n', file);
        return;
    }
    const tgr_point *point = &simulation->curve[simulation->best];
    double quality = quality_of(simulation, point->accept_rate, point->mean_score);
    double alone = quality_of(simulation, single->accept_rate, single->mean_score);
    char name[96];
    char way[160];
    format_way(simulation, point->threshold, way, sizeof way);
    fprintf(file, "%s:", way);
    if (single->cost > 0 && !isnan(point->cost)) {
        fprintf(file, " cost %s (%+.1f %%),", tgr_cli_money(number, point->cost),
                100 * (point->cost / single->cost - 1));
    }
    if (alone > 0 && !isnan(quality)) {
        fprintf(file, " %s %.4f (%+.1f %%),", quality_name(simulation), quality,
                100 * (quality / alone - 1));
    }
    tgr_cli_printable(single->model, name, sizeof name);
    fprintf(file, " against %s alone\n", name);
    show_ranges(simulation, file);
    if (simulation->metrics.cost_save > 0) {
        fprintf(file, "as good as %s alone at %s less cost\n", name,
                tgr_cli_share(number, simulation->metrics.cost_save));
    }
    fputc('\n', file);
}

/* What the goal led to. */
static void show_solution(const tgr_simulation *simulation, FILE *file)
{
    const tgr_solution *solution = simulation->solution;
    char a[TGR_CLI_NUMBER_SIZE], b[TGR_CLI_NUMBER_SIZE];
    if (solution == NULL) {
        return;
    }
    tgr_cli_show_solution(solution, file);
    const tgr_point *point = solution->point, *low = solution->low, *high = solution->high;
    fprintf(file, "  cost %s, %s %.4f", tgr_cli_money(a, point->cost), quality_name(simulation),
            quality_of(simulation, point->accept_rate, point->mean_score));
    if (high != NULL) {
        fprintf(file, "; in 95 of 100 such logs %s to %s, %.4f to %.4f",
                tgr_cli_money(a, low->cost), tgr_cli_money(b, high->cost),
                quality_of(simulation, low->accept_rate, low->mean_score),
                quality_of(simulation, high->accept_rate, high->mean_score));
    }
    fputs("\n\n", file);
}

tgr_status tgr_cli_show_simulation(const tgr_simulation *simulation, FILE *file, tgr_error *error)
{
    shown_models shown;
    choose_models(simulation, &shown);
    show_headline(simulation, file);
    show_solution(simulation, file);
    tgr_status status = tgr_cli_show_plot(simulation, file, error);
    show_comparison(simulation, &shown, file);
    show_curve(simulation, &shown, file);
    show_metrics(simulation, file);
    tgr_cli_show_details(simulation, file);
    if (simulation->binned) {
        fputs(
            "\n  thresholds are put into bins, as partial simulations and too little memory want "
            "it:\n"
            "  the figures above are within +/- of those of every threshold; points of the curve\n"
            "  are exact\n",
            file);
    }
    if (simulation->undecided > 0) {
        char count[TGR_CLI_NUMBER_SIZE];
        fprintf(file, "\n  %s queries are undecided%s\n",
                tgr_cli_count(count, simulation->undecided),
                simulation->given ? "" : ": no model may serve them");
    }
    return status;
}
