/* test_base.c - the base room: memory, strings, numbers, exact sums, JSON text, outputs, errors. */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/exact.h"
#include "engine/base/json_write.h"
#include "engine/base/memory.h"
#include "engine/base/number.h"
#include "engine/base/options.h"
#include "engine/base/output.h"
#include "engine/base/strings.h"

#define SEED 20240617u

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void memory_refuses_overflow(void **state)
{
    (void)state;
    long live = tgr_mem_live();
    assert_null(tgr_mem_alloc(SIZE_MAX / 2, 3));
    assert_null(tgr_mem_zalloc(SIZE_MAX, SIZE_MAX));
    assert_null(tgr_mem_aligned(SIZE_MAX / 8, 9));
    void *memory = NULL;
    size_t capacity = 0;
    assert_false(tgr_mem_grow(&memory, &capacity, SIZE_MAX / 4, 8));
    assert_null(memory);
    assert_true(tgr_mem_grow(&memory, &capacity, 3, 8));
    assert_true(capacity >= 3);
    tgr_mem_free(memory);
    float *aligned = tgr_mem_aligned(3, sizeof *aligned);
    assert_int_equal((uintptr_t)aligned % 64, 0);
    tgr_mem_free_aligned(aligned);
    assert_int_equal(tgr_mem_live(), live);
}

static void memory_fails_on_demand(void **state)
{
    (void)state;
    tgr_mem_fail_after(1);
    void *first = tgr_mem_alloc(1, 1);
    void *second = tgr_mem_alloc(1, 1);
    tgr_mem_fail_after(-1);
    assert_non_null(first);
    assert_null(second);
    tgr_mem_free(first);
}

/* Against a linear search over the strings added so far. */
static void strings_number_in_order_of_arrival(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static char texts[COUNT][24];
    uint64_t random = SEED;
    tgr_strings *strings = tgr_strings_new();
    assert_non_null(strings);
    uint32_t known = 0;
    for (int i = 0; i < COUNT; i++) {
        char text[24];
        int length =
            snprintf(text, sizeof text, "t%llu", (unsigned long long)(next_random(&random) % 2000));
        uint32_t expected = 0;
        while (expected < known && strcmp(texts[expected], text) != 0) {
            expected++;
        }
        if (expected == known) {
            assert_int_equal(tgr_strings_find(strings, text, (size_t)length), TGR_STRING_NONE);
            strcpy(texts[known++], text);
        }
        assert_int_equal(tgr_strings_add(strings, text, (size_t)length), expected);
        assert_int_equal(tgr_strings_find(strings, text, (size_t)length), expected);
    }
    assert_int_equal(tgr_strings_count(strings), known);
    for (uint32_t i = 0; i < known; i++) {
        size_t length;
        assert_string_equal(tgr_strings_get(strings, i, &length), texts[i]);
        assert_int_equal(length, strlen(texts[i]));
        uint32_t other = (uint32_t)(next_random(&random) % known);
        int order = strcmp(texts[i], texts[other]);
        int found = tgr_strings_compare(strings, i, other);
        assert_int_equal((order > 0) - (order < 0), (found > 0) - (found < 0));
    }
    tgr_strings_free(strings);
}

static void strings_take_any_length(void **state)
{
    (void)state;
    tgr_strings *strings = tgr_strings_new();
    size_t length = 300000;
    char *large = malloc(length);
    memset(large, 'x', length);
    assert_int_equal(tgr_strings_add(strings, NULL, 0), 0);
    assert_int_equal(tgr_strings_add(strings, large, length), 1);
    assert_int_equal(tgr_strings_add(strings, large, length - 1), 2);
    assert_int_equal(tgr_strings_add(strings, "", 0), 0);
    assert_true(tgr_strings_compare(strings, 2, 1) < 0);
    free(large);
    tgr_strings_free(strings);
}

