/* row_bits.c - see row_bits.h. Both maps are empty between rows. */
#include "engine/ingest/row_bits.h"

#include "engine/base/memory.h"

static size_t words_of(size_t bits)
{
    return bits / 64 + 1;
}

bool tgr_row_bits_open(tgr_row_bits *bits, size_t columns)
{
    *bits = (tgr_row_bits){
        .columns = columns,
        .columns_set = tgr_mem_zalloc(words_of(columns), sizeof *bits->columns_set),
        .words_set = tgr_mem_zalloc(words_of(words_of(columns)), sizeof *bits->words_set),
        .values = tgr_mem_zalloc(columns, sizeof *bits->values),
    };
    return bits->columns_set != NULL && bits->words_set != NULL && bits->values != NULL;
}

void tgr_row_bits_free(tgr_row_bits *bits)
{
    tgr_mem_free(bits->columns_set);
    tgr_mem_free(bits->words_set);
    tgr_mem_free(bits->values);
    *bits = (tgr_row_bits){0};
}

static inline unsigned lowest(uint64_t word)
{
    return (unsigned)__builtin_ctzll(word);
}

/* Takes the columns of one word out, in order; where the next key goes. */
static inline uint64_t *take_word(tgr_row_bits *bits, size_t word, uint64_t *key)
{
    uint64_t set = bits->columns_set[word];
    bits->columns_set[word] = 0;
    for (; set != 0; set &= set - 1) {
        size_t column = word * 64 + lowest(set);
        *key++ = (uint64_t)column << 32 | bits->values[column];
    }
    return key;
}

void tgr_row_bits_sort(tgr_row_bits *bits, uint64_t *keys, size_t count)
{
    uint64_t *next = keys;
    for (size_t i = 0; i < count; i++) {
        size_t column = (size_t)(keys[i] >> 32);
        bits->columns_set[column / 64] |= (uint64_t)1 << column % 64;
        bits->words_set[column / 4096] |= (uint64_t)1 << column / 64 % 64;
        bits->values[column] = (uint32_t)keys[i];
    }
    for (size_t i = 0; i < words_of(words_of(bits->columns)); i++) {
        for (uint64_t set = bits->words_set[i]; set != 0; set &= set - 1) {
            next = take_word(bits, i * 64 + lowest(set), next);
        }
        bits->words_set[i] = 0;
    }
}
