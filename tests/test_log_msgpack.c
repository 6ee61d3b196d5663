/* test_log_msgpack.c - where objects end, what they hold, and what is not one. */
#include "test_log_support.h"

#include "engine/log/msgpack.h"
#include "engine/log/msgpack_scan.h"

/* ---- an independent scanner: recursive, from the specification's table
 * ---------------------------- */

typedef struct plain_scan {
    const uint8_t *bytes;
    size_t length;
    int deepest;
} plain_scan;

enum { PLAIN_MORE = -1, PLAIN_MALFORMED = -2 };

static long plain_size(const plain_scan *scan, long at, int count)
{
    unsigned long size = 0;
    if ((size_t)at + (size_t)count > scan->length) {
        return PLAIN_MORE;
    }
    for (int i = 0; i < count; i++) {
        size = size * 256 + scan->bytes[at + i];
    }
    return (long)size;
}

static long plain_end(plain_scan *scan, long at, int depth);

static long plain_children(plain_scan *scan, long at, long count, int depth)
{
    scan->deepest = depth > scan->deepest ? depth : scan->deepest;
    while (count-- > 0 && at >= 0) {
        at = plain_end(scan, at, depth);
    }
    return at;
}

static long plain_payload(const plain_scan *scan, long at, long size)
{
    return (size_t)at + (size_t)size > scan->length ? PLAIN_MORE : at + size;
}

/* The end of the value at `at`. */
static long plain_end(plain_scan *scan, long at, int depth)
{
    if ((size_t)at >= scan->length) {
        return PLAIN_MORE;
    }
    uint8_t b = scan->bytes[at++];
    if (b <= 0x7f || b >= 0xe0 || b == 0xc0 || b == 0xc2 || b == 0xc3) {
        return at;
    }
    if (b == 0xc1) {
        return PLAIN_MALFORMED;
    }
    if (b <= 0x8f) {
        return plain_children(scan, at, (b & 15) * 2, depth + 1);
    }
    if (b <= 0x9f) {
        return plain_children(scan, at, b & 15, depth + 1);
    }
    if (b <= 0xbf) {
        return plain_payload(scan, at, b & 31);
    }
    if (b >= 0xdc) {
        int width = b % 2 ? 4 : 2;
        long count = plain_size(scan, at, width);
        return count < 0
                   ? count
                   : plain_children(scan, at + width, b >= 0xde ? count * 2 : count, depth + 1);
    }
    if (b >= 0xca && b <= 0xd3) {
        static const int widths[] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8};
        return plain_payload(scan, at, widths[b - 0xca]);
    }
    if (b >= 0xd4 && b <= 0xd8) {
        return plain_payload(scan, at, 1 + (1 << (b - 0xd4)));
    }
    int width = b >= 0xd9 ? 1 << (b - 0xd9) : b >= 0xc7 ? 1 << (b - 0xc7) : 1 << (b - 0xc4);
    long size = plain_size(scan, at, width);
    return size < 0 ? size : plain_payload(scan, at + width, size + (b >= 0xc7 && b <= 0xc9));
}

/* Feeds in two pieces and compares with the above. */
static void expect_scan(const uint8_t *bytes, size_t length, size_t cut)
{
    plain_scan plain = {bytes, length, 0};
    long end = plain_end(&plain, 0, 0);
    tgr_msgpack_scan scan;
    size_t first = 0, second = 0;
    tgr_msgpack_scan_begin(&scan, UINT64_MAX);
    tgr_scan_state state = tgr_msgpack_scan_feed(&scan, (const char *)bytes, cut, &first);
    if (state == TGR_SCAN_MORE) {
        state = tgr_msgpack_scan_feed(&scan, (const char *)bytes + first, length - first, &second);
    }
    if (end >= 0) {
        assert_int_equal(state, TGR_SCAN_COMPLETE);
        assert_int_equal(scan.total, end);
        assert_int_equal(first + second, end);
        assert_int_equal(scan.too_deep, plain.deepest > TGR_VALUE_DEPTH);
    } else {
        assert_int_equal(state, end == PLAIN_MORE ? TGR_SCAN_MORE : TGR_SCAN_MALFORMED);
    }
}

