/* tokens.c - ASCII by table, as most text is; from the first other byte on, a word goes by
 * characters. */
#include "engine/tagger/tokens.h"

#include <string.h>

#include "engine/base/wide.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif
#ifdef TGR_BY_HAND_512
#include <immintrin.h>
#endif

#define ASCII_WORD 64 /* bytes of a word in ASCII */
#define MARKS_MOST 8  /* that a character of an unspaced script keeps */
#define BLOCK      64 /* bytes looked at together */
#define PATIENCE   8  /* words by characters before a block is tried again that gave none */

/* ASCII letters and digits in lower case; 0 for every other byte. */
static const unsigned char fold[256] = {
    ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6',
    ['7'] = '7', ['8'] = '8', ['9'] = '9', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd',
    ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j', ['k'] = 'k',
    ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p', ['q'] = 'q', ['r'] = 'r',
    ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y',
    ['z'] = 'z', ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f',
    ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm',
    ['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't',
    ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z',
};

void tgr_tokens_begin(tgr_tokens *tokens, const tgr_unicode *unicode, const char *text,
                      size_t length)
{
    tokens->unicode = unicode;
    tokens->at = text;
    tokens->end = text + length;
    tokens->run = 0;
    tokens->patience = 0;
    tokens->count = 0;
    tokens->mixed = false;
}

/* ---- handing out --------------------------------------------------------------------------------
 */

/* No room for the words of a block, or for the longest in other ways. */
static bool is_full(const tgr_tokens *tokens)
{
    return TGR_TOKENS - tokens->count < BLOCK / 2 ||
           sizeof tokens->bytes - tokens->used < 3 * (size_t)TGR_WORD_MAX;
}

static char *free_bytes(tgr_tokens *tokens)
{
    return tokens->bytes + tokens->used;
}

/* The bytes stand where free_bytes said. */
static void hand_out(tgr_tokens *tokens, size_t length, tgr_token_kind kind)
{
    tokens->tokens[tokens->count++] =
        (tgr_token){free_bytes(tokens), (uint32_t)length, (uint32_t)kind};
    tokens->mixed |= kind != TGR_TOKEN_WORD;
    tokens->used += length;
}

/* The same for a word, but for the end of a possessive. */
static void hand_out_word(tgr_tokens *tokens, size_t length)
{
    const char *word = free_bytes(tokens);
    if (length > 2 && word[length - 2] == '\'' && word[length - 1] == 's') {
        length -= 2;
    }
    hand_out(tokens, length, TGR_TOKEN_WORD);
}

/* ---- words by characters ------------------------------------------------------------------------
 */

typedef struct character {
    uint32_t code;
    tgr_character kind;
    size_t length;
} character;

static character look(const tgr_tokens *tokens, const char *at)
{
    unsigned char byte = (unsigned char)*at;
    if (byte < 0x80) {
        return (character){byte, fold[byte] != 0 ? TGR_CHARACTER_WORD : TGR_CHARACTER_GAP, 1};
    }
    character found;
    found.code = tgr_unicode_read(at, (size_t)(tokens->end - at), &found.length);
    found.kind = tgr_unicode_kind(tokens->unicode, found.code);
    return found;
}

static bool is_apostrophe(uint32_t code)
{
    return code == '\'' || code == 0x2019;
}

/* Whether the apostrophe at hand stands inside a word. */
static bool joins(const tgr_tokens *tokens, const character *apostrophe)
{
    const char *after = tokens->at + apostrophe->length;
    return after < tokens->end && look(tokens, after).kind == TGR_CHARACTER_WORD;
}

/* A word from its start, which is at hand. */
static void read_word(tgr_tokens *tokens)
{
    uint32_t codes[TGR_UNICODE_WORD];
    size_t count = 0;
    while (tokens->at < tokens->end) {
        character next = look(tokens, tokens->at);
        if (next.kind == TGR_CHARACTER_GAP && is_apostrophe(next.code) && joins(tokens, &next)) {
            next.code = '\'';
        } else if (next.kind == TGR_CHARACTER_GAP || next.kind == TGR_CHARACTER_UNSPACED) {
            break;
        }
        tokens->at += next.length;
        if (next.kind == TGR_CHARACTER_IGNORED) {
            continue;
        }
        if (count < TGR_UNICODE_WORD) {
            codes[count] = next.code;
        }
        count++;
    }
    size_t length = 0;
    if (count <= TGR_UNICODE_WORD) {
        length = tgr_unicode_fold(tokens->unicode, codes, count, free_bytes(tokens), TGR_WORD_MAX);
    }
    if (length > 0) {
        hand_out_word(tokens, length);
    } else {
        hand_out(tokens, 0, TGR_TOKEN_LONG);
    }
}

/* ---- scripts without spaces ---------------------------------------------------------------------
 */

static void end_run(tgr_tokens *tokens)
{
    if (tokens->run == 1) {
        memcpy(free_bytes(tokens), tokens->previous, tokens->previous_length);
        hand_out(tokens, tokens->previous_length, TGR_TOKEN_PAIR);
    }
    tokens->run = 0;
}

/* The character at hand, which is of such a script, with its marks. */
static void read_unspaced(tgr_tokens *tokens)
{
    uint32_t codes[1 + MARKS_MOST];
    size_t count = 0;
    character next = look(tokens, tokens->at);
    do {
        if (count <= MARKS_MOST && next.kind != TGR_CHARACTER_IGNORED) {
            codes[count++] = next.code;
        }
        tokens->at += next.length;
        if (tokens->at == tokens->end) {
            break;
        }
        next = look(tokens, tokens->at);
    } while (next.kind == TGR_CHARACTER_MARK || next.kind == TGR_CHARACTER_IGNORED);

    char *bytes = free_bytes(tokens);
    memcpy(bytes, tokens->previous, tokens->run > 0 ? tokens->previous_length : 0);
    size_t before = tokens->run > 0 ? tokens->previous_length : 0;
    size_t length = tgr_unicode_fold(tokens->unicode, codes, count, bytes + before, TGR_WORD_MAX);
    if (length == 0 || before + length > TGR_WORD_MAX) {
        end_run(tokens);
        return;
    }
    memcpy(tokens->previous, bytes + before, length);
    tokens->previous_length = (uint32_t)length;
    if (tokens->run > 0) {
        hand_out(tokens, before + length, TGR_TOKEN_PAIR);
    }
    tokens->run = tokens->run == 0 ? 1 : 2;
}

/* Whatever begins with a byte beyond ASCII. */
static void read_beyond(tgr_tokens *tokens)
{
    character next = look(tokens, tokens->at);
    switch (next.kind) {
    case TGR_CHARACTER_WORD:
        end_run(tokens);
        if (!is_full(tokens)) { /* else once more, after the run's last */
            read_word(tokens);
        }
        break;
    case TGR_CHARACTER_UNSPACED:
        read_unspaced(tokens);
        break;
    case TGR_CHARACTER_IGNORED:
        tokens->at += next.length;
        break;
    case TGR_CHARACTER_MARK:
    case TGR_CHARACTER_GAP:
        end_run(tokens);
        tokens->at += next.length;
        break;
    }
}

/* ---- ASCII --------------------------------------------------------------------------------------
 */

/* Whether a word ends before what stands at `at`, as far as can be told without looking further. */
static bool ends_word(const tgr_tokens *tokens, const char *at)
{
    character next = look(tokens, at);
    return next.kind == TGR_CHARACTER_UNSPACED ||
           (next.kind == TGR_CHARACTER_GAP && !is_apostrophe(next.code));
}

/* Folds what of a word stands in the first 16 bytes, all at once where the processor can; returns
 * how many bytes that is. There is room for 16. */
static inline size_t fold_start(const char *at, size_t left, char *word)
{
#ifdef __SSE2__
    if (left < 16) {
        return 0;
    }
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20)); /* digits have that bit */
    const __m128i digit = _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('0' - 1)),
                                        _mm_cmplt_epi8(bytes, _mm_set1_epi8('9' + 1)));
    const __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(lower, _mm_set1_epi8('a' - 1)),
                                         _mm_cmplt_epi8(lower, _mm_set1_epi8('z' + 1)));
    unsigned inside = (unsigned)_mm_movemask_epi8(_mm_or_si128(digit, letter));
    _mm_storeu_si128((__m128i *)(void *)word, lower);
    return (size_t)__builtin_ctz(~inside); /* 16 where all are */
