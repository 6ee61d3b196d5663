/* test_ingest_parts.c - the pieces of ingest alone: spools, row sorting, orders, file names, lists.
 */
#include "tests/test_ingest_help.h"

#include "engine/base/memory.h"
#include "engine/base/wide.h"
#include "engine/ingest/lists.h"
#include "engine/ingest/order.h"
#include "engine/ingest/row.h"
#include "engine/ingest/row_bits.h"
#include "engine/ingest/row_ranks.h"
#include "engine/ingest/row_sort.h"
#include "engine/ingest/source_name.h"
#include "engine/ingest/spool.h"
#include "engine/ingest/spooled_row.h"

#define SEED 20250301u

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Appends pieces of these lengths and takes them back in pieces of other lengths. */
static void spool_round_trip(const size_t *lengths, size_t count, size_t piece)
{
    tgr_error error;
    char path[512];
    snprintf(path, sizeof path, "%s", in_folder("spooled"));
    tgr_spool spool = {.path = path};
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += lengths[i];
    }
    unsigned char *expected = malloc(total + 1);
    unsigned char *found = malloc(total + 1);
    uint64_t random = SEED;
    for (size_t i = 0; i < total; i++) {
        expected[i] = (unsigned char)next_random(&random);
    }
    for (size_t i = 0, done = 0; i < count; done += lengths[i++]) {
        assert_int_equal(tgr_spool_append(&spool, expected + done, lengths[i], &error), TGR_OK);
    }
    assert_int_equal(files_in_folder(""), 0); /* unlinked from the start */
    assert_int_equal(tgr_spool_rewind(&spool, &error), TGR_OK);
    for (size_t done = 0; done < total; done += piece) {
        size_t length = total - done < piece ? total - done : piece;
        assert_int_equal(tgr_spool_take(&spool, found + done, length, &error), TGR_OK);
    }
    assert_memory_equal(found, expected, total);
    assert_int_equal(tgr_spool_take(&spool, found, 1, &error), TGR_ERR_INTERNAL);
    tgr_spool_free(&spool);
    free(expected);
    free(found);
}

static void spools_give_back_what_they_took(void **state)
{
    (void)state;
    const size_t full = TGR_SPOOL_BUFFER;
    long live = tgr_mem_live();
    spool_round_trip(NULL, 0, 1);
    spool_round_trip((size_t[]){0}, 1, 1);
    spool_round_trip((size_t[]){1, 2, 3}, 3, 4);
    spool_round_trip((size_t[]){full}, 1, 1000);
    spool_round_trip((size_t[]){full, 1}, 2, full + 1);
    spool_round_trip((size_t[]){full - 1, 2, full, 5}, 4, 65537);
    spool_round_trip((size_t[]){7, 3 * full + 5, 11}, 3, 2 * full);
    spool_round_trip((size_t[]){full, full, full}, 3, full);
    assert_int_equal(tgr_mem_live(), live);
}

static void spools_say_where_they_cannot_be_made(void **state)
{
    (void)state;
    tgr_error error;
    char *bytes = calloc(TGR_SPOOL_BUFFER + 1, 1);
    tgr_spool spool = {.path = "/nowhere/at/all/out.h5"};
    assert_int_equal(tgr_spool_append(&spool, bytes, TGR_SPOOL_BUFFER + 1, &error), TGR_ERR_IO);
    assert_non_null(strstr(error.message, "/nowhere/at/all/out.h5"));
    tgr_spool_free(&spool);
    free(bytes);
}

