/* name_list.c - see name_list.h. */
#include "engine/router/name_list.h"

#include <stdint.h>
#include <string.h>

typedef struct scanner {
    const char *text, *end;
    char *out; /* decoded bytes; never more than were read */
} scanner;

static void skip_space(scanner *scan)
{
    while (scan->text < scan->end && strchr(" \t\r\n", *scan->text) != NULL &&
           *scan->text != '\0') {
        scan->text++;
    }
}

static bool take(scanner *scan, char wanted)
{
    skip_space(scan);
    if (scan->text == scan->end || *scan->text != wanted) {
        return false;
    }
    scan->text++;
    return true;
}

static bool take_hex(scanner *scan, uint32_t *code)
{
    if (scan->end - scan->text < 4) {
        return false;
    }
    *code = 0;
    for (int i = 0; i < 4; i++) {
        char c = *scan->text++;
        uint32_t digit;
        if (c >= '0' && c <= '9') {
            digit = (uint32_t)(c - '0');
        } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
            digit = (uint32_t)((c | 32) - 'a') + 10;
        } else {
            return false;
        }
        *code = *code << 4 | digit;
    }
    return true;
}

static void put_utf8(scanner *scan, uint32_t code)
{
    if (code < 0x80) {
        *scan->out++ = (char)code;
    } else if (code < 0x800) {
        *scan->out++ = (char)(0xc0 | code >> 6);
        *scan->out++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *scan->out++ = (char)(0xe0 | code >> 12);
        *scan->out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *scan->out++ = (char)(0x80 | (code & 0x3f));
    } else {
        *scan->out++ = (char)(0xf0 | code >> 18);
        *scan->out++ = (char)(0x80 | (code >> 12 & 0x3f));
        *scan->out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *scan->out++ = (char)(0x80 | (code & 0x3f));
    }
}

/* After "\u". A surrogate stands only as the first of a pair. */
static bool take_unicode(scanner *scan)
{
    uint32_t code, low;
    if (!take_hex(scan, &code)) {
        return false;
    }
    if (code >= 0xd800 && code < 0xe000) {
        if (code >= 0xdc00 || scan->end - scan->text < 6 || scan->text[0] != '\\' ||
            scan->text[1] != 'u') {
            return false;
        }
        scan->text += 2;
        if (!take_hex(scan, &low) || low < 0xdc00 || low > 0xdfff) {
            return false;
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    put_utf8(scan, code);
    return true;
}

static bool take_escape(scanner *scan)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (scan->text == scan->end) {
        return false;
    }
    char c = *scan->text++;
    if (c == 'u') {
        return take_unicode(scan);
    }
    const char *found = c == '\0' ? NULL : strchr(from, c);
    if (found == NULL) {
        return false;
    }
    *scan->out++ = to[found - from];
    return true;
}

/* A string into out; its opening quote was taken. */
static bool take_string(scanner *scan)
{
    while (scan->text < scan->end) {
        char c = *scan->text++;
        if (c == '"') {
            return true;
        }
        if ((unsigned char)c < 0x20 || (c == '\\' && !take_escape(scan))) {
            return false;
        }
        if (c != '\\') {
            *scan->out++ = c;
        }
    }
    return false;
}

bool tgr_name_list_read(const char *text, size_t length, char *scratch, tgr_name_visit visit,
                        void *user)
{
    scanner scan = {text, text + length, scratch};
    if (!take(&scan, '[')) {
        return false;
    }
    if (!take(&scan, ']')) {
        do {
            scan.out = scratch;
            if (!take(&scan, '"') || !take_string(&scan)) {
                return false;
            }
            *scan.out = '\0';
            size_t bytes = (size_t)(scan.out - scratch);
            if (strlen(scratch) == bytes) {
                visit(user, scratch, bytes);
            }
        } while (take(&scan, ','));
        if (!take(&scan, ']')) {
            return false;
        }
    }
    skip_space(&scan);
    return scan.text == scan.end;
}
