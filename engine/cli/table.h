/* table.h - aligned columns of text. */
#ifndef TGR_CLI_TABLE_H
#define TGR_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct tgr_cli_table {
    size_t columns;
    char **cells;
    size_t count, capacity;
    bool failed; /* memory ran short; printing says so */
} tgr_cli_table;

void tgr_cli_table_start(tgr_cli_table *table, size_t columns);

/* Adds the next cell, row by row. Control characters become '?'. */
void tgr_cli_table_add(tgr_cli_table *table, const char *text);

/* Prints the rows, the first column to the left and the others to the right, indented by two, and
 * frees the table. Columns whose cells, the first row's aside, are all "-" or "" are left out. */
void tgr_cli_table_print(tgr_cli_table *table, FILE *file);

/* Columns that a text takes on a terminal. */
size_t tgr_cli_width(const char *text);

#endif
