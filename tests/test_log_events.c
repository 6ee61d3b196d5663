/* test_log_events.c - the records inside Fluentd's and Fluent Bit's events. */
#include "test_log_support.h"

#define A                                                                                          \
    "\x81\xa1"                                                                                     \
    "a\x01" /* {"a":1} */
#define B                                                                                          \
    "\x81\xa1"                                                                                     \
    "b\x02" /* {"b":2} */
#define TAG "\xa3tag"
#define EVENTTIME                                                                                  \
    "\xd7\x00"                                                                                     \
    "12345678" /* extension 0 of 8 bytes */

static void expect_events(const char *bytes, size_t length, const char *expected)
{
    expect_log(bytes, length, TGR_LOG_MSGPACK, RECORD_LIMIT, expected);
}

#define EVENTS(bytes, expected) expect_events(bytes, sizeof(bytes) - 1, expected)

static void test_single_records(void **unused)
{
    (void)unused;
    static const char told[] = "a.log: byte 0: {\"a\":1}\n";
    EVENTS(A, told);
    EVENTS("\x92\x05" A, told);
    EVENTS("\x92\xff" A, told);
    EVENTS("\x92\xce\x65\x00\x00\x00" A, told);
    EVENTS("\x92\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00" A, told);
    EVENTS("\x92" EVENTTIME A, told);
    EVENTS("\x92\xc7\x08\x00"
           "12345678" A,
           told); /* the same time as ext 8 */
    EVENTS("\x92\x92\x05\x80" A, told);
    EVENTS("\x92\x92" EVENTTIME B A, told);
    EVENTS("\x93" TAG "\x05" A, told);
    EVENTS("\x93" TAG EVENTTIME A, told);
    EVENTS("\x94" TAG "\x05" A "\x80", told);
    EVENTS("\x94" TAG "\x05" A "\xc0", told);
    EVENTS("\x94" TAG "\x05" A B, told);
    EVENTS("\x93\xa0\x05" A, told); /* an empty tag */
}

static void test_wrong_shapes(void **unused)
{
    (void)unused;
    static const char told[] = "a.log: byte 0: bad shape\n";
    EVENTS("\x90", told);
    EVENTS("\x91" A, told);
    EVENTS("\x91\x05", told);
    EVENTS("\x92\x05\x05", told);
    EVENTS("\x92\xc0" A, told); /* nil is no time */
    EVENTS("\x92\xc3" A, told); /* nor is a boolean */
    EVENTS("\x92\xd7\x01"
           "12345678" A,
           told); /* nor another extension */
    EVENTS("\x92\xd6\x00"
           "1234" A,
           told); /* nor one of another size */
    EVENTS("\x92" A A, told);
    EVENTS("\x92\x92\x05\x05" A, told); /* metadata is a map */
    EVENTS("\x92\x91\x05" A, told);
    EVENTS("\x92\x92" TAG "\x80" A, told);
    EVENTS("\x93\x05" A A, told);
    EVENTS("\x91" TAG, told);
    EVENTS("\x92" TAG "\x05", told);
    EVENTS("\x93" TAG "\x05\x05", told);
    EVENTS("\x95" TAG "\x05" A "\x80\x80", told);
    EVENTS("\x94" TAG "\x90\x80\x80", told);
    EVENTS("\x92" TAG A, told);
    EVENTS("\x93" TAG "\xc0" A, told);
    EVENTS("\xc4\x02"
           "ab",
           told);
}

static void test_entries(void **unused)
{
    (void)unused;
    EVENTS("\x92" TAG "\x90" A, "a.log: byte 6: {\"a\":1}\n"); /* none */
    EVENTS("\x92" TAG "\x92\x92\x05" A "\x92" EVENTTIME B,
           "a.log: byte 0: {\"a\":1}\na.log: byte 0, record 2: {\"b\":2}\n");
    EVENTS("\x93" TAG "\x92\x92\x92\x05\x80" A "\x92\x92" EVENTTIME A B "\x80" A,
           "a.log: byte 0: {\"a\":1}\na.log: byte 0, record 2: {\"b\":2}\na.log: byte 35: "
           "{\"a\":1}\n");
    /* bad ones among them are told apart */
    EVENTS("\x92" TAG "\x95\x92\x05" A "\x07\x92\x05\x81\x07\x01\x92\x05\x81\xa1"
           "a\xa1\xff\x92\x05" B,
           "a.log: byte 0: {\"a\":1}\na.log: byte 0, record 2: bad shape\n"
           "a.log: byte 0, record 3: bad shape\na.log: byte 0, record 4: bad syntax\n"
           "a.log: byte 0, record 5: {\"b\":2}\n");
    /* what stands around a record need not be text, nor have text for keys */
    EVENTS("\x93" TAG "\x91\x92\x92\x05\x81\x07\xa1\xff" A "\x81\x08\x01",
           "a.log: byte 0: {\"a\":1}\n");
}

static const char two_entries[] = "\x92\x05" A "\x92\x92" EVENTTIME "\x80" B;
static const char two_told[] = "a.log: byte 0: {\"a\":1}\na.log: byte 0, record 2: {\"b\":2}\n";