static void test_scan_of_short_inputs(void **unused)
{
    (void)unused;
    uint8_t bytes[3];
    for (unsigned i = 0; i < 1u << 16; i++) {
        bytes[0] = (uint8_t)(i >> 8);
        bytes[1] = (uint8_t)i;
        expect_scan(bytes, 1, 1);
        expect_scan(bytes, 2, i % 3);
    }
    /* a first byte of each kind, then any two */
    static const uint8_t firsts[] = {0x80, 0x81, 0x82, 0x90, 0x91, 0x92, 0xa0, 0xa1, 0xa2, 0xc4,
                                     0xc5, 0xc7, 0xc8, 0xcc, 0xcd, 0xd4, 0xd9, 0xda, 0xdc, 0xde};
    for (size_t f = 0; f < sizeof(firsts); f++) {
        bytes[0] = firsts[f];
        for (unsigned i = 0; i < 1u << 16; i++) {
            bytes[1] = (uint8_t)(i >> 8);
            bytes[2] = (uint8_t)i;
            expect_scan(bytes, 3, i % 4);
        }
    }
}

/* Random bytes, rich in containers, cut anywhere. */
static void test_scan_of_random_inputs(void **unused)
{
    (void)unused;
    uint64_t seed = 4242, state = seed;
    for (int round = 0; round < 100000; round++) {
        uint8_t bytes[64];
        size_t length = 1 + next_random(&state) % sizeof(bytes);
        for (size_t i = 0; i < length; i++) {
            uint64_t r = next_random(&state);
            static const uint8_t common[] = {0x81, 0x91, 0x92, 0xa1, 0xd9, 0xc4, 0xd4, 0xdc};
            bytes[i] = r % 4 ? (r % 4 == 1 ? common[r >> 8 & 7] : (uint8_t)(r >> 8 & 3))
                             : (uint8_t)(r >> 8);
        }
        expect_scan(bytes, length, next_random(&state) % (length + 1));
    }
    printf("seed %llu\n", (unsigned long long)seed);
}

/* Deep nests are counted past, at any depth. */
static void test_scan_depth(void **unused)
{
    (void)unused;
    for (size_t depth = 1; depth < 3000; depth += depth < 40 ? 1 : 97) {
        uint8_t *bytes = malloc(depth * 2 + 2);
        assert_non_null(bytes);
        memset(bytes, 0x92, depth);
        memset(bytes + depth, 0x07, depth + 1);
        bytes[depth * 2 + 1] = 0xc1; /* not reached */
        expect_scan(bytes, depth * 2 + 1, depth);
        expect_scan(bytes, depth * 2, depth);
        bytes[depth] = 0x90; /* an empty one counts as a level, too */
        expect_scan(bytes, depth * 2 + 1, 1);
        free(bytes);
    }
}

static void test_scan_limit(void **unused)
{
    (void)unused;
    static const struct {
        const char *bytes;
        size_t length;
        uint64_t needs; /* bytes that it takes at least, as far as these tell */
    } cases[] = {
        {"\xdd\xff\xff\xff\xff", 5, 5 + UINT64_C(0xffffffff)},
        {"\xdf\xff\xff\xff\xff", 5, 5 + 2 * UINT64_C(0xffffffff)},
        {"\xc6\xff\xff\xff\xff", 5, 5 + UINT64_C(0xffffffff)},
        {"\xc9\xff\xff\xff\xff", 5, 6 + UINT64_C(0xffffffff)},
        {"\xdb\x00\x00\x10\x00", 5, 5 + 0x1000},
        {"\xdc\x00\x10\xdc\x00\x10", 6, 6 + 15 + 16},
        {"\x9f\xdc\xff\xff\xdc\xff\xff", 7, 7 + 14 + 2 * 0xffff - 1},
        {"\x92\xa3xyz", 5, 6},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int under = 0; under < 2; under++) {
            tgr_msgpack_scan scan;
            size_t used;
            tgr_msgpack_scan_begin(&scan, cases[i].needs - (uint64_t)under);
            assert_int_equal(tgr_msgpack_scan_feed(&scan, cases[i].bytes, cases[i].length, &used),
                             TGR_SCAN_MORE);
            assert_int_equal(scan.too_large, under);
        }
    }
}

/* ---- decoding ----------------------------------------------------------------------------------
 */