#else
    (void)at, (void)left, (void)word;
    return 0;
#endif
}

/* A word that begins in ASCII. Where it does not end there, it goes by characters from the start.
 */
static void read_ascii(tgr_tokens *tokens)
{
    const char *at = tokens->at, *end = tokens->end;
    char *word = free_bytes(tokens);
    size_t length = fold_start(at, (size_t)(end - at), word);
    at += length;
    unsigned char folded;
    while (at < end && (folded = fold[(unsigned char)*at]) != 0 && length < ASCII_WORD) {
        word[length++] = (char)folded;
        at++;
    }
    if (at < end && !ends_word(tokens, at)) {
        read_word(tokens);
        return;
    }
    tokens->at = at;
    hand_out(tokens, length, TGR_TOKEN_WORD);
}

/* ---- ASCII, a block at a time -------------------------------------------------------------------
 */

#ifdef __SSE2__
/* Which bytes of a block are letters and digits, and which make words go by characters: those
 * beyond ASCII, and apostrophes. */
typedef struct marks {
    uint64_t word, other;
} marks;

/* The block in lower case: only letters and digits of it are read. */
static inline marks look_at_block(const char *at, char *lower_case)
{
    marks found = {0, 0};
    for (unsigned i = 0; i < BLOCK; i += 16) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
        const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
        const __m128i digit = _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('0' - 1)),
                                            _mm_cmplt_epi8(bytes, _mm_set1_epi8('9' + 1)));
        const __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(lower, _mm_set1_epi8('a' - 1)),
                                             _mm_cmplt_epi8(lower, _mm_set1_epi8('z' + 1)));
        const __m128i other = _mm_or_si128(bytes, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\'')));
        const __m128i word = _mm_or_si128(digit, letter);
        found.word |= (uint64_t)(unsigned)_mm_movemask_epi8(word) << i;
        found.other |= (uint64_t)(unsigned)_mm_movemask_epi8(other) << i;
        _mm_storeu_si128((__m128i *)(void *)(lower_case + i), lower);
    }
    return found;
}

