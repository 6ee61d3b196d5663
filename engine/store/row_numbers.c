/* row_numbers.c - chunks of row numbers, put together from deflated pieces. */
#include "engine/store/row_numbers.h"

#include <stdbool.h>
#include <string.h>

#include <zlib.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/decisions_format.h"

#define CHUNK      TGR_NUMBERS_CHUNK
#define LOWER      TGR_NUMBERS_DIGITS
#define DIGITS_MAX 20

/* Part of a deflate stream: it begins and ends with a byte and refers to nothing before itself, so
 * that such parts may follow each other in any order. */
typedef struct piece {
    tgr_buffer bytes;
    uLong sum; /* Adler-32 of what it stands for */
    size_t length;
} piece;

struct tgr_row_numbers {
    uint64_t first, end;
    size_t width, after; /* rows of a chunk that have the next higher digits */
    /* Planes of one character: of a digit up to where the higher digits change, and from there on;
     * of the zero bytes behind a number. And the planes of the lower digits. */
    piece stay[10], change[10], fill, lower;
    unsigned char *plain; /* planes */
    Bytef *packed;
    uLong packed_size;
    tgr_buffer chunk;
    uLong sum;
};

/* ---- pieces ---------------------------------------------------------------------------- */

/* The first `length` bytes of `plain`. Runs need no search: the fastest level finds them. */
static tgr_status pack(tgr_row_numbers *numbers, size_t length, int flush, tgr_buffer *to,
                       tgr_error *error)
{
    z_stream stream = {.next_in = numbers->plain,
                       .avail_in = (uInt)length,
                       .next_out = numbers->packed,
                       .avail_out = (uInt)numbers->packed_size};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        return tgr_fail_memory(error, "the rows' numbers");
    }
    (void)deflate(&stream, flush); /* there is room for all */
    deflateEnd(&stream);
    tgr_buffer_add(to, numbers->packed, numbers->packed_size - stream.avail_out);
    return to->failed ? tgr_fail_memory(error, "the rows' numbers") : TGR_OK;
}

static tgr_status make_piece(tgr_row_numbers *numbers, size_t length, piece *made, tgr_error *error)
{
    made->length = length;
    made->sum = adler32(1, numbers->plain, (uInt)length);
    return pack(numbers, length, Z_FULL_FLUSH, &made->bytes, error);
}

static tgr_status make_runs(tgr_row_numbers *numbers, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (int digit = 0; digit < 10; digit++) {
        memset(numbers->plain, '0' + digit, CHUNK);
        TGR_TRY(make_piece(numbers, CHUNK - numbers->after, &numbers->stay[digit], error));
        TGR_TRY(make_piece(numbers, numbers->after, &numbers->change[digit], error));
    }
    memset(numbers->plain, 0, CHUNK);
    TGR_TRY(make_piece(numbers, CHUNK, &numbers->fill, error));
done:
    return status;
}

/* The same in every chunk: those of a number that has one digit more. */
static tgr_status make_lower(tgr_row_numbers *numbers, tgr_error *error)
{
    char text[DIGITS_MAX];
    for (size_t row = 0; row < CHUNK; row++) {
        (void)tgr_decisions_digits(text, CHUNK + (numbers->after + row) % CHUNK);
        for (size_t i = 0; i < LOWER; i++) {
            numbers->plain[i * CHUNK + row] = (unsigned char)text[1 + i];
        }
    }
    return make_piece(numbers, (size_t)LOWER * CHUNK, &numbers->lower, error);
}

/* ---- chunks ---------------------------------------------------------------------------- */

/* Whether all rows of a chunk exist and their numbers have as many digits, more than LOWER. */
static bool is_regular(const tgr_row_numbers *numbers, uint64_t from)
{
    char text[DIGITS_MAX];
    size_t digits = tgr_decisions_digits(text, from);
    return numbers->end - from >= CHUNK && digits > LOWER &&
           tgr_decisions_digits(text, from + CHUNK - 1) == digits;
}

static void put_piece(tgr_row_numbers *numbers, const piece *put)
{
    tgr_buffer_add(&numbers->chunk, put->bytes.bytes, put->bytes.length);
    numbers->sum = adler32_combine(numbers->sum, put->sum, (z_off_t)put->length);
}

static void put_regular(tgr_row_numbers *numbers, uint64_t from)
{
    char now[DIGITS_MAX], next[DIGITS_MAX];
    size_t digits = tgr_decisions_digits(now, from / CHUNK);
    (void)tgr_decisions_digits(next, from / CHUNK + 1);
    for (size_t i = 0; i < digits; i++) {
        put_piece(numbers, &numbers->stay[now[i] - '0']);
        put_piece(numbers, &numbers->change[next[i] - '0']);
    }
    put_piece(numbers, &numbers->lower);
    for (size_t i = digits + LOWER; i < numbers->width; i++) {
        put_piece(numbers, &numbers->fill);
    }
}

