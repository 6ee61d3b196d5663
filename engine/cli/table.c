/* table.c - widths of UTF-8, and rows padded to them. */
#include "engine/cli/table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/messages.h"

#define LONGEST_CELL 256

/* The next code point; a byte that is not UTF-8 counts as one. */
static uint32_t next_code_point(const char **text)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    size_t more = bytes[0] >= 0xf0 ? 3 : bytes[0] >= 0xe0 ? 2 : bytes[0] >= 0xc0 ? 1 : 0;
    uint32_t code = more == 0 ? bytes[0] : bytes[0] & (0x3fu >> more);
    size_t used = 1;
    while (used <= more && (bytes[used] & 0xc0) == 0x80) {
        code = code << 6 | (bytes[used] & 0x3fu);
        used++;
    }
    *text += used;
    return code;
}

typedef struct code_range {
    uint32_t first, last;
} code_range;

static bool in_ranges(uint32_t code, const code_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

static size_t code_width(uint32_t code)
{
    static const code_range none[] = {{0x0300, 0x036f}, {0x1ab0, 0x1aff},  {0x1dc0, 0x1dff},
                                      {0x200b, 0x200f}, {0x20d0, 0x20ff},  {0xfe00, 0xfe0f},
                                      {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef}};
    static const code_range two[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},
                                     {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe4f},
                                     {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
                                     {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
    if (in_ranges(code, none, sizeof none / sizeof *none)) {
        return 0;
    }
    return in_ranges(code, two, sizeof two / sizeof *two) ? 2 : 1;
}

size_t tgr_cli_width(const char *text)
{
    size_t width = 0;
    while (*text != '\0') {
        width += code_width(next_code_point(&text));
    }
    return width;
}

void tgr_cli_table_start(tgr_cli_table *table, size_t columns)
{
    *table = (tgr_cli_table){.columns = columns};
}

void tgr_cli_table_add(tgr_cli_table *table, const char *text)
{
    if (table->count == table->capacity) {
        size_t capacity = table->capacity > 0 ? 2 * table->capacity : 64;
        char **grown = realloc(table->cells, capacity * sizeof *grown);
        if (grown == NULL) {
            table->failed = true;
            return;
        }
        table->cells = grown;
        table->capacity = capacity;
    }
    char clean[LONGEST_CELL];
    char *cell = strdup(tgr_cli_printable(text, clean, sizeof clean));
    if (cell == NULL) {
        table->failed = true;
        return;
    }
    table->cells[table->count++] = cell;
}

/* 0 for a column that says nothing. */
static size_t column_width(const tgr_cli_table *table, size_t column)
{
    size_t widest = 0;
    bool says_something = false;
    for (size_t i = column; i < table->count; i += table->columns) {
        const char *cell = table->cells[i];
        size_t width = tgr_cli_width(cell);
        widest = width > widest ? width : widest;
        says_something |= i >= table->columns && strcmp(cell, "") != 0 && strcmp(cell, "-") != 0;
    }
    return says_something || column == 0 ? widest : 0;
}

static void print_row(const tgr_cli_table *table, size_t start, const size_t *widths, FILE *file)
{
    size_t owed = 0; /* blanks are written before a cell, never at the end of a line */
    for (size_t column = 0; column < table->columns; column++) {
        const char *cell = table->cells[start + column];
        size_t width = tgr_cli_width(cell);
        if (widths[column] == 0) {
            continue;
        }
        owed += 2;
        size_t left = column == 0 ? 0 : widths[column] - width;
        if (cell[0] != '\0') {
            fprintf(file, "%*s%s", (int)(owed + left), "", cell);
            owed = widths[column] - width - left;
        } else {
            owed += widths[column];
        }
    }
    fputc('\n', file);
}

static void free_table(tgr_cli_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->cells[i]);
    }
    free(table->cells);
    *table = (tgr_cli_table){0};
}

void tgr_cli_table_print(tgr_cli_table *table, FILE *file)
{
    size_t *widths = calloc(table->columns > 0 ? table->columns : 1, sizeof *widths);
    if (table->failed || widths == NULL) {
        tgr_cli_warning("not enough memory for a table");
    } else {
        for (size_t column = 0; column < table->columns; column++) {
            widths[column] = column_width(table, column);
        }
        for (size_t i = 0; i + table->columns <= table->count; i += table->columns) {
            print_row(table, i, widths, file);
        }
    }
    free(widths);
    free_table(table);
}
