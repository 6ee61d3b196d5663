/* small_cmocka.h - the little of cmocka that the kernels' tests use, for targets that have no
 * cmocka: a failed check prints its place and ends the program. */
#ifndef TGR_TESTS_SMALL_CMOCKA_H
#define TGR_TESTS_SMALL_CMOCKA_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
};

static inline void small_check(int holds, const char *words, const char *file, int line)
{
    if (!holds) {
        fprintf(stderr, "%s:%d: %s\n", file, line, words);
        exit(1);
    }
}

#define print_message  printf
#define assert_true(c) small_check((c) ? 1 : 0, #c, __FILE__, __LINE__)
#define assert_int_equal(a, b)                                                                     \
    small_check((int64_t)(a) == (int64_t)(b), #a " == " #b, __FILE__, __LINE__)
#define assert_ptr_equal(a, b) small_check((a) == (b), #a " == " #b, __FILE__, __LINE__)
#define assert_string_equal(a, b)                                                                  \
    small_check(strcmp((a), (b)) == 0, #a " == " #b, __FILE__, __LINE__)
#define assert_memory_equal(a, b, n)                                                               \
    small_check(memcmp((a), (b), (n)) == 0, #a " == " #b, __FILE__, __LINE__)
#define cmocka_unit_test(function)                                                                 \
    {                                                                                              \
#function, function                                                                        \
    }

#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    small_run_tests((tests), sizeof(tests) / sizeof((tests)[0]))

static inline int small_run_tests(const struct CMUnitTest *tests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *state = NULL;
        printf("%s\n", tests[i].name);
        tests[i].run(&state);
    }
    printf("%zu passed, 0 failed\n", count);
    return 0;
}

#endif