static tgr_status decode(const tgr_msgpack_scan *scan, const char *bytes, tgr_tape *tape,
                         tgr_fault *fault)
{
    const tgr_msgpack_extent extent = {scan->values, scan->too_deep, scan->too_large};
    return tgr_msgpack_decode(&extent, bytes, tape, fault);
}

/* Decodes from a buffer that ends right after the padding, and tells what came out. */
static void expect_told(const char *bytes, size_t length, const char *expected)
{
    tgr_msgpack_scan scan;
    tgr_tape tape = {0};
    tgr_fault fault;
    tgr_buffer told = {0};
    size_t used = 0;
    char *padded = malloc(length + TGR_MSGPACK_PADDING);
    assert_non_null(padded);
    memcpy(padded, bytes, length);
    memset(padded + length, 0xff, TGR_MSGPACK_PADDING);
    tgr_msgpack_scan_begin(&scan, length);
    assert_int_equal(tgr_msgpack_scan_feed(&scan, padded, length, &used), TGR_SCAN_COMPLETE);
    assert_int_equal(used, length);
    assert_false(scan.too_large);
    assert_int_equal(decode(&scan, padded, &tape, &fault), TGR_OK);
    tell_value(&told, &tape, 0);
    assert_string_equal(told.bytes, expected);
    tgr_buffer_free(&told);
    tgr_tape_free(&tape);
    free(padded);
}

#define TOLD(bytes, expected) expect_told(bytes, sizeof(bytes) - 1, expected)

static void test_values(void **unused)
{
    (void)unused;
    TOLD("\xc0", "null");
    TOLD("\x92\xc2\xc3", "[false,true]");
    TOLD("\x9a\x00\x7f\xcc\xff\xcd\xff\xff\xce\xff\xff\xff\xff\xcf\xff\xff\xff\xff\xff\xff\xff\xff"
         "\xe0\xff\xd0\x80\xd3\x80\x00\x00\x00\x00\x00\x00\x00",
         "[0,127,255,65535,4294967295,18446744073709551615,-32,-1,-128,-9223372036854775808]");
    TOLD("\x92\xd1\x80\x00\xd2\x80\x00\x00\x00", "[-32768,-2147483648]");
    TOLD("\x92\xd0\x05\xd3\x00\x00\x00\x00\x00\x00\x00\x05", "[5,5]");
    TOLD("\x92\xca\x3f\xc0\x00\x00\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a",
         "[1.5f,0.10000000000000001f]");
    TOLD("\x95\xa0\xa3xyz\xd9\x01q\xda\x00\x02yy\xdb\x00\x00\x00\x02zz",
         "[\"\",\"xyz\",\"q\",\"yy\",\"zz\"]");
    TOLD("\x94\xc4\x00\xc4\x01\xff\xc5\x00\x01q\xc6\x00\x00\x00\x02zz", "[b0,b1,b1,b2]");
    TOLD("\x96\xd4\x05q\xd5\x06qq\xd7\x00"
         "12345678\xd8\xff"
         "1234567812345678\xc7\x03\x01"
         "abc"
         "\xc8\x00\x00\x02",
         "[x5:1,x6:2,x0:8,x-1:16,x1:3,x2:0]");
    TOLD("\x82\xa1"
         "a\x91\x01\x07\x80",
         "{\"a\":[1],7:{}}");
    TOLD("\xdc\x00\x01\xde\x00\x01\xa1"
         "a\xdd\x00\x00\x00\x01\xdf\x00\x00\x00\x00",
         "[{\"a\":[{}]}]");
    TOLD("\xa2\xc3\xa9", "\"\xc3\xa9\"");
    TOLD("\xa1\xff", "b1"); /* a str that is not UTF-8 */
}