#ifdef TGR_BY_HAND_512
TGR_BY_HAND_512 static inline marks look_at_block_512(const char *at, char *lower_case)
{
    const __m512i bytes = _mm512_loadu_si512(at);
    const __m512i lower = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
    const __m512i digit = _mm512_sub_epi8(bytes, _mm512_set1_epi8('0'));
    const __m512i letter = _mm512_sub_epi8(lower, _mm512_set1_epi8('a'));
    _mm512_storeu_si512(lower_case, lower);
    return (marks){_mm512_cmplt_epu8_mask(digit, _mm512_set1_epi8(10)) |
                       _mm512_cmplt_epu8_mask(letter, _mm512_set1_epi8(26)),
                   _mm512_movepi8_mask(bytes) |
                       _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\''))};
}
#else
#define look_at_block_512 look_at_block
#endif

/* Hands out the words that begin and end in a block before anything that is not plain; the rest of
 * the block, from where a word may begin, is left. Whether the next block may be looked at. */
TGR_WIDE_INLINE bool read_block(tgr_tokens *tokens, bool wide)
{
    char *bytes = free_bytes(tokens), last[BLOCK];
    size_t left = (size_t)(tokens->end - tokens->at), count = tokens->count;
    const char *at = tokens->at;
    if (left < BLOCK) { /* as if spaces followed */
        memset(last, ' ', sizeof last);
        memcpy(last, at, left);
        at = last;
    }
    marks found = wide ? look_at_block_512(at, bytes) : look_at_block(at, bytes);
    uint64_t plain = (found.other & -found.other) - 1; /* all where there is no other */
    uint64_t begins = found.word & ~(found.word << 1);
    uint64_t ends = ~found.word & found.word << 1 & plain;
    size_t words = (size_t)__builtin_popcountll(ends);
    for (size_t i = 0; i < words; i++) {
        unsigned begin = (unsigned)__builtin_ctzll(begins), end = (unsigned)__builtin_ctzll(ends);
        tokens->tokens[count + i] = (tgr_token){bytes + begin, end - begin, TGR_TOKEN_WORD};
        begins &= begins - 1;
        ends &= ends - 1;
    }
    /* the next word that does not end here, or what is not plain, or the next block */
    uint64_t rest = begins | found.other;
    size_t done = rest == 0 ? BLOCK : (size_t)__builtin_ctzll(rest);
    tokens->at += done < left ? done : left;
    tokens->count += words;
    tokens->used += words > 0 ? BLOCK : 0; /* so that it is never full without a word */
    if (found.other != 0 && words == 0 && (unsigned char)*tokens->at >= 0x80) {
        tokens->patience = PATIENCE;
    }
    return found.other == 0 && done > 0;
}
#else
TGR_WIDE_INLINE bool read_block(tgr_tokens *tokens, bool wide)
{
    (void)tokens, (void)wide;
    return false;
}
#endif

/* Reads blocks while they are plain. */
TGR_WIDE_INLINE void read_plain(tgr_tokens *tokens, bool wide)
{
    bool plain = true;
    while (plain && tokens->run == 0 && !is_full(tokens) && tokens->at < tokens->end) {
        plain = read_block(tokens, wide);
    }
}

#ifdef TGR_BY_HAND_512
TGR_BY_HAND_512 static void read_plain_512(tgr_tokens *tokens)
{
    read_plain(tokens, true);
}
#endif

static void read_blocks(tgr_tokens *tokens)
{
    if (tokens->patience > 0) {
        tokens->patience--;
        return;
    }
#ifdef TGR_BY_HAND_512
    if (tgr_wide_level() == TGR_WIDE_AVX512) {
        read_plain_512(tokens);
        return;
    }
#endif
    read_plain(tokens, false);
}

bool tgr_tokens_fill(tgr_tokens *tokens)
{
    tokens->count = 0;
    tokens->mixed = false;
    tokens->used = 0;
    while (!is_full(tokens)) {
        read_blocks(tokens);
        if (is_full(tokens)) {
            break;
        }
        while (tokens->at < tokens->end && (unsigned char)*tokens->at < 0x80 &&
               fold[(unsigned char)*tokens->at] == 0) {
            if (tokens->run > 0) {
                break;
            }
            tokens->at++;
        }
        if (tokens->at == tokens->end || (unsigned char)*tokens->at < 0x80) {
            end_run(tokens);
        }
        if (tokens->at == tokens->end) {
            break;
        }
        if ((unsigned char)*tokens->at >= 0x80) {
            read_beyond(tokens);
        } else if (fold[(unsigned char)*tokens->at] != 0 && !is_full(tokens)) {
            read_ascii(tokens);
        }
    }
    return tokens->count > 0;
}