/* Rows of any length, narrow and wide, through a spool that goes to a file. */
static void rows_pass_through_a_spool(void **state)
{
    (void)state;
    enum { ROWS = 4000, MOST = 200 };
    static tgr_row_entry entries[MOST], room[MOST];
    static uint32_t numbers[1000];
    tgr_error error;
    char path[512], packed[4 + 8 * MOST];
    snprintf(path, sizeof path, "%s", in_folder("spooled"));
    tgr_spool spool = {.path = path};
    tgr_spooled_row row;
    for (int pass = 0; pass < 2; pass++) { /* appended, and then taken */
        uint64_t random = SEED;
        for (uint32_t i = 0; i < 1000; i++) {
            numbers[i] = (uint32_t)(next_random(&random) % TGR_NARROW_TAGS);
        }
        for (int i = 0; i < ROWS; i++) {
            bool narrow = next_random(&random) % 3 > 0;
            uint32_t count = (uint32_t)(next_random(&random) % (MOST + 1));
            for (uint32_t k = 0; k < count; k++) {
                entries[k].tag = (uint32_t)(next_random(&random) % 1000);
                entries[k].value = narrow ? (float)(1 + next_random(&random) % 255)
                                          : (float)next_random(&random) * 0x1p-20f;
            }
            numbers[7] = narrow ? 65535 : 0xfffffff0u;
            if (pass == 0) {
                size_t bytes = tgr_spooled_row_pack(entries, count, numbers, narrow, packed);
                assert_int_equal(bytes, 4 + count * (narrow ? 3 : 8));
                assert_int_equal(tgr_spool_append(&spool, packed, bytes, &error), TGR_OK);
                continue;
            }
            assert_int_equal(tgr_spooled_row_take(&spool, room, MOST, &row, &error), TGR_OK);
            assert_int_equal(row.count, count);
            for (uint32_t k = 0; k < count; k++) {
                tgr_row_entry entry = tgr_spooled_entry(&row, k);
                assert_int_equal(entry.tag, numbers[entries[k].tag]);
                assert_true(entry.value == entries[k].value);
            }
        }
        assert_int_equal(tgr_spool_rewind(&spool, &error), TGR_OK);
    }
    tgr_spool_free(&spool);
}

static void damaged_rows_are_told(void **state)
{
    (void)state;
    tgr_error error;
    tgr_row_entry room[3];
    tgr_spooled_row row;
    uint32_t heads[2] = {3 << 1 | 1, 4 << 1};
    char path[512];
    snprintf(path, sizeof path, "%s", in_folder("spooled"));
    for (int i = 0; i < 2; i++) { /* one ends too early, one has more entries than any row */
        tgr_spool spool = {.path = path};
        assert_int_equal(tgr_spool_append(&spool, &heads[i], sizeof heads[i], &error), TGR_OK);
        assert_int_equal(tgr_spool_append(&spool, room, 20, &error), TGR_OK);
        assert_int_equal(tgr_spool_rewind(&spool, &error), TGR_OK);
        assert_int_equal(tgr_spooled_row_take(&spool, room, 3, &row, &error), TGR_ERR_INTERNAL);
        assert_non_null(strstr(error.message, i == 0 ? "too early" : "damaged"));
        tgr_spool_free(&spool);
    }
}

/* With all widths of instructions, against counting one after the other. */
static void short_rows_are_ranked(void **state)
{
    (void)state;
    uint64_t random = SEED;
    uint32_t columns[TGR_ROW_RANKS_MOST] = {0}, ranks[TGR_ROW_RANKS_MOST];
    for (int round = 0; round < 65 * 30; round++) {
        size_t count = (size_t)round % (TGR_ROW_RANKS_MOST + 1);
        uint32_t most = round % 4 == 0 ? UINT32_MAX : 100;
        tgr_wide_limit((tgr_wide)(round / 65 % 3));
        for (size_t i = 0; i < count;) { /* what an earlier row left behind them stays */
            bool known = false;
            columns[i] = (uint32_t)(next_random(&random) % most);
            for (size_t k = 0; k < i; k++) {
                known |= columns[k] == columns[i];
            }
            i += !known;
        }
        tgr_row_ranks(columns, count, ranks);
        for (size_t i = 0; i < count; i++) {
            uint32_t smaller = 0;
            for (size_t k = 0; k < count; k++) {
                smaller += columns[k] < columns[i];
            }
            assert_int_equal(ranks[i], smaller);
        }
    }
    tgr_wide_limit(TGR_WIDE_AVX512);
}

