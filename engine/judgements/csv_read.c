/* csv_read.c - one byte after another. */
#include "engine/judgements/csv_read.h"

#include <inttypes.h>
#include <string.h>

#include "engine/base/error.h"

#define RECORD_MOST ((size_t)1 << 20) /* bytes */

/* The next byte, or -1 at the end. */
static tgr_status next_byte(tgr_csv *csv, int *byte, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (csv->at == csv->filled && !csv->ended) {
        csv->at = csv->filled = 0;
        status = tgr_source_read(csv->source, csv->block, sizeof csv->block, &csv->filled, error);
        csv->ended = status == TGR_OK && csv->filled == 0;
        if (!csv->begun && csv->filled >= 3 && memcmp(csv->block, "\xef\xbb\xbf", 3) == 0) {
            csv->at = 3; /* a mark that says UTF-8 */
        }
        csv->begun = true;
    }
    *byte = status != TGR_OK || csv->at == csv->filled ? -1 : (unsigned char)csv->block[csv->at++];
    csv->next += *byte == '\n';
    return status;
}

static tgr_status bad(const tgr_csv *csv, const char *why, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT, "%s: line %" PRIu64 ": %s", tgr_source_name(csv->source),
                    csv->line, why);
}

static tgr_status end_field(tgr_csv *csv, tgr_error *error)
{
    if (csv->fields == TGR_CSV_FIELDS) {
        return bad(csv, "more than 64 fields", error);
    }
    tgr_buffer_add(&csv->bytes, "", 1);
    csv->begin[++csv->fields] = csv->bytes.length;
    return TGR_OK;
}

static tgr_status keep(tgr_csv *csv, int byte, tgr_error *error)
{
    const char kept = (char)byte;
    if (csv->bytes.length >= RECORD_MOST) {
        return bad(csv, "a record of more than 1 MiB; is a quote missing?", error);
    }
    if (byte == '\0') {
        return bad(csv, "a NUL", error);
    }
    tgr_buffer_add(&csv->bytes, &kept, 1);
    return TGR_OK;
}

/* The rest of a quoted field; *byte is what follows the last quote. */
static tgr_status take_quoted(tgr_csv *csv, int *byte, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (;;) {
        TGR_TRY(next_byte(csv, byte, error));
        if (*byte == '"') {
            TGR_TRY(next_byte(csv, byte, error));
            if (*byte != '"') {
                break;
            }
        }
        if (*byte < 0) {
            TGR_TRY(bad(csv, "a quoted field does not end", error));
        }
        TGR_TRY(keep(csv, *byte, error));
    }
    if (*byte >= 0 && strchr(",\r\n", *byte) == NULL) {
        TGR_TRY(bad(csv, "a quoted field goes on after its last quote", error));
    }
done:
    return status;
}

/* One record; the first byte of it is at hand. */
static tgr_status take_record(tgr_csv *csv, int byte, tgr_error *error)
{
    tgr_status status = TGR_OK;
    bool first = true; /* byte of a field */
    for (;;) {
        if (first && byte == '"') {
            TGR_TRY(take_quoted(csv, &byte, error));
        }
        first = false;
        if (byte == ',' || byte == '\n' || byte < 0) {
            TGR_TRY(end_field(csv, error));
            first = true;
        } else if (byte != '\r') {
            TGR_TRY(keep(csv, byte, error));
        }
        if (byte == '\n' || byte < 0) {
            break;
        }
        TGR_TRY(next_byte(csv, &byte, error));
    }
done:
    return status;
}

tgr_status tgr_csv_next(tgr_csv *csv, tgr_error *error)
{
    int byte;
    tgr_status status = TGR_OK;
    csv->fields = 0;
    csv->bytes.length = 0;
    do {
        csv->line = csv->next + 1;
        TGR_TRY(next_byte(csv, &byte, error));
    } while (byte == '\r' || byte == '\n');
    if (byte >= 0) {
        TGR_TRY(take_record(csv, byte, error));
        status = csv->bytes.failed ? tgr_fail_memory(error, "a line") : TGR_OK;
    }
done:
    return status;
}

void tgr_csv_free(tgr_csv *csv)
{
    tgr_buffer_free(&csv->bytes);
}
