/* compare_scorers.c - a comparison of scorers as a table, CSV, Markdown and LaTeX. */
#include "engine/cli/compare_scorers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/fail.h"
#include "engine/cli/numbers.h"
#include "engine/cli/program.h"
#include "engine/cli/table.h"
#include "engine/cli/write_file.h"

static const tgr_cli_option compare_options[] = {
    {"compare", 0, NULL,
     "fit every scorer on the same folds (--folds) of the training queries, and show how well each "
     "routes what it has not seen; no router is written"},
    {"each", 0, NULL,
     "with --compare: the files hold the same queries, tagged in different ways; fit each for "
     "itself"},
    {"csv", 0, "FILE", "the comparison in full, as CSV"},
    {"markdown", 0, "FILE", "as a Markdown table"},
    {"latex", 0, "FILE", "as a LaTeX tabular"},
    {0},
};

const tgr_cli_group tgr_cli_compare_group = {"Comparing scorers", compare_options};

static const char *const figure_names[TGR_FIT_FIGURES] = {"auc", "apgr", "cpt50", "cpt80"};

#define CELL 100
#define GAIN TGR_FIT_APGR /* the one shown beside the figures */

/* 0.6632 [0.6401, 0.6860] */
static const char *cell_text(char text[CELL], const tgr_fit_figure *figure, bool sign,
                             const char *missing)
{
    if (isnan(figure->value)) {
        return missing;
    }
    snprintf(text, CELL, sign ? "%+.4f [%+.4f, %+.4f]" : "%.4f [%.4f, %.4f]", figure->value,
             figure->low, figure->high);
    return text;
}

/* Where files were compared, too: which, and how many tags were kept of it. */
static bool with_files(const tgr_fit_comparison *comparison)
{
    return comparison->entries[0].input != NULL;
}

/* A file without its folder. */
static const char *file_name(const tgr_fit_compared *one)
{
    const char *slash = strrchr(one->input, '/');
    return slash != NULL ? slash + 1 : one->input;
}

static void gain_heading(char text[CELL], const tgr_fit_comparison *comparison)
{
    snprintf(text, CELL, "apgr over %s",
             with_files(comparison) ? "the first" : comparison->entries[0].scorer);
}

static void print_table(const tgr_fit_comparison *comparison)
{
    char text[CELL];
    tgr_cli_table table;
    bool files = with_files(comparison);
    tgr_cli_table_start(&table, TGR_FIT_FIGURES + 2 + (files ? 2 : 0));
    if (files) {
        tgr_cli_table_add(&table, "file");
        tgr_cli_table_add(&table, "tags");
    }
    tgr_cli_table_add(&table, "scorer");
    for (size_t i = 0; i < TGR_FIT_FIGURES; i++) {
        tgr_cli_table_add(&table, figure_names[i]);
    }
    gain_heading(text, comparison);
    tgr_cli_table_add(&table, text);
    for (size_t entry = 0; entry < comparison->count; entry++) {
        const tgr_fit_compared *one = &comparison->entries[entry];
        if (files) {
            tgr_cli_table_add(&table, file_name(one));
            tgr_cli_table_add(&table, tgr_cli_count(text, (uint64_t)(one->tags + 0.5)));
        }
        tgr_cli_table_add(&table, one->scorer);
        for (size_t i = 0; i < TGR_FIT_FIGURES; i++) {
            tgr_cli_table_add(&table, cell_text(text, &one->figures[i], false, "-"));
        }
        tgr_cli_table_add(&table, cell_text(text, &one->gains[GAIN], true, "-"));
    }
    tgr_cli_table_print(&table, stdout);
}

/* Characters that mean something in a table of that kind stand behind a backslash. */
static void add_name(FILE *into, const char *name, const char *special)
{
    for (; *name != '\0'; name++) {
        if (strchr(special, *name) != NULL) {
            fputc('\\', into);
        }
        fputc(*name, into);
    }
}

static void add_rows(FILE *into, const tgr_fit_comparison *comparison, const char *before,
                     const char *between, const char *after, const char *missing,
                     const char *special)
{
    char text[CELL];
    for (size_t entry = 0; entry < comparison->count; entry++) {
        const tgr_fit_compared *one = &comparison->entries[entry];
        fputs(before, into);
        if (with_files(comparison)) {
            add_name(into, file_name(one), special);
            fprintf(into, "%s%.0f%s", between, one->tags, between);
        }
        fputs(one->scorer, into);
        for (size_t i = 0; i < TGR_FIT_FIGURES; i++) {
            fprintf(into, "%s%s", between, cell_text(text, &one->figures[i], false, missing));
        }
        fprintf(into, "%s%s%s\n", between, cell_text(text, &one->gains[GAIN], true, missing),
                after);
    }
}