/* UTF-8 and NULs are found at every place of strings of every length. */
static void test_text_flags(void **unused)
{
    (void)unused;
    for (size_t length = 1; length < 32; length++) {
        for (size_t at = 0; at <= length; at++) {
            for (int odd = 0; odd < 2; odd++) {
                char bytes[64];
                memset(bytes, 0xff, sizeof(bytes)); /* padding that must not count */
                bytes[0] = (char)(0xa0 + length);
                memset(bytes + 1, 'a', length);
                if (at < length) {
                    bytes[1 + at] = odd ? '\0' : '\x80';
                } else {
                    bytes[1 + length] = odd ? '\0' : '\x80'; /* beyond the string */
                }
                tgr_msgpack_scan scan;
                tgr_tape tape = {0};
                tgr_fault fault;
                size_t used;
                tgr_msgpack_scan_begin(&scan, length + 1);
                tgr_msgpack_scan_feed(&scan, bytes, length + 1, &used);
                assert_int_equal(decode(&scan, bytes, &tape, &fault), TGR_OK);
                assert_int_equal(tape.nul, odd && at < length);
                assert_int_equal(tape.invalid_text, !odd && at < length);
                assert_int_equal(tape.values[0].kind, tape.invalid_text ? TGR_BINARY : TGR_STRING);
                tgr_tape_free(&tape);
            }
        }
    }
}

/* Large objects one after another: the decoder's memory grows and is used again. */
static void test_many_sizes(void **unused)
{
    (void)unused;
    tgr_tape tape = {0};
    static const uint32_t sizes[] = {10, 5000, 3, 100000, 70000, 1};
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        uint32_t n = sizes[s];
        tgr_buffer bytes = {0};
        uint8_t head[5] = {0xdf, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                           (uint8_t)n};
        tgr_buffer_add(&bytes, head, 5);
        for (uint32_t i = 0; i < n; i++) {
            tgr_buffer_add(&bytes, "\xa1k\x93\x01\x02\x90", 6);
        }
        tgr_msgpack_scan scan;
        tgr_fault fault;
        size_t used;
        tgr_msgpack_scan_begin(&scan, bytes.length);
        size_t length = bytes.length;
        tgr_buffer_add(&bytes, (const char[TGR_MSGPACK_PADDING]){0}, TGR_MSGPACK_PADDING);
        assert_int_equal(tgr_msgpack_scan_feed(&scan, bytes.bytes, length, &used),
                         TGR_SCAN_COMPLETE);
        assert_int_equal(scan.values, 1 + 5 * (uint64_t)n);
        assert_int_equal(decode(&scan, bytes.bytes, &tape, &fault), TGR_OK);
        assert_int_equal(tape.count, scan.values);
        assert_int_equal(tape.values[0].count, n);
        assert_int_equal(tape.values[tape.count - 1].kind, TGR_ARRAY);
        tgr_buffer_free(&bytes);
    }
    tgr_tape_free(&tape);
}

/* ---- framing -----------------------------------------------------------------------------------
 */

#define LOG(bytes, limit, expected)                                                                \
    expect_log(bytes, sizeof(bytes) - 1, TGR_LOG_AUTO, limit, expected)

static void test_framing(void **unused)
{
    (void)unused;
    LOG("\x81\xa1"
        "a\x01\x80\x81\xa1"
        "b\x02",
        RECORD_LIMIT, "a.log: byte 0: {\"a\":1}\na.log: byte 4: {}\na.log: byte 5: {\"b\":2}\n");
    LOG("\x80\x07\xa1z\x80", RECORD_LIMIT,
        "a.log: byte 0: {}\na.log: byte 1: bad shape\na.log: byte 2: bad shape\na.log: byte 4: "
        "{}\n");
    LOG("\x80\xc1\x80", RECORD_LIMIT,
        "a.log: byte 0: {}\na.log: byte 1: not MessagePack; what follows cannot be read\n");
    LOG("\x80\x81\xa1"
        "a\xc1\x80",
        RECORD_LIMIT,
        "a.log: byte 0: {}\na.log: byte 4: not MessagePack; what follows cannot be read\n");
    LOG("\x81\xa1"
        "a\xa1\xff\x80",
        RECORD_LIMIT, "a.log: byte 0: bad syntax\na.log: byte 5: {}\n");
    LOG("\x81\x07\x01\x80", RECORD_LIMIT, "a.log: byte 0: bad shape\na.log: byte 3: {}\n");
    LOG("\x81\xa1"
        "a\x81\x07\x01",
        RECORD_LIMIT, "a.log: byte 0: {\"a\":{7:1}}\n");
    /* too large but whole: skipped; declared beyond the end of the log: the rest is lost */
    LOG("\x80\x81\xa1"
        "a\xa9"
        "123456789\x80",
        10, "a.log: byte 0: {}\na.log: byte 1: bad too large\na.log: byte 14: {}\n");
    LOG("\x80\xdd\xff\xff\xff\xff\x80\x80", RECORD_LIMIT,
        "a.log: byte 0: {}\na.log: byte 1: an object declares more than the log holds and more "
        "than a "
        "record may; what follows cannot be read\n");
}

