/* value.c - the tape's memory, and reading single values of it. */
#include "engine/log/value.h"

#include <string.h>

#include "engine/base/memory.h"

tgr_status tgr_fault_set(tgr_fault *fault, tgr_bad_reason reason, const char *why)
{
    fault->reason = reason;
    fault->why = why;
    return TGR_ERR_INPUT;
}

bool tgr_tape_reserve(tgr_tape *tape, size_t count)
{
    void *values = tape->values;
    if (!tgr_mem_grow(&values, &tape->capacity, count, sizeof(tgr_value))) {
        return false;
    }
    tape->values = values;
    return true;
}

void tgr_tape_clear(tgr_tape *tape)
{
    tape->count = 0;
    tape->invalid_text = false;
    tape->other_keys = false;
    tape->nul = false;
}

void tgr_tape_free(tgr_tape *tape)
{
    tgr_mem_free(tape->values);
    memset(tape, 0, sizeof(*tape));
}

bool tgr_value_number(const tgr_value *value, double *number)
{
    switch (value->kind) {
    case TGR_INTEGER:
        *number = (double)value->as.integer;
        return true;
    case TGR_UNSIGNED:
        *number = (double)value->as.unsigned_integer;
        return true;
    case TGR_REAL:
        *number = value->as.real;
        return true;
    default:
        return false;
    }
}