static int compare_numbers(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one;
    uint64_t b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

static void rows_of_every_length_are_sorted(void **state)
{
    (void)state;
    uint64_t random = SEED;
    enum { MOST = 1100 };
    static uint64_t keys[MOST], scratch[MOST], expected[MOST];
    for (size_t count = 0; count <= MOST; count += count < 140 ? 1 : 61) {
        for (int narrow = 0; narrow < 2; narrow++) {
            for (size_t i = 0; i < count; i++) {
                keys[i] = narrow ? next_random(&random) % 50 : next_random(&random);
            }
            memcpy(expected, keys, count * sizeof *keys);
            qsort(expected, count, sizeof *expected, compare_numbers);
            tgr_row_sort(keys, scratch, count);
            assert_memory_equal(keys, expected, count * sizeof *keys);
        }
    }
}

/* Distinct columns of a file with that many, in any order, with whatever goes with them. */
static void rows_are_sorted_by_bits(void **state)
{
    (void)state;
    uint64_t random = SEED;
    static const size_t sizes[] = {1, 63, 64, 65, 4095, 4096, 4097, 70000, TGR_ROW_BITS_COLUMNS};
    static uint64_t keys[2000], expected[2000];
    for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++) {
        tgr_row_bits bits = {0};
        assert_true(tgr_row_bits_open(&bits, sizes[size]));
        for (int row = 0; row < 50; row++) {
            size_t step = 1 + next_random(&random) % (sizes[size] / 40 + 1), count = 0;
            for (size_t column = next_random(&random) % step; column < sizes[size] && count < 2000;
                 column += 1 + next_random(&random) % step) {
                expected[count++] = column << 32 | (uint32_t)next_random(&random);
            }
            if (count > 0 && row % 2 == 0) {
                expected[count - 1] = (sizes[size] - 1) << 32 | 7; /* the last column there is */
            }
            memcpy(keys, expected, count * sizeof *keys);
            for (size_t i = count; i > 1; i--) {
                size_t other = next_random(&random) % i;
                uint64_t key = keys[other];
                keys[other] = keys[i - 1];
                keys[i - 1] = key;
            }
            tgr_row_bits_sort(&bits, keys, count);
            assert_memory_equal(keys, expected, count * sizeof *keys);
        }
        tgr_row_bits_free(&bits);
    }
}

static void names_are_ordered_by_bytes(void **state)
{
    (void)state;
    static const char *const arrival[] = {
        "b",        "a", "",          "abcdefghi", "abcdefgh",        "abcdefghz",
        "\xc3\xa9", "B", "abcdefgha", "abcdefg",   "\xf0\x9f\x98\x80"};
    static const char *const ordered[] = {
        "",          "B",         "a", "abcdefg",  "abcdefgh",        "abcdefgha",
        "abcdefghi", "abcdefghz", "b", "\xc3\xa9", "\xf0\x9f\x98\x80"};
    enum { COUNT = sizeof arrival / sizeof *arrival };
    tgr_strings *strings = tgr_strings_new();
    for (size_t i = 0; i < COUNT; i++) {
        tgr_strings_add(strings, arrival[i], strlen(arrival[i]));
    }
    tgr_order order = {0};
    assert_true(tgr_order_by_bytes(&order, strings));
    assert_int_equal(order.count, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_string_equal(order.names[i], ordered[i]);
        assert_string_equal(order.names[order.place[i]], arrival[i]);
    }
    tgr_order_free(&order);
    tgr_strings_free(strings);
}

static void tags_are_ordered_by_occurrences(void **state)
{
    (void)state;
    tgr_tag_table table = {0};
    assert_true(tgr_tag_table_open(&table, NULL));
    const char *const names[] = {"seldom", "unseen", "often", "z", "a", "light", "huge", "minus"};
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(tgr_tag_table_intern(&table, names[i], strlen(names[i])), i);
    }
    tgr_tag_count(&table.tags[0], 1);
    tgr_tag_count(&table.tags[2], 65535);
    tgr_tag_count(&table.tags[2], 1);
    tgr_tag_count(&table.tags[3], 3);
    tgr_tag_count(&table.tags[4], 2);
    tgr_tag_count(&table.tags[4], 1);
    tgr_tag_count(&table.tags[5], 0.25f);
    tgr_tag_count(&table.tags[6], 3e38f);
    tgr_tag_count(&table.tags[7], -5.5f);
    assert_true(tgr_tag_occurrences(&table.tags[2]) == 65536);
    assert_true(tgr_tag_occurrences(&table.tags[5]) == 0.25);
    assert_true(tgr_tag_occurrences(&table.tags[7]) == -5.5);
    assert_int_equal(table.tags[2].queries, 2);

    static const char *const ordered[] = {"huge", "often", "a", "z", "seldom", "light", "minus"};
    tgr_order order = {0};
    assert_true(tgr_order_tags(&order, &table));
    assert_int_equal(order.count, 7);
    for (uint32_t i = 0; i < 7; i++) {
        assert_string_equal(order.names[i], ordered[i]);
    }
    assert_int_equal(order.place[1], UINT32_MAX);
    assert_int_equal(order.place[2], 1);
    tgr_order_free(&order);
    tgr_tag_table_free(&table);
}

