/* cmocka_all.h - cmocka with what it needs included before it. */
#ifndef TGR_TESTS_CMOCKA_ALL_H
#define TGR_TESTS_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
