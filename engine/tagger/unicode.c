/* unicode.c - tables made of utf8proc's properties, and utf8proc itself for what needs it. */
#include "engine/tagger/unicode.h"

#include <string.h>

#include <utf8proc.h>

#include "engine/base/memory.h"

#define FOLDING (UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE)

typedef struct range {
    uint32_t first, last;
} range;

/* Chinese, Japanese, Thai, Lao, Burmese, Khmer: words are not set off by spaces. */
static const range unspaced[] = {
    {0x0e00, 0x0eff}, {0x1000, 0x109f}, {0x1780, 0x17ff},   {0x2e80, 0x2fdf},
    {0x3005, 0x3007}, {0x3021, 0x3029}, {0x3031, 0x3035},   {0x3040, 0x312f},
    {0x31a0, 0x31bf}, {0x31f0, 0x31ff}, {0x3400, 0x4dbf},   {0x4e00, 0x9fff},
    {0xf900, 0xfaff}, {0xff66, 0xff9f}, {0x1b000, 0x1b16f}, {0x20000, 0x3ffff},
};

/* Parts of Korean syllables, which join into one character. */
static const range joining[] = {{0x1100, 0x11ff}, {0xa960, 0xa97f}, {0xd7b0, 0xd7ff}};

static bool is_in(const range *ranges, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++) {
        if (character >= ranges[i].first && character <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

#define IS_IN(ranges, character) is_in(ranges, sizeof(ranges) / sizeof *(ranges), character)

static tgr_character kind_of(uint32_t character)
{
    const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)character);
    if (character == 0xff9e || character == 0xff9f) { /* sound marks of half-width kana */
        return TGR_CHARACTER_MARK;
    }
    if (property->ignorable) {
        return TGR_CHARACTER_IGNORED;
    }
    switch (property->category) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return TGR_CHARACTER_MARK;
    case UTF8PROC_CATEGORY_CF: /* such as the controls of writing direction */
        return TGR_CHARACTER_IGNORED;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return IS_IN(unspaced, character) ? TGR_CHARACTER_UNSPACED : TGR_CHARACTER_WORD;
    default:
        return TGR_CHARACTER_GAP;
    }
}

/* What a character becomes wherever it stands, 0 where that is not one character. */
static uint16_t fold_one(uint32_t character)
{
    utf8proc_int32_t made[32];
    int boundary = 0;
    if (IS_IN(joining, character)) {
        return 0;
    }
    utf8proc_ssize_t count =
        utf8proc_decompose_char((utf8proc_int32_t)character, made, 32, FOLDING, &boundary);
    if (count < 1 || count > 32) {
        return 0;
    }
    count = utf8proc_normalize_utf32(made, count, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    bool stands = count == 1 && made[0] > 0 && made[0] < (utf8proc_int32_t)TGR_PLANE;
    tgr_character kind = stands ? kind_of((uint32_t)made[0]) : TGR_CHARACTER_GAP;
    return kind == TGR_CHARACTER_WORD || kind == TGR_CHARACTER_UNSPACED ? (uint16_t)made[0] : 0;
}

tgr_unicode *tgr_unicode_new(void)
{
    tgr_unicode *unicode = tgr_mem_zalloc(1, sizeof *unicode);
    for (uint32_t character = 0; unicode != NULL && character < TGR_PLANE; character++) {
        tgr_character kind = kind_of(character);
        unicode->kinds[character] = (uint8_t)kind;
        if (kind == TGR_CHARACTER_WORD || kind == TGR_CHARACTER_UNSPACED) {
            unicode->folded[character] = fold_one(character);
        }
    }
    return unicode;
}

void tgr_unicode_free(tgr_unicode *unicode)
{
    tgr_mem_free(unicode);
}

tgr_character tgr_unicode_kind(const tgr_unicode *unicode, uint32_t character)
{
    return character < TGR_PLANE ? (tgr_character)unicode->kinds[character] : kind_of(character);
}

static bool continues(const unsigned char *bytes, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return false;
        }
    }
    return true;
}

