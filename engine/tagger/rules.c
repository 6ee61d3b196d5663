/* rules.c - tags folded, cut at dividing signs, tidied word by word. */
#include "engine/tagger/rules.h"

#include <stdint.h>
#include <string.h>

#include <utf8proc.h>

#include "engine/tagger/plural.h"

/* What becomes of a character. */
typedef enum treatment { STAYS, DIVIDES, VANISHES } treatment;

static treatment treat_ascii(char byte)
{
    if ((unsigned char)byte <= ' ' || byte == 0x7f) {
        return DIVIDES;
    }
    if (memchr("-_/\\|,;:()[]{}<>", byte, 16) != NULL) {
        return DIVIDES;
    }
    return byte == '"' || byte == '`' ? VANISHES : STAYS;
}

static treatment treat(utf8proc_int32_t character)
{
    if (character < 0x80) {
        return treat_ascii((char)character);
    }
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PO:
        return DIVIDES;
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
        return VANISHES;
    default:
        return STAYS;
    }
}

/* ---- folding -------------------------------------------------------------------------------- */

#define FOLDS                                                                                      \
    (UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE)

static bool is_ascii(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static void fold_ascii(tgr_buffer *folded, const char *tag, size_t length)
{
    tgr_buffer_add(folded, tag, length);
    for (size_t i = 0; i < length && !folded->failed; i++) {
        char *byte = &folded->bytes[i];
        *byte = (char)(*byte >= 'A' && *byte <= 'Z' ? *byte - 'A' + 'a' : *byte);
    }
}

/* An apostrophe is one, however it is set. */
static bool is_apostrophe(utf8proc_int32_t character)
{
    return character == 0x2019 || character == 0x2018 || character == 0x02bc;
}

static void add_character(tgr_buffer *to, utf8proc_int32_t character)
{
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t length =
        utf8proc_encode_char(is_apostrophe(character) ? '\'' : character, bytes);
    tgr_buffer_add(to, bytes, length > 0 ? (size_t)length : 0);
}

/* Takes characters apart, folds them, and puts them together again. What is no UTF-8 stays. */
static void fold_unicode(tgr_buffer *folded, const char *tag, size_t length)
{
    /* A character of three bytes becomes 18 at most, and none becomes more for each of its bytes.
     */
    utf8proc_int32_t characters[6 * TGR_RULES_BYTES + 18];
    utf8proc_ssize_t room = (utf8proc_ssize_t)(sizeof characters / sizeof characters[0]);
    utf8proc_ssize_t count = utf8proc_decompose((const utf8proc_uint8_t *)tag,
                                                (utf8proc_ssize_t)length, characters, room, FOLDS);
    if (count < 0 || count > room) {
        tgr_buffer_add(folded, tag, length);
        return;
    }
    count = utf8proc_normalize_utf32(characters, count, FOLDS);
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        add_character(folded, characters[i]);
    }
}

/* ---- words ---------------------------------------------------------------------------------- */

static bool is_stop(char byte)
{
    return byte == '.' || byte == '!' || byte == '?' || byte == '\'';
}

/* Adds a word without what surrounds it: 's, stops at its end, # and apostrophes before it. */
static void add_word(tgr_buffer *form, const char *word, size_t length)
{
    while (length > 1 && (word[0] == '#' || word[0] == '\'')) {
        word++, length--;
    }
    while (length > 0 && is_stop(word[length - 1])) {
        length--;
    }
    if (length > 2 && word[length - 2] == '\'' && word[length - 1] == 's') {
        length -= 2;
    }
    if (length == 0) {
        return;
    }
    if (form->length > 0) {
        tgr_buffer_add(form, " ", 1);
    }
    for (size_t i = 0; i < length; i++) {
        if (word[i] != '\'') {
            tgr_buffer_add(form, &word[i], 1);
        }
    }
}

/* Cuts folded text into words. `folded` is overwritten on the way: it only gets shorter. */
static void add_words(tgr_buffer *form, tgr_buffer *folded)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)folded->bytes;
    size_t word = 0, at = 0; /* the word at hand: folded->bytes[0 .. word) */
    while (at < folded->length) {
        utf8proc_int32_t character;
        utf8proc_ssize_t length =
            utf8proc_iterate(bytes + at, (utf8proc_ssize_t)(folded->length - at), &character);
        bool broken = length < 1; /* not UTF-8: a byte that stays */
        size_t step = broken ? 1 : (size_t)length;
        treatment becomes = broken ? STAYS : treat(character);
        if (becomes == STAYS) {
            memmove(folded->bytes + word, folded->bytes + at, step);
            word += step;
        } else if (becomes == DIVIDES) {
            add_word(form, folded->bytes, word);
            word = 0;
        }
        at += step;
    }
    add_word(form, folded->bytes, word);
}

/* ---- all ------------------------------------------------------------------------------------ */

static void make_last_word_singular(tgr_buffer *form)
{
    size_t begin = form->length;
    while (begin > 0 && form->bytes[begin - 1] != ' ') {
        begin--;
    }
    form->length = begin + tgr_plural_key(form->bytes + begin, form->length - begin);
    form->bytes[form->length] = '\0';
}

bool tgr_rules_apply(tgr_rules *rules, const char *tag, size_t length)
{
    tgr_buffer *form = &rules->form, *folded = &rules->folded;
    tgr_buffer_clear(form);
    tgr_buffer_clear(folded);
    if (length <= TGR_RULES_BYTES) {
        if (is_ascii(tag, length)) {
            fold_ascii(folded, tag, length);
        } else {
            fold_unicode(folded, tag, length);
        }
        if (!folded->failed && folded->length > 0) {
            add_words(form, folded);
        }
        if (!form->failed && form->length > 0) {
            make_last_word_singular(form);
        }
    }
    if (form->length == 0) { /* long, or nothing but signs */
        tgr_buffer_add(form, tag, length);
    }
    return !form->failed && !folded->failed;
}

void tgr_rules_free(tgr_rules *rules)
{
    tgr_buffer_free(&rules->form);
    tgr_buffer_free(&rules->folded);
}
