/* msgpack_scan.c - headers only: what each declares, and how many values are still to come. */
#include "engine/log/msgpack_scan.h"

#include <string.h>

#define PENDING_MOST (UINT64_C(1) << 62) /* far above any file, far below an overflow */

typedef enum tgr_head_kind { SCALAR, PAYLOAD, ARRAY, MAP, RESERVED } tgr_head_kind;

/* What a first byte of 0xc0..0xdf says. */
typedef struct tgr_head {
    uint8_t kind;
    uint8_t size_bytes; /* of the big-endian size that follows */
    uint8_t fixed;      /* bytes of payload beside the declared size */
} tgr_head;

static const tgr_head heads[32] = {
    {SCALAR, 0, 0},   {RESERVED, 0, 0}, {SCALAR, 0, 0},  {SCALAR, 0, 0},  /* nil, never, booleans */
    {PAYLOAD, 1, 0},  {PAYLOAD, 2, 0},  {PAYLOAD, 4, 0}, {PAYLOAD, 1, 1}, /* bin, ext 8 */
    {PAYLOAD, 2, 1},  {PAYLOAD, 4, 1},  {PAYLOAD, 0, 4}, {PAYLOAD, 0, 8}, /* ext 16, 32, floats */
    {PAYLOAD, 0, 1},  {PAYLOAD, 0, 2},  {PAYLOAD, 0, 4}, {PAYLOAD, 0, 8}, /* unsigned integers */
    {PAYLOAD, 0, 1},  {PAYLOAD, 0, 2},  {PAYLOAD, 0, 4}, {PAYLOAD, 0, 8}, /* signed integers */
    {PAYLOAD, 0, 2},  {PAYLOAD, 0, 3},  {PAYLOAD, 0, 5}, {PAYLOAD, 0, 9}, /* fixext 1, 2, 4, 8 */
    {PAYLOAD, 0, 17}, {PAYLOAD, 1, 0},  {PAYLOAD, 2, 0}, {PAYLOAD, 4, 0}, /* fixext 16, str */
    {ARRAY, 2, 0},    {ARRAY, 4, 0},    {MAP, 2, 0},     {MAP, 4, 0},
};

#define ONCE_16 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
#define NONE_16 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

/* How long a value is, where its first byte says all and it is no container; 0: it does not. */
static const uint8_t lengths[256] = {
    ONCE_16, ONCE_16, ONCE_16, ONCE_16, ONCE_16, ONCE_16, ONCE_16, ONCE_16, /* integers */
    NONE_16, NONE_16,                                                       /* maps, arrays */
    1,       2,       3,       4,       5,       6,       7,       8,       /* str */
    9,       10,      11,      12,      13,      14,      15,      16,      /* */
    17,      18,      19,      20,      21,      22,      23,      24,      /* */
    25,      26,      27,      28,      29,      30,      31,      32,      /* */
    1,       0,       1,       1,       0,       0,       0,       0,       /* as in `heads` */
    0,       0,       5,       9,       2,       3,       5,       9,       /* */
    2,       3,       5,       9,       3,       4,       6,       10,      /* */
    18,      0,       0,       0,       0,       0,       0,       0,       /* */
    ONCE_16, ONCE_16,                                                       /* integers below 0 */
};

#define LENGTH_MOST 32

void tgr_msgpack_scan_begin(tgr_msgpack_scan *scan, uint64_t limit)
{
    memset(scan, 0, offsetof(tgr_msgpack_scan, left));
    scan->limit = limit;
    scan->pending = 1;
}

