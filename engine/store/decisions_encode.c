/* decisions_encode.c - decisions as the arrays of an HDF5 file hold them, in parallel. */
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/wide.h"
#include "engine/store/decisions_format.h"
#include "engine/store/row_numbers.h"

size_t tgr_decisions_digits(char text[20], uint64_t number)
{
    char reversed[20];
    size_t length = 0;
    do {
        reversed[length++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (size_t i = 0; i < length; i++) {
        text[i] = reversed[length - 1 - i];
    }
    return length;
}

bool tgr_decisions_narrow(const tgr_decisions_plan *plan)
{
    return plan->threshold_count == 1 && plan->model_count <= INT8_MAX;
}

size_t tgr_decisions_index_width(const tgr_decisions_plan *plan)
{
    char digits[20];
    uint64_t rows = plan->shards > 0 ? plan->total_rows : plan->rows;
    size_t numbers = tgr_decisions_digits(digits, rows > 0 ? rows - 1 : 0);
    return plan->ids && plan->id_width > numbers ? plan->id_width : numbers;
}

bool tgr_decisions_numbered(const tgr_decisions_plan *plan)
{
    return !plan->ids && plan->rows >= TGR_NUMBERS_CHUNK;
}

/* ---- rows' numbers --------------------------------------------------------------------- */

#define WORDS_WIDTH 16 /* numbers up to so wide are kept in two words */

typedef unsigned __int128 digits; /* a character a byte, the first one in the highest */

/* A number as text that counts up without leaving registers: what has just been stored as bytes
 * must not be loaded as words. */
typedef struct counter {
    digits text;     /* of a multiple of ten, padded with zero bytes */
    digits one;      /* a one in the place of the last digit */
    digits above;    /* and in those of all the others */
    uint64_t number; /* what the text says */
    uint64_t limit;  /* the first number that has a digit more */
} counter;

static void put_number(uint64_t number, size_t width, char *to)
{
    char text[20];
    size_t length = tgr_decisions_digits(text, number);
    memcpy(to, text, length);
    memset(to + length, 0, width - length);
}

static counter count_from(uint64_t number)
{
    counter made = {.number = number, .limit = 1};
    char text[WORDS_WIDTH];
    size_t length = tgr_decisions_digits((char[20]){0}, number);
    put_number(number, WORDS_WIDTH, text);
    for (size_t i = 0; i < WORDS_WIDTH; i++) {
        made.text = made.text << 8 | (unsigned char)text[i];
        made.one = made.one << 8 | (i + 1 == length);
        made.above = made.above << 8 | (i + 1 < length);
        made.limit *= i < length ? 10 : 1;
    }
    return made;
}

/* On to the next ten. Digits above the last are filled up so that a nine that is carried to runs
 * over into the next; what filled up the others is taken off again. */
static void count_ten(counter *at)
{
    at->number += 10;
    if (at->number >= at->limit) {
        *at = count_from(at->number);
        return;
    }
    digits sum = at->text + at->above * (0xf6 - '0') + (at->one << 8);
    at->text = sum - (sum >> 7 & at->above) * 0xf6 + at->above * '0';
}

static void put_word(uint64_t word, char *to)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(to, &word, sizeof(word));
}

/* Rows [begin, end), whose numbers differ in the last digit alone. Each is stored as a whole word
 * or two; what that writes too much, the next row writes over. */
static void put_some(const counter *at, uint64_t last, size_t begin, size_t end, size_t width,
                     char *to)
{
    digits text = at->text + at->one * last;
    for (size_t row = begin; row < end; row++, text += at->one) {
        put_word((uint64_t)(text >> 64), to + row * width);
        if (width > sizeof(uint64_t)) {
            put_word((uint64_t)text, to + row * width + sizeof(uint64_t));
        }
    }
}

/* The usual ten, of one word each. */
static void put_ten(const counter *at, size_t width, char *to)
{
    uint64_t word = (uint64_t)(at->text >> 64), one = (uint64_t)(at->one >> 64);
    for (uint64_t i = 0; i < 10; i++) {
        put_word(word + i * one, to + i * width);
    }
}

/* Numbers of rows [begin, end). Nothing is written behind them, which may be another's. */
static void put_numbers(const tgr_decisions_rows *rows, size_t width, size_t begin, size_t end,
                        char *to)
{
    size_t spare = (WORDS_WIDTH + width - 1) / width, row = begin;
    size_t whole = width <= WORDS_WIDTH && end - begin > spare ? end - spare : begin;
    uint64_t last = (rows->first + row) % 10;
    counter at = {.text = 0};
    if (row < whole) {
        at = count_from(rows->first + row - last);
    }
    while (row < whole) {
        size_t left = (size_t)(10 - last), next = whole - row < left ? whole : row + left;
        if (next - row == 10 && width <= sizeof(uint64_t)) {
            put_ten(&at, width, to + row * width);
        } else {
            put_some(&at, last, row, next, width, to);
        }
        row = next;
        last = 0;
        if (row < whole) {
            count_ten(&at);
        }
    }
    for (; row < end; row++) {
        put_number(rows->first + row, width, to + row * width);
    }
}

/* ---- ids ------------------------------------------------------------------------------- */

/* How many of `count` ids lie `width` bytes apart, each of them full. */
TGR_WIDE(size_t, count_full, (const uint64_t *offsets, size_t count, size_t width),
         (offsets, count, width))
{
    size_t full = 0;
    for (size_t i = 0; i < count; i++) {
        full += offsets[i + 1] - offsets[i] == width;
    }
    return full;
}

/* The first of rows [begin, end) whose id cannot be stored, else rows->count. */
static size_t put_ids(const tgr_decisions_rows *rows, size_t width, size_t begin, size_t end,
                      char *to)
{
    const tgr_texts *ids = rows->ids;
    const char *first = ids->bytes + ids->offsets[begin];
    if (count_full(ids->offsets + begin, end - begin, width) == end - begin &&
        !memchr(first, 0, (end - begin) * width)) {
        memcpy(to + begin * width, first, (end - begin) * width);
        return rows->count;
    }
    for (size_t row = begin; row < end; row++) {
        const char *text = ids->bytes + ids->offsets[row];
        size_t length = (size_t)(ids->offsets[row + 1] - ids->offsets[row]);
        if (length > width || memchr(text, 0, length)) {
            return row;
        }
        memcpy(to + row * width, text, length);
        memset(to + row * width + length, 0, width - length);
    }
    return rows->count;
}

static tgr_status bad_id(const tgr_decisions_rows *rows, size_t bad, size_t width, const char *path,
                         tgr_error *error)
{
    size_t length = (size_t)(rows->ids->offsets[bad + 1] - rows->ids->offsets[bad]);
    return length > width
               ? tgr_fail(error, TGR_ERR_ARGUMENT,
                          "%s: a string of /obs/_index is longer than the %zu bytes planned", path,
                          width)
               : tgr_fail(error, TGR_ERR_INPUT,
                          "%s: a string of /obs/_index holds a NUL byte, which HDF5 cannot store",
                          path);
}

/* ---- all arrays ------------------------------------------------------------------------ */

typedef struct arrays {
    const tgr_decisions_plan *plan;
    const tgr_decisions_rows *rows;
    size_t width; /* of the index */
    char *index;  /* NULL: it is there already */
    char *codes, *margins;
} arrays;

TGR_WIDE(void, narrow, (char *restrict to, const int16_t *restrict from, size_t count),
         (to, from, count))
{
    for (size_t i = 0; i < count; i++) {
        to[i] = (char)from[i];
    }
}

static void put_codes(const arrays *to, size_t begin, size_t end)
{
    const int16_t *model = to->rows->model;
    if (!tgr_decisions_narrow(to->plan)) {
        memcpy(to->codes + begin * sizeof(*model), model + begin, (end - begin) * sizeof(*model));
        return;
    }
    narrow(to->codes + begin, model + begin, end - begin);
}

/* Rows [begin, end) of every array; the first whose id cannot be stored, else rows->count. */
static size_t put_rows(const arrays *to, size_t begin, size_t end)
{
    size_t thresholds = to->plan->threshold_count;
    put_codes(to, begin * thresholds, end * thresholds);
    if (to->margins) {
        size_t row_bytes = thresholds * sizeof(float);
        memcpy(to->margins + begin * row_bytes, to->rows->margin + begin * thresholds,
               (end - begin) * row_bytes);
    }
    if (to->plan->ids && to->rows->ids) {
        return put_ids(to->rows, to->width, begin, end, to->index);
    }
    if (to->index) {
        put_numbers(to->rows, to->width, begin, end, to->index);
    }
    return to->rows->count;
}

static size_t put_all(const arrays *to)
{
    size_t count = to->rows->count, bad = count;
    int threads = to->plan->threads > 0 ? to->plan->threads : 1;
#pragma omp parallel for schedule(static) num_threads(threads) reduction(min : bad)
    for (int part = 0; part < threads; part++) {
        size_t begin = count * (size_t)part / (size_t)threads;
        size_t first = put_rows(to, begin, count * ((size_t)part + 1) / (size_t)threads);
        bad = first < bad ? first : bad;
    }
    return bad;
}

/* Room for the next array of a batch; NULL where memory is short. */
static char *add_room(tgr_sink_batch *batch, size_t length)
{
    tgr_sink_chunk *chunk = tgr_sink_chunk_add(batch, (int)batch->count, length);
    return chunk ? chunk->bytes.bytes : NULL;
}

tgr_status tgr_decisions_h5_room(const tgr_decisions_plan *plan, size_t rows, tgr_sink_batch *batch,
                                 tgr_error *error)
{
    size_t choices = rows * plan->threshold_count;
    size_t code = tgr_decisions_narrow(plan) ? 1 : sizeof(int16_t);
    bool made = tgr_decisions_numbered(plan) ||
                add_room(batch, rows * tgr_decisions_index_width(plan)) != NULL;
    made = made && add_room(batch, choices * code) != NULL;
    made = made && (!plan->margins || add_room(batch, choices * sizeof(float)) != NULL);
    return made ? TGR_OK : tgr_fail_memory(error, "a block of decisions");
}

/* The arrays of a batch that has room, from its row `at` on. */
static arrays arrays_of(const tgr_decisions_plan *plan, const tgr_decisions_rows *rows,
                        const tgr_sink_batch *batch, size_t at)
{
    arrays to = {.plan = plan, .rows = rows, .width = tgr_decisions_index_width(plan)};
    size_t choices = at * plan->threshold_count;
    const tgr_sink_chunk *chunk = batch->chunks;
    if (!tgr_decisions_numbered(plan)) {
        to.index = chunk++->bytes.bytes + at * to.width;
    }
    to.codes = chunk++->bytes.bytes + choices * (tgr_decisions_narrow(plan) ? 1 : sizeof(int16_t));
    to.margins = plan->margins ? chunk->bytes.bytes + choices * sizeof(float) : NULL;
    return to;
}

tgr_status tgr_decisions_h5_put(const tgr_decisions_plan *plan, const tgr_decisions_rows *rows,
                                const char *path, size_t at, tgr_sink_batch *batch,
                                tgr_error *error)
{
    const arrays to = arrays_of(plan, rows, batch, at);
    size_t bad = put_rows(&to, 0, rows->count);
    return bad == rows->count ? TGR_OK : bad_id(rows, bad, to.width, path, error);
}

tgr_status tgr_decisions_h5_encode(const tgr_decisions_plan *plan, const tgr_decisions_rows *rows,
                                   const char *path, tgr_sink_batch *batch, tgr_error *error)
{
    if (rows->count == 0) {
        return TGR_OK;
    }
    tgr_status status = tgr_decisions_h5_room(plan, rows->count, batch, error);
    if (status != TGR_OK) {
        return status;
    }
    const arrays to = arrays_of(plan, rows, batch, 0);
    size_t bad = put_all(&to);
    return bad == rows->count ? TGR_OK : bad_id(rows, bad, to.width, path, error);
}