static void strings_survive_lack_of_memory(void **state)
{
    (void)state;
    long live = tgr_mem_live();
    for (long fail = 0; fail < 40; fail++) {
        tgr_mem_fail_after(fail);
        tgr_strings *strings = tgr_strings_new();
        for (int i = 0; strings != NULL && i < 500; i++) {
            char text[16];
            int length = snprintf(text, sizeof text, "%d", i);
            uint32_t number = tgr_strings_add(strings, text, (size_t)length);
            assert_true(number == TGR_STRING_NONE || number == (uint32_t)i);
            if (number == TGR_STRING_NONE) {
                break;
            }
        }
        tgr_strings_free(strings);
        tgr_mem_fail_after(-1);
        assert_int_equal(tgr_mem_live(), live);
    }
}

static void numbers_read_back(void **state)
{
    (void)state;
    uint64_t random = SEED;
    char text[TGR_NUMBER_SIZE];
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = next_random(&random);
        double value;
        float single;
        uint32_t half = (uint32_t)bits;
        memcpy(&value, &bits, sizeof value);
        memcpy(&single, &half, sizeof single);
        size_t length = tgr_number_double(text, value);
        assert_int_equal(length, strlen(text));
        double back;
        if (isfinite(value)) {
            assert_true(tgr_number_parse(text, &back));
            assert_memory_equal(&back, &value, sizeof value);
        } else {
            assert_string_equal(text, "null");
        }
        tgr_number_float(text, single);
        if (isfinite(single)) {
            float again = strtof(text, NULL);
            assert_memory_equal(&again, &single, sizeof single);
        }
    }
    tgr_number_double(text, 0.1);
    assert_string_equal(text, "0.1");
    tgr_number_float(text, 0.1f);
    assert_string_equal(text, "0.1");
    tgr_number_double(text, 1.0 / 3);
    assert_string_equal(text, "0.3333333333333333");
}

static void numbers_refuse_what_is_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    " 1",    "1 ",  "0x10", "inf",
                                      "nan", "1e999", "--1", "1,5",  "e"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double value;
        assert_false(tgr_number_parse(bad[i], &value));
    }
    double value;
    assert_true(tgr_number_parse("-0.25", &value));
    assert_true(value == -0.25);
}

/* Any order of terms gives the same bits, and the value is that of exact decimal arithmetic. */
static void exact_sums_do_not_depend_on_order(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static double terms[COUNT];
    uint64_t random = SEED;
    tgr_sum forward = 0, backward = 0;
    for (int i = 0; i < COUNT; i++) {
        terms[i] = ((double)(next_random(&random) >> 11) * 0x1p-53 - 0.5) * 1e6;
        assert_true(tgr_exact_fits(terms[i]));
        forward += tgr_exact_term(terms[i]);
    }
    long double plain = 0;
    for (int i = COUNT - 1; i >= 0; i--) {
        backward += tgr_exact_term(terms[i]);
        plain += (long double)terms[i];
    }
    assert_true(forward == backward);
    assert_true(fabsl(plain - (long double)tgr_exact_value(forward)) <= COUNT * 0x1p-41L + 1e-9L);
    assert_false(tgr_exact_fits(NAN));
    assert_false(tgr_exact_fits(4194304.5));
    assert_true(tgr_exact_value(tgr_exact_term(0.75)) == 0.75);
    assert_true(tgr_exact_value((tgr_sum)tgr_exact_term(-4194304.0) * 1000) == -4194304000.0);
}

