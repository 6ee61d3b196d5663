/* numbers.h - arrays of numbers of any type, read as the types that the engine works with. */
#ifndef TGR_ROWS_NUMBERS_H
#define TGR_ROWS_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/rows.h>

/* Bytes of one number; 0 for a type that is none. */
size_t tgr_number_size(tgr_number_type type);

/* Numbers [first, first + count) as others. False where one does not fit: a fraction or a sign that
 * the type has no place for, a number too large. */
bool tgr_numbers_to_i64(const tgr_numbers *numbers, uint64_t first, size_t count, int64_t *to);
bool tgr_numbers_to_u32(const tgr_numbers *numbers, uint64_t first, size_t count, uint32_t *to);

/* To the nearest float; what is too large becomes infinite. */
void tgr_numbers_to_f32(const tgr_numbers *numbers, uint64_t first, size_t count, float *to);

#endif
