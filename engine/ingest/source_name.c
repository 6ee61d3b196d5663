/* source_name.c - keeps the UTF-8 of a file name, marks the rest. */
#include "engine/ingest/source_name.h"

/* Bytes of the valid UTF-8 sequence that text begins with; 0 where there is none. Surrogates, codes
 * past the last and spellings longer than needed are not valid. */
static size_t sequence(const unsigned char *text)
{
    unsigned char lead = text[0];
    size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length == 0 || lead > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) { /* the final NUL is none either */
            return 0;
        }
    }
    bool overlong = (lead == 0xe0 && text[1] < 0xa0) || (lead == 0xf0 && text[1] < 0x90);
    bool outside = (lead == 0xed && text[1] >= 0xa0) || (lead == 0xf4 && text[1] >= 0x90);
    return overlong || outside ? 0 : length;
}

void tgr_source_name_text(const char *name, tgr_buffer *buffer)
{
    tgr_buffer_clear(buffer);
    while (*name != '\0') {
        size_t length = sequence((const unsigned char *)name);
        bool control = length == 1 && ((unsigned char)*name < 0x20 || *name == 0x7f);
        if (length == 0 || control) {
            tgr_buffer_add(buffer, "?", 1);
            name++;
        } else {
            tgr_buffer_add(buffer, name, length);
            name += length;
        }
    }
}