static void json_is_laid_out(void **state)
{
    (void)state;
    tgr_buffer buffer = {0};
    tgr_json json;
    tgr_json_begin(&json, &buffer, false);
    tgr_json_object(&json, NULL);
    tgr_json_string(&json, "a\"b", "line\nquote\" back\\ bell\a \xc3\xa9");
    tgr_json_array(&json, "list");
    tgr_json_number(&json, NULL, 0.5);
    tgr_json_number(&json, NULL, NAN);
    tgr_json_integer(&json, NULL, -3);
    tgr_json_boolean(&json, NULL, true);
    tgr_json_end_array(&json);
    tgr_json_object(&json, "empty");
    tgr_json_end_object(&json);
    tgr_json_string(&json, "none", NULL);
    tgr_json_end_object(&json);
    assert_false(buffer.failed);
    assert_string_equal(buffer.bytes,
                        "{\"a\\\"b\": \"line\\nquote\\\" back\\\\ bell\\u0007 \xc3\xa9\", "
                        "\"list\": [0.5, null, -3, true], \"empty\": {}, \"none\": null}");
    tgr_buffer_free(&buffer);
}

static void json_depth_is_bounded(void **state)
{
    (void)state;
    tgr_buffer buffer = {0};
    tgr_json json;
    tgr_json_begin(&json, &buffer, true);
    for (int i = 0; i < TGR_JSON_DEPTH + 1; i++) {
        tgr_json_array(&json, NULL);
    }
    assert_true(buffer.failed);
    tgr_buffer_free(&buffer);
}

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/tgr-base-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void outputs_appear_whole(void **state)
{
    (void)state;
    const char *path = in_folder("out");
    tgr_output output;
    tgr_error error;
    assert_int_equal(tgr_output_open(&output, path, &error), TGR_OK);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(tgr_write_all(output.fd, "hello", 5, path, &error), TGR_OK);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(tgr_output_commit(&output, &error), TGR_OK);
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_size, 5);
    assert_int_equal(tgr_output_open(&output, path, &error), TGR_OK);
    tgr_output_abandon(&output);
    tgr_output_abandon(&output);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_size, 5);
    unlink(path);
}

static void outputs_refuse_what_is_no_file(void **state)
{
    (void)state;
    tgr_output output;
    tgr_error error;
    assert_int_equal(tgr_output_open(&output, folder, &error), TGR_ERR_ARGUMENT);
    assert_int_equal(tgr_output_open(&output, "", &error), TGR_ERR_ARGUMENT);
    assert_int_equal(tgr_output_open(&output, in_folder("no/such"), &error), TGR_ERR_IO);
    assert_non_null(strstr(error.message, "no/such"));
    assert_int_equal(tgr_output_spool(in_folder("no/such"), &error), -1);
    int spool = tgr_output_spool(in_folder("x"), &error);
    assert_true(spool >= 0);
    close(spool);
}

static void errors_are_printable(void **state)
{
    (void)state;
    tgr_error error;
    assert_int_equal(tgr_fail(&error, TGR_ERR_INPUT, "bad %s", "na\x1b[31mme\n"), TGR_ERR_INPUT);
    assert_string_equal(error.message, "bad na?[31mme?");
    tgr_error_prefix(&error, "row %d", 7);
    assert_string_equal(error.message, "row 7: bad na?[31mme?");
    assert_int_equal(tgr_fail(NULL, TGR_ERR_IO, "nobody listens"), TGR_ERR_IO);
    char large[2 * TGR_ERROR_MESSAGE_SIZE];
    for (size_t i = 0; i + 1 < sizeof large; i += 2) {
        memcpy(large + i, "\xc3\xa9", 2);
    }
    large[sizeof large - 1] = '\0';
    large[sizeof large - 2] = '\0';
    tgr_fail(&error, TGR_ERR_INPUT, "%s", large);
    size_t length = strlen(error.message);
    assert_int_equal(length % 2, 0); /* no torn character at the end */
    assert_true(length > TGR_ERROR_MESSAGE_SIZE - 4);
}