/* Rows from `from` on as planes of CHUNK characters. */
static void put_planes(tgr_row_numbers *numbers, uint64_t from, size_t count)
{
    char text[DIGITS_MAX];
    memset(numbers->plain, 0, numbers->width * CHUNK);
    for (size_t row = 0; row < count; row++) {
        size_t length = tgr_decisions_digits(text, from + row);
        for (size_t i = 0; i < length; i++) {
            numbers->plain[i * CHUNK + row] = (unsigned char)text[i];
        }
    }
}

/* The first chunk and the last, and where numbers become longer: there are few of these. */
static tgr_status put_irregular(tgr_row_numbers *numbers, uint64_t from, tgr_error *error)
{
    uint64_t left = numbers->end - from;
    size_t bytes = numbers->width * CHUNK;
    put_planes(numbers, from, left < CHUNK ? (size_t)left : CHUNK);
    numbers->sum = adler32(1, numbers->plain, (uInt)bytes);
    return pack(numbers, bytes, Z_FULL_FLUSH, &numbers->chunk, error);
}

/* RFC 1950: two bytes before the deflated ones, an empty last block, the sum behind them. */
tgr_status tgr_row_numbers_chunk(tgr_row_numbers *numbers, uint64_t chunk, const void **bytes,
                                 size_t *length, tgr_error *error)
{
    static const unsigned char head[] = {0x78, 0x01}, last[] = {0x03, 0x00};
    uint64_t from = numbers->first + chunk * CHUNK;
    tgr_status status = TGR_OK;
    tgr_buffer_clear(&numbers->chunk);
    tgr_buffer_add(&numbers->chunk, head, sizeof head);
    numbers->sum = 1;
    if (is_regular(numbers, from)) {
        put_regular(numbers, from);
    } else {
        status = put_irregular(numbers, from, error);
    }
    unsigned char sum[4] = {(unsigned char)(numbers->sum >> 24),
                            (unsigned char)(numbers->sum >> 16), (unsigned char)(numbers->sum >> 8),
                            (unsigned char)numbers->sum};
    tgr_buffer_add(&numbers->chunk, last, sizeof last);
    tgr_buffer_add(&numbers->chunk, sum, sizeof sum);
    *bytes = numbers->chunk.bytes;
    *length = numbers->chunk.length;
    if (status == TGR_OK && numbers->chunk.failed) {
        status = tgr_fail_memory(error, "the rows' numbers");
    }
    return status;
}

/* ---- its life -------------------------------------------------------------------------- */

tgr_status tgr_row_numbers_new(uint64_t first, uint64_t rows, size_t width,
                               tgr_row_numbers **numbers, tgr_error *error)
{
    size_t planes = width > LOWER ? width : LOWER;
    tgr_status status = TGR_OK;
    tgr_row_numbers *made = tgr_mem_zalloc(1, sizeof *made);
    *numbers = made;
    if (made == NULL) {
        return tgr_fail_memory(error, "the rows' numbers");
    }
    made->first = first;
    made->end = first + rows;
    made->width = width;
    made->after = (size_t)(first % CHUNK);
    made->packed_size = compressBound(planes * CHUNK) + 64; /* and the flush */
    made->plain = tgr_mem_alloc(planes, CHUNK);
    made->packed = tgr_mem_alloc(made->packed_size, 1);
    if (made->plain == NULL || made->packed == NULL) {
        status = tgr_fail_memory(error, "the rows' numbers");
        goto done;
    }
    TGR_TRY(make_runs(made, error));
    TGR_TRY(make_lower(made, error));
done:
    if (status != TGR_OK) {
        tgr_row_numbers_free(made);
        *numbers = NULL;
    }
    return status;
}

void tgr_row_numbers_free(tgr_row_numbers *numbers)
{
    if (numbers == NULL) {
        return;
    }
    for (int i = 0; i < 10; i++) {
        tgr_buffer_free(&numbers->stay[i].bytes);
        tgr_buffer_free(&numbers->change[i].bytes);
    }
    tgr_buffer_free(&numbers->fill.bytes);
    tgr_buffer_free(&numbers->lower.bytes);
    tgr_buffer_free(&numbers->chunk);
    tgr_mem_free(numbers->plain);
    tgr_mem_free(numbers->packed);
    tgr_mem_free(numbers);
}
