/* number.h - numbers to and from text, independent of the locale. */
#ifndef TGR_BASE_NUMBER_H
#define TGR_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#define TGR_NUMBER_SIZE 40

/* The shortest text that reads back as the same double (float), such as 0.1; "null" for NaN and
 * infinities. Returns its length; text has TGR_NUMBER_SIZE bytes. */
size_t tgr_number_double(char *text, double value);
size_t tgr_number_float(char *text, float value);

/* Parses the whole of text as a finite double; false where it is not one. */
bool tgr_number_parse(const char *text, double *value);

#endif