/* A record cut off anywhere is one bad record; those before it are good. */
static void test_cut_at_every_byte(void **unused)
{
    (void)unused;
    static const char record[] =
        "\x83\xa2id\xcd\x01\x02\xa4text\xd9\x05hello\xa4tags\xdc\x00\x02\xa1"
        "a"
        "\xc7\x01\x05q";
    char log[2 * sizeof(record)];
    size_t length = sizeof(record) - 1;
    memcpy(log, record, length);
    memcpy(log + length, record, length);
    for (size_t cut = 0; cut < length; cut++) {
        const char *good = "a.log: byte 0: {\"id\":258,\"text\":\"hello\",\"tags\":[\"a\",x5:1]}\n";
        char expected[200];
        snprintf(expected, sizeof(expected), "%sa.log: byte %zu: bad syntax\n", good, length);
        expect_log(log, length + cut, TGR_LOG_AUTO, RECORD_LIMIT, cut == 0 ? good : expected);
        expect_log(log, cut, TGR_LOG_MSGPACK, RECORD_LIMIT,
                   cut == 0 ? "" : "a.log: byte 0: bad syntax\n");
    }
}

static void test_depth(void **unused)
{
    (void)unused;
    for (size_t depth = 30; depth < 40; depth++) {
        char log[200];
        memset(log, 0x81, depth);
        size_t length = 0;
        for (size_t i = 0; i < depth; i++) {
            memcpy(log + length, "\x81\xa1k", 3);
            length += 3;
        }
        log[length - 3] = '\x80'; /* the innermost is empty */
        log[length - 2] = '\x80'; /* and another record follows */
        char expected[400] = "";
        if (depth > TGR_VALUE_DEPTH) {
            snprintf(expected, sizeof(expected),
                     "a.log: byte 0: bad too deep\na.log: byte %zu: {}\n", length - 2);
            expect_log(log, length - 1, TGR_LOG_AUTO, RECORD_LIMIT, expected);
        } else {
            tgr_buffer told = {0};
            write_log(log, length - 1);
            tell_log(&told, TGR_LOG_AUTO, RECORD_LIMIT);
            assert_null(strstr(told.bytes, "bad"));
            tgr_buffer_free(&told);
        }
    }
}

/* Records of all sizes over many blocks, with ones that are too large among them. */
static void test_places_over_blocks(void **unused)
{
    (void)unused;
    uint64_t seed = 77, state = seed;
    tgr_buffer log = {0}, expected = {0}, told = {0};
    static const char zeros[400000];
    while (log.length < 5000000) {
        uint64_t r = next_random(&state);
        uint32_t size = (uint32_t)(r >> 8) % (r % 40 == 0 ? sizeof(zeros) : 2000);
        char head[] = {'\x81',    '\xa1', 'a', '\xc6', 0, (char)(size >> 16), (char)(size >> 8),
                       (char)size};
        if (size + sizeof(head) <= 200000) {
            tgr_buffer_format(&expected, "a.log: byte %zu: {\"a\":b%u}\n", log.length, size);
        } else {
            tgr_buffer_format(&expected, "a.log: byte %zu: bad too large\n", log.length);
        }
        tgr_buffer_add(&log, head, sizeof(head));
        tgr_buffer_add(&log, zeros, size);
    }
    write_log(log.bytes, log.length);
    assert_int_equal(tell_log(&told, TGR_LOG_AUTO, 200000), TGR_OK);
    assert_non_null(strstr(told.bytes, "too large"));
    assert_string_equal(told.bytes, expected.bytes);
    tgr_buffer_free(&log);
    tgr_buffer_free(&expected);
    tgr_buffer_free(&told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scan_of_short_inputs),
        cmocka_unit_test(test_scan_of_random_inputs),
        cmocka_unit_test(test_scan_depth),
        cmocka_unit_test(test_scan_limit),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_text_flags),
        cmocka_unit_test(test_many_sizes),
        cmocka_unit_test(test_framing),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_places_over_blocks),
    };
    return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