/* [tag, packed, option], the packed bytes as bin or str, and a record after it. */
static void expect_packed(const char *packed, size_t length, bool as_text, const char *option,
                          const char *expected)
{
    tgr_buffer log = {0}, told = {0};
    char size[] = {as_text ? '\xda' : '\xc5', (char)(length >> 8), (char)length};
    tgr_buffer_text(&log, option ? "\x93" TAG : "\x92" TAG);
    tgr_buffer_add(&log, size, 3);
    tgr_buffer_add(&log, packed, length);
    if (option) {
        tgr_buffer_format(&log,
                          "\x82\xa4size\x02\xaa"
                          "compressed%c%s",
                          (int)(0xa0 + strlen(option)), option);
    }
    tgr_buffer_format(&told, "%sa.log: byte %zu: {\"a\":1}\n", expected, log.length);
    tgr_buffer_add(&log, A, 4);
    expect_events(log.bytes, log.length, told.bytes);
    tgr_buffer_free(&log);
    tgr_buffer_free(&told);
}

static void test_packed_entries(void **unused)
{
    (void)unused;
    size_t length = sizeof(two_entries) - 1;
    for (int as_text = 0; as_text < 2; as_text++) {
        expect_packed("", 0, as_text, NULL, "");
        expect_packed(two_entries, length, as_text, NULL, two_told);
        expect_packed(two_entries, length, as_text, "text", two_told);
        expect_packed(two_entries, length, as_text, "lz4", "a.log: byte 0: bad shape\n");
    }
    /* cut inside: what stands before is good, then one bad record */
    for (size_t cut = 1; cut < length; cut++) {
        char expected[200];
        snprintf(expected, sizeof(expected), "%sa.log: byte 0%s: bad syntax\n",
                 cut < 6 ? "" : "a.log: byte 0: {\"a\":1}\n", cut < 6 ? "" : ", record 2");
        expect_packed(two_entries, cut, false, NULL,
                      cut == 6 ? "a.log: byte 0: {\"a\":1}\n" : expected);
    }
    expect_packed("\x92\x05" A "\xc1" A, 11, false, NULL,
                  "a.log: byte 0: {\"a\":1}\na.log: byte 0, record 2: bad syntax\n");
    expect_packed("\x92\x05" A "\x07\x92\x05" A, 13, false, NULL,
                  "a.log: byte 0: {\"a\":1}\na.log: byte 0, record 2: bad shape\n"
                  "a.log: byte 0, record 3: {\"a\":1}\n");
    expect_packed("\xdd\xff\xff\xff\xff", 5, false, NULL, "a.log: byte 0: bad syntax\n");
}

static void test_compressed_entries(void **unused)
{
    (void)unused;
    size_t length = sizeof(two_entries) - 1;
    for (int codec = 0; codec < 2; codec++) {
        void (*add)(tgr_buffer *, const void *, size_t) = codec ? add_zstd : add_gzip;
        const char *name = codec ? "zstd" : "gzip";
        tgr_buffer packed = {0};
        add(&packed, two_entries, length);
        for (int as_text = 0; as_text < 2; as_text++) {
            expect_packed(packed.bytes, packed.length, as_text, name, two_told);
            expect_packed(packed.bytes, packed.length - 1, as_text, name,
                          "a.log: byte 0: bad syntax\n");
            expect_packed(packed.bytes, packed.length, as_text, codec ? "gzip" : "zstd",
                          "a.log: byte 0: bad syntax\n");
        }
        tgr_buffer_clear(&packed); /* one part an entry */
        add(&packed, two_entries, 6);
        add(&packed, two_entries + 6, length - 6);
        expect_packed(packed.bytes, packed.length, false, name, two_told);
        tgr_buffer_text(&packed, "more");
        expect_packed(packed.bytes, packed.length, false, name, "a.log: byte 0: bad syntax\n");
        tgr_buffer_free(&packed);
    }
}

/* A small event that unpacks to more than a record may take. */
static void test_bombs(void **unused)
{
    (void)unused;
    tgr_buffer packed = {0};
    for (size_t over = 0; over < 2; over++) {
        size_t length = RECORD_LIMIT + over;
        char *entry = calloc(length, 1);
        assert_non_null(entry);
        memcpy(entry, "\x92\x05\x81\xa1x\xc6\x00\x00", 8);
        entry[8] = (char)((length - 10) >> 8);
        entry[9] = (char)(length - 10);
        for (int codec = 0; codec < 2; codec++) {
            tgr_buffer_clear(&packed);
            (codec ? add_zstd : add_gzip)(&packed, entry, length);
            char expected[100];
            snprintf(expected, sizeof(expected), "a.log: byte 0: {\"x\":b%zu}\n", length - 10);
            expect_packed(packed.bytes, packed.length, false, codec ? "zstd" : "gzip",
                          over ? "a.log: byte 0: bad too large\n" : expected);
        }
        free(entry);
    }
    tgr_buffer_free(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_records),
        cmocka_unit_test(test_wrong_shapes),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_packed_entries),
        cmocka_unit_test(test_compressed_entries),
        cmocka_unit_test(test_bombs),
    };
    return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