static void huge_weights_do_not_overflow_a_sum(void **state)
{
    (void)state;
    tgr_tag_table table = {0};
    assert_true(tgr_tag_table_open(&table, NULL));
    tgr_tag_table_intern(&table, "up", 2);
    tgr_tag_table_intern(&table, "down", 4);
    for (int i = 0; i < 20; i++) { /* close to where a sum stops, so that it is reached */
        table.tags[0].total = ((tgr_sum)1 << 126) - 5;
        table.tags[1].total = -table.tags[0].total;
        tgr_tag_count(&table.tags[0], 3e38f);
        tgr_tag_count(&table.tags[1], -3e38f);
    }
    assert_true(tgr_tag_occurrences(&table.tags[0]) == 0x1p86);
    assert_true(tgr_tag_occurrences(&table.tags[1]) == -0x1p86);
    tgr_tag_table_free(&table);
}

/* What a tagger's tags are counted in first, and what it is moved to before it would overflow. */
static void few_counts_become_totals(void **state)
{
    (void)state;
    tgr_tag_table table = {0};
    assert_true(tgr_tag_table_open(&table, NULL));
    tgr_tag_table_intern(&table, "a", 1);
    tgr_tag_table_intern(&table, "b", 1);
    table.kept = 2;
    table.few = tgr_mem_zalloc(table.kept, sizeof *table.few);
    assert_non_null(table.few);
    tgr_tag_few_row(&table);
    tgr_tag_few(&table, 0, 65535);
    tgr_tag_few(&table, 1, 1);
    table.few_rows = TGR_FEW_ROWS; /* as if so many had come, of which each has the most */
    table.few[0] = ((uint64_t)TGR_FEW_ROWS << TGR_FEW_BITS) + (uint64_t)TGR_FEW_ROWS * 65535;
    tgr_tag_few_row(&table);
    assert_int_equal(table.few_rows, 1);
    assert_true(table.many);
    tgr_tag_few(&table, 0, 7);
    tgr_tag_table_settle(&table);
    assert_int_equal(table.tags[0].queries, TGR_FEW_ROWS + 1);
    assert_true(tgr_tag_occurrences(&table.tags[0]) == TGR_FEW_ROWS * 65535.0 + 7);
    assert_int_equal(table.tags[1].queries, 1);
    assert_true(tgr_tag_occurrences(&table.tags[1]) == 1);
    tgr_tag_few_row(&table);
    tgr_tag_few(&table, 1, 3);
    tgr_tag_table_clear(&table);
    assert_int_equal(table.few[1] + table.tags[0].queries + table.tags[1].queries, 0);
    tgr_tag_table_free(&table);
}

static const char *source_name(const char *name, tgr_buffer *buffer)
{
    tgr_source_name_text(name, buffer);
    assert_false(buffer->failed);
    return buffer->length == 0 ? "" : buffer->bytes;
}

