/* error.c - sentences into a caller's tgr_error. */
#include "engine/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names in messages come from untrusted files: a control character could move the reader's cursor.
 */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == 0x7f) {
            *text = '?';
        }
    }
}

/* Cutting at the buffer's end may split a UTF-8 sequence: drop the torn tail. */
static void trim_torn_utf8(char *text)
{
    size_t length = strlen(text);
    size_t tail = 0;
    while (tail < 3 && tail < length && ((unsigned char)text[length - 1 - tail] & 0xc0) == 0x80) {
        tail++;
    }
    if (tail == length) {
        return;
    }
    unsigned char lead = (unsigned char)text[length - 1 - tail];
    size_t need = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    if (need > tail) {
        text[length - 1 - tail] = '\0';
    }
}

static void set_message(tgr_error *error, tgr_status status, const char *format, va_list arguments)
{
    error->status = status;
    int length = vsnprintf(error->message, sizeof error->message, format, arguments);
    if (length < 0) {
        error->message[0] = '\0';
    }
    if (length >= (int)sizeof error->message) {
        trim_torn_utf8(error->message);
    }
    make_printable(error->message);
}

tgr_status tgr_fail(tgr_error *error, tgr_status status, const char *format, ...)
{
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        set_message(error, status, format, arguments);
        va_end(arguments);
    }
    return status;
}

tgr_status tgr_fail_memory(tgr_error *error, const char *what)
{
    return tgr_fail(error, TGR_ERR_NOMEM, "not enough memory for %s", what);
}

tgr_status tgr_fail_io(tgr_error *error, const char *path, const char *what, int errno_value)
{
    return tgr_fail(error, TGR_ERR_IO, "%s: cannot %s: %s", path, what, strerror(errno_value));
}

void tgr_error_prefix(tgr_error *error, const char *format, ...)
{
    if (error == NULL) {
        return;
    }
    tgr_error before = *error;
    va_list arguments;
    va_start(arguments, format);
    set_message(error, before.status, format, arguments);
    va_end(arguments);
    size_t length = strlen(error->message);
    size_t room = sizeof error->message - length;
    int added = snprintf(error->message + length, room, ": %s", before.message);
    if (added >= (int)room) {
        trim_torn_utf8(error->message);
    }
}

const char *tgr_status_name(tgr_status status)
{
    switch (status) {
    case TGR_OK:
        return "TGR_OK";
    case TGR_ERR_ARGUMENT:
        return "TGR_ERR_ARGUMENT";
    case TGR_ERR_UNSUPPORTED:
        return "TGR_ERR_UNSUPPORTED";
    case TGR_ERR_UNREACHABLE:
        return "TGR_ERR_UNREACHABLE";
    case TGR_ERR_INPUT:
        return "TGR_ERR_INPUT";
    case TGR_ERR_IO:
        return "TGR_ERR_IO";
    case TGR_ERR_NOMEM:
        return "TGR_ERR_NOMEM";
    case TGR_ERR_CANCELLED:
        return "TGR_ERR_CANCELLED";
    case TGR_ERR_INTERNAL:
        return "TGR_ERR_INTERNAL";
    }
    return "unknown status";
}