uint32_t tgr_unicode_read(const char *text, size_t left, size_t *length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned char lead = bytes[0];
    size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    uint32_t character = 0xfffd;
    *length = 1;
    if (lead < 0xc2 || lead > 0xf4 || need > left || !continues(bytes, 1, need)) {
        return character;
    }
    character = lead & (0x7fu >> need);
    for (size_t i = 1; i < need; i++) {
        character = character << 6 | (bytes[i] & 0x3f);
    }
    bool shortest = need == 2 || (need == 3 ? character >= 0x800 : character >= 0x10000);
    if (!shortest || character > 0x10ffff || (character >= 0xd800 && character < 0xe000)) {
        return 0xfffd;
    }
    *length = need;
    return character;
}

size_t tgr_unicode_write(uint32_t character, char *bytes)
{
    if (character < 0x80) {
        bytes[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        bytes[0] = (char)(0xc0 | character >> 6);
        bytes[1] = (char)(0x80 | (character & 0x3f));
        return 2;
    }
    if (character < 0x10000) {
        bytes[0] = (char)(0xe0 | character >> 12);
        bytes[1] = (char)(0x80 | (character >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (character & 0x3f));
        return 3;
    }
    bytes[0] = (char)(0xf0 | character >> 18);
    bytes[1] = (char)(0x80 | (character >> 12 & 0x3f));
    bytes[2] = (char)(0x80 | (character >> 6 & 0x3f));
    bytes[3] = (char)(0x80 | (character & 0x3f));
    return 4;
}

/* Whether a character of a folded word stays in it: what was one character may become several, with
 * gaps between. */
static bool stays(uint32_t character)
{
    tgr_character kind = kind_of(character);
    return kind != TGR_CHARACTER_GAP && kind != TGR_CHARACTER_IGNORED;
}

static size_t write_all(const utf8proc_int32_t *characters, size_t count, char *bytes, size_t room)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        if (!stays((uint32_t)characters[i]) && characters[i] != '\'') {
            continue;
        }
        if (room - length < 4) {
            return 0;
        }
        length += tgr_unicode_write((uint32_t)characters[i], bytes + length);
    }
    return length;
}

/* Characters that depend on each other. */
static size_t fold_together(const uint32_t *characters, size_t count, char *bytes, size_t room)
{
    enum { MOST = 18 * TGR_UNICODE_WORD }; /* no character becomes more than 18 */
    utf8proc_int32_t made[MOST];
    utf8proc_ssize_t length = 0;
    int boundary = 0;
    for (size_t i = 0; i < count; i++) {
        utf8proc_ssize_t more = utf8proc_decompose_char(
            (utf8proc_int32_t)characters[i], made + length, MOST - length, FOLDING, &boundary);
        if (more < 0 || more > MOST - length) {
            return 0;
        }
        length += more;
    }
    /* utf8proc_decompose would put marks in order; from characters one by one that is ours to do */
    for (utf8proc_ssize_t i = 1; i < length; i++) {
        utf8proc_int32_t mark = made[i];
        utf8proc_propval_t rank = utf8proc_get_property(mark)->combining_class;
        utf8proc_ssize_t at = i;
        for (; rank > 0 && at > 0 && utf8proc_get_property(made[at - 1])->combining_class > rank;
             at--) {
            made[at] = made[at - 1];
        }
        made[at] = mark;
    }
    length = utf8proc_normalize_utf32(made, length, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    return length > 0 ? write_all(made, (size_t)length, bytes, room) : 0;
}

size_t tgr_unicode_fold(const tgr_unicode *unicode, const uint32_t *characters, size_t count,
                        char *bytes, size_t room)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t character = characters[i];
        uint32_t folded = character == '\''       ? character
                          : character < TGR_PLANE ? unicode->folded[character]
                                                  : 0;
        if (folded == 0) {
            return fold_together(characters, count, bytes, room);
        }
        if (room - length < 4) {
            return 0;
        }
        length += tgr_unicode_write(folded, bytes + length);
    }
    return length;
}
