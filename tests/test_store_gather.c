/* test_store_gather.c - gathered writes: the file is what it would be had each gone there at once,
 * and small ones in a row become blocks. */
#include "tests/test_store_support.h"

#include "engine/store/gather.h"

#define FILE_BYTES (6 * TGR_GATHER_BLOCK)

typedef struct disk {
    unsigned char *now, *wanted; /* what was put, and what was written */
    size_t puts, whole;          /* whole: those of a whole block in its place */
} disk;

static void put(void *user, const void *bytes, size_t length, uint64_t place)
{
    disk *to = user;
    assert_true(length > 0 && place + length <= FILE_BYTES);
    memcpy(to->now + place, bytes, length);
    to->puts++;
    to->whole += length == TGR_GATHER_BLOCK && place % TGR_GATHER_BLOCK == 0;
}

static disk disk_make(void)
{
    disk made = {calloc(1, FILE_BYTES), calloc(1, FILE_BYTES), 0, 0};
    assert_true(made.now != NULL && made.wanted != NULL);
    return made;
}

static void disk_free(disk *used)
{
    free(used->now);
    free(used->wanted);
}

static void write_some(tgr_gather *gather, disk *to, size_t length, size_t place, uint64_t *random)
{
    for (size_t i = 0; i < length; i++) {
        to->wanted[place + i] = (unsigned char)next_random(random);
    }
    tgr_gather_write(gather, to->wanted + place, length, place);
}

/* Writes of all sizes, near each other and not, over each other too; looked at now and then. */
static void any_writes(void **state)
{
    (void)state;
    uint64_t random = SEED;
    disk to = disk_make();
    tgr_gather gather;
    assert_true(tgr_gather_open(&gather, put, &to));
    for (int round = 0; round < 3000; round++) {
        bool large = below(&random, 50) == 0;
        size_t length = 1 + (size_t)below(&random, large ? 2 * TGR_GATHER_BLOCK : 3000);
        size_t place = (size_t)below(&random, FILE_BYTES - length);
        write_some(&gather, &to, length, place, &random);
        size_t from = (size_t)below(&random, FILE_BYTES), most = FILE_BYTES - from;
        size_t looked = (size_t)below(&random, most < 5000 ? most : 5000);
        if (round % 3 == 0) {
            tgr_gather_settle(&gather, from, looked);
            assert_memory_equal(to.now + from, to.wanted + from, looked);
        }
    }
    tgr_gather_settle(&gather, 0, FILE_BYTES);
    assert_memory_equal(to.now, to.wanted, FILE_BYTES);
    tgr_gather_close(&gather);
    disk_free(&to);
}

/* As heaps of strings come: 64 KiB each, from somewhere in a page, neighbours exchanged. */
static void heaps_in_a_row(void **state)
{
    (void)state;
    const size_t heap = 65536, first = 102, heaps = FILE_BYTES / heap - 2;
    uint64_t random = SEED;
    disk to = disk_make();
    tgr_gather gather;
    assert_true(tgr_gather_open(&gather, put, &to));
    for (size_t i = 0; i < heaps; i++) {
        size_t place = first + (i ^ 1) * heap;
        write_some(&gather, &to, heap, place, &random);
    }
    assert_int_equal(to.whole,
                     heaps * heap / TGR_GATHER_BLOCK - 1); /* but the first and the last */
    assert_int_equal(to.puts, to.whole);
    tgr_gather_settle(&gather, 0, FILE_BYTES);
    assert_memory_equal(to.now, to.wanted, FILE_BYTES);
    assert_int_equal(to.puts, to.whole + 2);
    tgr_gather_close(&gather);
    disk_free(&to);
}

/* More spans of a block than are told apart. */
static void spans_that_do_not_touch(void **state)
{
    (void)state;
    uint64_t random = SEED;
    disk to = disk_make();
    tgr_gather gather;
    assert_true(tgr_gather_open(&gather, put, &to));
    for (size_t i = 0; i < 5 * TGR_GATHER_SPANS; i++) {
        write_some(&gather, &to, 10, 20 * (i * 7 % (5 * TGR_GATHER_SPANS)), &random);
    }
    tgr_gather_settle(&gather, 0, FILE_BYTES);
    assert_memory_equal(to.now, to.wanted, FILE_BYTES);
    tgr_gather_close(&gather);
    tgr_gather_close(&gather);
    disk_free(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_writes),
        cmocka_unit_test(heaps_in_a_row),
        cmocka_unit_test(spans_that_do_not_touch),
    };
    print_message("seed %u\n", (unsigned)SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