static void options_carry_their_size(void **state)
{
    (void)state;
    struct old_options {
        size_t size;
        int first;
    } old = {sizeof old, 7};
    struct new_options {
        size_t size;
        int first;
        double second;
    } new = {sizeof new, 1, 2.5};
    tgr_error error;
    assert_int_equal(tgr_options_copy(&new, sizeof new, &old, &error), TGR_OK);
    assert_int_equal(new.first, 7);
    assert_true(new.second == 2.5 && new.size == sizeof new);
    old.size = 0;
    assert_int_equal(tgr_options_copy(&new, sizeof new, &old, &error), TGR_ERR_ARGUMENT);
    old.size = sizeof new + 1;
    assert_int_equal(tgr_options_copy(&new, sizeof new, &old, &error), TGR_ERR_ARGUMENT);
    assert_int_equal(tgr_options_copy(&new, sizeof new, NULL, &error), TGR_ERR_ARGUMENT);
}

/* The shortest of 6 to 9 digits that reads back, as printf writes it. */
static void floats_as_printf_writes_them(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252u;
    printf("seed %llu\n", (unsigned long long)random);
    for (int i = 0; i < 300000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        float value;
        uint32_t bits = (uint32_t)random;
        if (i % 3 == 1) { /* of everyday size */
            bits = (bits & 0x807fffff) | (uint32_t)(110 + (random >> 40) % 42) << 23;
        }
        memcpy(&value, &bits, sizeof value);
        if (i % 3 == 2) { /* few digits */
            value = (float)(int32_t)(bits % 2000000) / (float)(i % 5 == 0 ? 1000 : 777);
        }
        if (!isfinite(value)) {
            continue;
        }
        char text[TGR_NUMBER_SIZE], expected[TGR_NUMBER_SIZE];
        for (int digits = 6; digits <= 9; digits++) {
            snprintf(expected, sizeof expected, "%.*g", digits, (double)value);
            if (strtof(expected, NULL) == value) {
                break;
            }
        }
        assert_int_equal(tgr_number_float(text, value), strlen(expected));
        assert_string_equal(text, expected);
    }
}

/* Likewise of 15 to 17 digits. */
static void doubles_as_printf_writes_them(void **state)
{
    (void)state;
    uint64_t random = SEED;
    for (int i = 0; i < 150000; i++) {
        uint64_t bits = next_random(&random);
        double value;
        if (i % 3 == 1) { /* of everyday size */
            bits = (bits & 0x800fffffffffffffu) | (1000 + bits % 60) << 52;
        }
        memcpy(&value, &bits, sizeof value);
        if (i % 3 == 2) { /* few digits */
            value = (double)(int64_t)(bits % 2000000000) / (i % 5 == 0   ? 1e5
                                                            : i % 7 == 0 ? 1e-9
                                                                         : 777);
        }
        value = i < 4 ? (double[]){0, -0.0, 1e15, 5e-324}[i] : value;
        if (!isfinite(value)) {
            continue;
        }
        char text[TGR_NUMBER_SIZE], expected[TGR_NUMBER_SIZE];
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(expected, sizeof expected, "%.*g", digits, value);
            if (strtod(expected, NULL) == value) {
                break;
            }
        }
        assert_int_equal(tgr_number_double(text, value), strlen(expected));
        assert_string_equal(text, expected);
    }
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_refuses_overflow),
        cmocka_unit_test(memory_fails_on_demand),
        cmocka_unit_test(strings_number_in_order_of_arrival),
        cmocka_unit_test(strings_take_any_length),
        cmocka_unit_test(strings_survive_lack_of_memory),
        cmocka_unit_test(numbers_read_back),
        cmocka_unit_test(numbers_refuse_what_is_none),
        cmocka_unit_test(exact_sums_do_not_depend_on_order),
        cmocka_unit_test(json_is_laid_out),
        cmocka_unit_test(json_depth_is_bounded),
        cmocka_unit_test(outputs_appear_whole),
        cmocka_unit_test(outputs_refuse_what_is_no_file),
        cmocka_unit_test(errors_are_printable),
        cmocka_unit_test(options_carry_their_size),
        cmocka_unit_test(floats_as_printf_writes_them),
        cmocka_unit_test(doubles_as_printf_writes_them),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
