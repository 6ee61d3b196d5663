/* digits.h - the fewest decimal digits that read back as the same number. */
#ifndef TGR_BASE_DIGITS_H
#define TGR_BASE_DIGITS_H

#ifdef __cplusplus
extern "C" {
#endif

#define TGR_DIGITS_MOST 17

/* Of the size of a finite number: `digits` is filled, 0.d1d2... x 10^*point is the number, and
 * there are as many as are returned, the last of which is not zero unless the number is. */
int tgr_digits_double(double value, char digits[TGR_DIGITS_MOST], int *point);
int tgr_digits_float(float value, char digits[TGR_DIGITS_MOST], int *point);

#ifdef __cplusplus
}
#endif

#endif
