/* cmocka_all.h - cmocka with what it needs included before it. */
#ifndef TGR_TESTS_CMOCKA_ALL_H
#define TGR_TESTS_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifdef TGR_TESTS_WITHOUT_CMOCKA
#include "tests/small_cmocka.h"
#else
#include <cmocka.h>
#endif

#endif