static void file_names_become_text(void **state)
{
    (void)state;
    tgr_buffer buffer = {0};
    static const char *const same[] = {"",
                                       "log.jsonl",
                                       "\xc3\xa9t\xc3\xa9",
                                       "\xe2\x82\xac",
                                       "\xf0\x9f\x98\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xed\x9f\xbf"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_string_equal(source_name(same[i], &buffer), same[i]);
    }
    assert_string_equal(source_name("a\xff"
                                    "b",
                                    &buffer),
                        "a?b");
    assert_string_equal(source_name("\xc3", &buffer), "?");
    assert_string_equal(source_name("\xe2\x82", &buffer), "??");
    assert_string_equal(source_name("\xc0\xaf", &buffer), "??");           /* longer than needed */
    assert_string_equal(source_name("\xe0\x80\xaf", &buffer), "???");      /* likewise */
    assert_string_equal(source_name("\xed\xa0\x80", &buffer), "???");      /* a surrogate */
    assert_string_equal(source_name("\xf4\x90\x80\x80", &buffer), "????"); /* past the last */
    assert_string_equal(source_name("\xf5z", &buffer), "?z");
    assert_string_equal(source_name("a\nb\x7f", &buffer), "a?b?");
    tgr_buffer_free(&buffer);
}

static void lists_have_one_spelling(void **state)
{
    (void)state;
    tgr_text names[] = {{"b", 1}, {"a\"", 2}, {"b", 1}, {"", 0}, {"a", 1}, {"bb", 2}, {"b", 1}};
    tgr_text_list list = {.names = names, .count = 7, .capacity = 7, .present = true};
    tgr_buffer buffer = {0};
    tgr_list_spell(&list, &buffer);
    assert_string_equal(buffer.bytes, "[\"\",\"a\",\"a\\\"\",\"b\",\"bb\"]");
    list.count = 0;
    tgr_list_spell(&list, &buffer);
    assert_string_equal(buffer.bytes, "[]");
    tgr_buffer_free(&buffer);
}

/* Rows of random tags against sums kept in a plain table. */
static void rows_add_up(void **state)
{
    (void)state;
    enum { TAGS = 40, ENTRIES = 120, ROWS = 300 };
    uint64_t random = SEED;
    static char names[TAGS][16];
    tgr_tag_entry entries[ENTRIES];
    tgr_tag_table table = {0};
    tgr_row row = {0};
    assert_true(tgr_tag_table_open(&table, NULL));
    for (int tag = 0; tag < TAGS; tag++) {
        snprintf(names[tag], sizeof names[tag], "t%d", tag);
    }
    for (int round = 0; round < ROWS; round++) {
        double sums[TAGS] = {0};
        size_t distinct = 0;
        tgr_record record = {.tags = entries, .tag_count = next_random(&random) % ENTRIES};
        for (size_t i = 0; i < record.tag_count; i++) {
            size_t tag = next_random(&random) % TAGS;
            double count = (double)(1 + next_random(&random) % 300);
            entries[i] = (tgr_tag_entry){{names[tag], strlen(names[tag])}, count};
            distinct += sums[tag] == 0;
            sums[tag] += count;
        }
        tgr_fault fault;
        const tgr_row_source source = {.category_tag = true};
        assert_int_equal(tgr_row_build(&row, &table, &record, &source, &fault), TGR_OK);
        assert_int_equal(row.count, distinct);
        assert_false(row.weighted);
        for (size_t i = 0; i < row.count; i++) {
            const char *name = tgr_strings_get(table.names, row.entries[i].tag, NULL);
            assert_true(row.entries[i].value == sums[atoi(name + 1)]);
        }
    }
    tgr_row_free(&row);
    tgr_tag_table_free(&table);
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spools_give_back_what_they_took),
        cmocka_unit_test(spools_say_where_they_cannot_be_made),
        cmocka_unit_test(rows_pass_through_a_spool),
        cmocka_unit_test(damaged_rows_are_told),
        cmocka_unit_test(short_rows_are_ranked),
        cmocka_unit_test(rows_of_every_length_are_sorted),
        cmocka_unit_test(rows_are_sorted_by_bits),
        cmocka_unit_test(names_are_ordered_by_bytes),
        cmocka_unit_test(tags_are_ordered_by_occurrences),
        cmocka_unit_test(huge_weights_do_not_overflow_a_sum),
        cmocka_unit_test(few_counts_become_totals),
        cmocka_unit_test(file_names_become_text),
        cmocka_unit_test(lists_have_one_spelling),
        cmocka_unit_test(rows_add_up),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