static uint64_t big_endian(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* A value is over, and with it every container that it was the last of. */
static inline void finish_value(tgr_msgpack_scan *scan)
{
    while (scan->depth > 0 && --scan->left[scan->depth - 1] == 0) {
        scan->depth--;
    }
}

/* Below the deepest level that is kept apart, children count as their container's siblings. */
static inline void open_container(tgr_msgpack_scan *scan, uint64_t children)
{
    scan->pending += children;
    if (scan->depth == TGR_VALUE_DEPTH) {
        scan->too_deep = true;
        scan->left[TGR_VALUE_DEPTH - 1] += children;
        finish_value(scan);
    } else if (children == 0) {
        finish_value(scan);
    } else {
        scan->left[scan->depth++] = children;
    }
}

/* The value whose first byte is at `at`; its length without payload, or 0 where that is cut, or -1
 * where the byte begins none. */
static inline int read_head(tgr_msgpack_scan *scan, const uint8_t *at, size_t have)
{
    uint8_t first = *at;
    if (first < 0x80 || first >= 0xe0) {
        finish_value(scan);
        return 1;
    }
    if (first >= 0xa0 && first < 0xc0) {
        scan->payload = first & 0x1f;
        return 1;
    }
    if (first < 0xa0) {
        open_container(scan,
                       first < 0x90 ? (uint64_t)(first & 0x0f) * 2 : (uint64_t)(first & 0x0f));
        return 1;
    }
    const tgr_head *head = &heads[first & 0x1f];
    if (head->kind == RESERVED) {
        return -1;
    }
    if (have < 1u + head->size_bytes) {
        return 0;
    }
    uint64_t size = big_endian(at + 1, head->size_bytes);
    if (head->kind == ARRAY || head->kind == MAP) {
        open_container(scan, head->kind == MAP ? size * 2 : size);
    } else {
        scan->payload = size + head->fixed;
        if (scan->payload == 0) {
            finish_value(scan);
        }
    }
    return 1 + head->size_bytes;
}

static inline const uint8_t *skip_payload(tgr_msgpack_scan *scan, const uint8_t *at,
                                          const uint8_t *end)
{
    uint64_t have = (uint64_t)(end - at);
    uint64_t count = scan->payload < have ? scan->payload : have;
    scan->payload -= count;
    if (scan->payload == 0) {
        finish_value(scan);
    }
    return at + count;
}

static inline void check_size(tgr_msgpack_scan *scan, uint64_t gone_over)
{
    if (gone_over + scan->payload + scan->pending > scan->limit) {
        scan->too_large = true;
    }
}

/* Goes over values of known lengths, all but the last of their container: nothing ends there. */
static inline const uint8_t *skip_plain(tgr_msgpack_scan *scan, const uint8_t *at,
                                        const uint8_t *end)
{
    uint64_t *left = &scan->left[scan->depth - 1];
    uint64_t most = *left - 1, count = 0;
    while (count < most && end - at >= LENGTH_MOST && lengths[*at] > 0) {
        at += lengths[*at];
        count++;
    }
    *left -= count;
    scan->pending -= count;
    scan->values += count;
    return at;
}

tgr_scan_state tgr_msgpack_scan_feed(tgr_msgpack_scan *scan, const char *bytes, size_t length,
                                     size_t *used)
{
    const uint8_t *begin = (const uint8_t *)bytes, *at = begin, *end = begin + length;
    uint64_t before = scan->total;
    tgr_scan_state state = TGR_SCAN_COMPLETE;
    while (scan->pending > 0 || scan->payload > 0) {
        if (at == end) {
            state = TGR_SCAN_MORE;
            break;
        }
        if (scan->payload > 0) {
            at = skip_payload(scan, at, end);
            continue;
        }
        if (scan->depth > 0) {
            at = skip_plain(scan, at, end);
            check_size(scan, before + (uint64_t)(at - begin));
            if (at == end) {
                continue;
            }
        }
        int head = read_head(scan, at, (size_t)(end - at));
        if (head == 0) {
            state = TGR_SCAN_MORE;
            break;
        }
        if (head < 0 || scan->pending > PENDING_MOST) {
            state = TGR_SCAN_MALFORMED;
            break;
        }
        at += head;
        scan->values++;
        scan->pending--;
        check_size(scan, before + (uint64_t)(at - begin));
    }
    *used = (size_t)(at - begin);
    scan->total = before + *used;
    return state;
}
