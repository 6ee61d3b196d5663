/* decisions_encode.c - decisions as the arrays of an HDF5 file hold them, in parallel. */
#include <string.h>

#include "engine/base/error.h"
#include "engine/store/decisions_format.h"

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

static void put_numbers(const tgr_decisions_rows *rows, size_t width, char *to, int threads)
{
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t row = 0; row < rows->count; row++) {
        char digits[20];
        size_t length = tgr_decisions_digits(digits, rows->first + row);
        memcpy(to + row * width, digits, length);
        memset(to + row * width + length, 0, width - length);
    }
}

/* The first row whose id cannot be stored, else rows->count. */
static size_t put_ids(const tgr_decisions_rows *rows, size_t width, char *to, int threads)
{
    const tgr_texts *ids = rows->ids;
    size_t bad = rows->count;
#pragma omp parallel for schedule(static) num_threads(threads) reduction(min : bad)
    for (size_t row = 0; row < rows->count; row++) {
        const char *text = ids->bytes + ids->offsets[row];
        size_t length = (size_t)(ids->offsets[row + 1] - ids->offsets[row]);
        if (length > width || memchr(text, 0, length)) {
            bad = row < bad ? row : bad;
            continue;
        }
        memcpy(to + row * width, text, length);
        memset(to + row * width + length, 0, width - length);
    }
    return bad;
}

static tgr_status put_index(const tgr_decisions_plan *plan, const tgr_decisions_rows *rows,
                            const char *path, char *to, tgr_error *error)
{
    size_t width = tgr_decisions_index_width(plan);
    int threads = plan->threads > 0 ? plan->threads : 1;
    if (!plan->ids || !rows->ids) {
        put_numbers(rows, width, to, threads);
        return TGR_OK;
    }
    size_t bad = put_ids(rows, width, to, threads);
    if (bad == rows->count) {
        return TGR_OK;
    }
    size_t length = (size_t)(rows->ids->offsets[bad + 1] - rows->ids->offsets[bad]);
    return length > width
               ? tgr_fail(error, TGR_ERR_ARGUMENT,
                          "%s: a string of /obs/_index is longer than the %zu bytes planned", path,
                          width)
               : tgr_fail(error, TGR_ERR_INPUT,
                          "%s: a string of /obs/_index holds a NUL byte, which HDF5 cannot store",
                          path);
}

static void put_codes(const tgr_decisions_plan *plan, const int16_t *model, size_t count, char *to)
{
    if (!tgr_decisions_narrow(plan)) {
        memcpy(to, model, count * sizeof(*model));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        to[i] = (char)model[i];
    }
}

/* Room for the next array of a batch; NULL where memory is short. */
static char *room(tgr_sink_batch *batch, size_t length)
{
    tgr_sink_chunk *chunk = tgr_sink_chunk_add(batch, (int)batch->count, length);
    return chunk ? chunk->bytes.bytes : NULL;
}

tgr_status tgr_decisions_h5_encode(const tgr_decisions_plan *plan, const tgr_decisions_rows *rows,
                                   const char *path, tgr_sink_batch *batch, tgr_error *error)
{
    size_t choices = rows->count * plan->threshold_count;
    size_t code = tgr_decisions_narrow(plan) ? 1 : sizeof(int16_t);
    if (rows->count == 0) {
        return TGR_OK;
    }
    char *index = room(batch, rows->count * tgr_decisions_index_width(plan));
    char *codes = index ? room(batch, choices * code) : NULL;
    char *margins = codes && plan->margins ? room(batch, choices * sizeof(float)) : NULL;
    if (!codes || (plan->margins && !margins)) {
        return tgr_fail_memory(error, "a block of decisions");
    }
    put_codes(plan, rows->model, choices, codes);
    if (margins) {
        memcpy(margins, rows->margin, choices * sizeof(float));
    }
    return put_index(plan, rows, path, index, error);
}