static void write_markdown(FILE *into, const tgr_fit_comparison *comparison)
{
    char gain[CELL];
    bool files = with_files(comparison);
    gain_heading(gain, comparison);
    fprintf(into,
            "|%s scorer | auc | apgr | cpt50 | cpt80 | %s |\n"
            "|%s --- | ---: | ---: | ---: | ---: | ---: |\n",
            files ? " file | tags |" : "", gain, files ? " --- | ---: |" : "");
    add_rows(into, comparison, "| ", " | ", " |", "", "|\\");
}

static void write_latex(FILE *into, const tgr_fit_comparison *comparison)
{
    char gain[CELL];
    bool files = with_files(comparison);
    gain_heading(gain, comparison);
    fprintf(into,
            "\\begin{tabular}{l%srrrrr}\n\\hline\n"
            "%sscorer & auc & apgr & cpt50 & cpt80 & %s \\\\\n\\hline\n",
            files ? "rl" : "", files ? "file & tags & " : "", gain);
    add_rows(into, comparison, "", " & ", " \\\\", "--", "_&%$#{}");
    fputs("\\hline\n\\end{tabular}\n", into);
}

/* As many digits as read back the same. */
static void add_number(FILE *into, double value)
{
    if (isnan(value)) {
        fputs(",", into);
    } else {
        fprintf(into, ",%.17g", value);
    }
}

static void add_quoted(FILE *into, const char *name)
{
    fputc('"', into);
    for (; *name != '\0'; name++) {
        fputs(*name == '"' ? "\"\"" : (char[]){*name, '\0'}, into);
    }
    fputc('"', into);
}

/* A row for each entry and figure. */
static void write_csv(FILE *into, const tgr_fit_comparison *comparison)
{
    fprintf(into, "%sscorer,figure,value,low,high,gain,gain_low,gain_high\n",
            with_files(comparison) ? "file,tags," : "");
    for (size_t entry = 0; entry < comparison->count; entry++) {
        const tgr_fit_compared *one = &comparison->entries[entry];
        for (size_t i = 0; i < TGR_FIT_FIGURES; i++) {
            if (with_files(comparison)) {
                add_quoted(into, file_name(one));
                fprintf(into, ",%.1f,", one->tags);
            }
            fprintf(into, "%s,%s", one->scorer, figure_names[i]);
            const tgr_fit_figure *const pair[] = {&one->figures[i], &one->gains[i]};
            for (size_t j = 0; j < 2; j++) {
                add_number(into, pair[j]->value);
                add_number(into, pair[j]->low);
                add_number(into, pair[j]->high);
            }
            fputs("\n", into);
        }
    }
}

typedef void writer(FILE *into, const tgr_fit_comparison *comparison);

static tgr_status write_file(const tgr_fit_comparison *comparison, writer *write, const char *path,
                             tgr_error *error)
{
    char *text = NULL;
    size_t length = 0;
    FILE *into = open_memstream(&text, &length);
    if (into != NULL) {
        write(into, comparison);
    }
    bool failed = into == NULL || ferror(into) != 0;
    failed |= into != NULL && fclose(into) != 0;
    tgr_status status =
        failed ? tgr_cli_fail(error, TGR_ERR_NOMEM, "memory is short for writing %s", path)
               : tgr_cli_write_file(path, text, length, error);
    free(text);
    return status;
}

static tgr_status write_files(const tgr_fit_comparison *comparison,
                              const tgr_cli_arguments *arguments, tgr_error *error)
{
    const struct {
        const char *option;
        writer *write;
    } kinds[] = {{"csv", write_csv}, {"markdown", write_markdown}, {"latex", write_latex}};
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *path = tgr_cli_text(arguments, kinds[i].option);
        if (path == NULL) {
            continue;
        }
        status = write_file(comparison, kinds[i].write, path, error);
    }
    return status;
}

/* Where a file goes there, the table does not. */
static bool to_standard_output(const tgr_cli_arguments *arguments)
{
    static const char *const options[] = {"csv", "markdown", "latex"};
    bool found = false;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const char *path = tgr_cli_text(arguments, options[i]);
        found |= path != NULL && strcmp(path, "-") == 0;
    }
    return found;
}

tgr_status tgr_cli_compare_scorers(const tgr_fit_options *options, const tgr_price_options *prices,
                                   const tgr_cli_arguments *arguments, tgr_cli_session *session,
                                   tgr_error *error)
{
    tgr_fit_comparison *comparison = NULL;
    char queries[TGR_CLI_NUMBER_SIZE];
    tgr_status status = tgr_fit_compare(options, tgr_cli_has(arguments, "each"), prices,
                                        &comparison, &session->run, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK && tgr_cli_speaks()) {
        status = write_files(comparison, arguments, error);
    }
    if (status == TGR_OK && !session->quiet && !to_standard_output(arguments)) {
        tgr_cli_say(session,
                    "%s queries, each routed by what was learnt without its fold; means of "
                    "%zu folds, 95 %% intervals of %zu paired bootstrap replicates\n\n",
                    tgr_cli_count(queries, comparison->queries), comparison->folds,
                    comparison->replicates);
        print_table(comparison);
    }
    tgr_fit_comparison_free(comparison);
    return status;
}
