/* partial_sums.c - one routine walks each kind of sums, to put them or to add what was put. */
#include "engine/simulate/partial_sums.h"

#include <string.h>

/* Of a sum, in units of 2^-64, without its sign: so many thresholds of several parts still add up.
 */
#define SUM_LIMIT ((tgr_sum)1 << 104)

typedef struct stream {
    tgr_buffer *out;           /* NULL: reading */
    const unsigned char *next; /* reading; as many bytes as are needed are there */
    bool beyond;               /* a sum was larger than SUM_LIMIT */
} stream;

static stream reading(const char *bytes)
{
    return (stream){NULL, (const unsigned char *)bytes, false};
}

static void pass_number(stream *s, uint64_t *number)
{
    unsigned char bytes[8];
    uint64_t value = 0;
    if (s->out != NULL) {
        for (int i = 0; i < 8; i++) {
            bytes[i] = (unsigned char)(*number >> (8 * i));
        }
        tgr_buffer_add(s->out, (const char *)bytes, sizeof bytes);
        return;
    }
    for (int i = 0; i < 8; i++) {
        value |= (uint64_t)s->next[i] << (8 * i);
    }
    s->next += 8;
    *number += value;
}

/* Added as numbers without a sign, which wrap where sums are added as well as where they are not.
 */
static void pass_sum(stream *s, tgr_sum *sum)
{
    __extension__ typedef unsigned __int128 wide;
    uint64_t low = s->out != NULL ? (uint64_t)*sum : 0;
    uint64_t high = s->out != NULL ? (uint64_t)((wide)*sum >> 64) : 0;
    pass_number(s, &low);
    pass_number(s, &high);
    tgr_sum value = (tgr_sum)((wide)high << 64 | low);
    bool fits = value <= SUM_LIMIT && value >= -SUM_LIMIT;
    s->beyond |= !fits;
    if (s->out == NULL && fits) {
        *sum = (tgr_sum)((wide)*sum + (wide)value);
    }
}

static void pass_tally(stream *s, tgr_tally *tally)
{
    pass_sum(s, &tally->cost);
    pass_sum(s, &tally->score);
    pass_number(s, &tally->decided);
    pass_number(s, &tally->costed);
    pass_number(s, &tally->scored);
    pass_number(s, &tally->judged);
    pass_number(s, &tally->accepted);
    pass_number(s, &tally->score_ranks);
    pass_number(s, &tally->outcome_ranks);
}

#define TALLY_BYTES ((size_t)(2 * 16 + 7 * 8))
#define BIN_BYTES   ((size_t)(4 * 16 + 8 * 8 + 2 * 8))

static void pass_sums(stream *s, tgr_observer *sums, size_t models, size_t asked)
{
    for (size_t i = 0; i < 2 * models + 1; i++) {
        pass_tally(s, &sums->baselines.alone[i]);
    }
    pass_tally(s, &sums->baselines.by_score);
    pass_tally(s, &sums->baselines.by_acceptance);
    for (size_t i = 0; i < asked + 2; i++) {
        pass_tally(s, &sums->counts[i].tally);
        for (size_t model = 0; model < models; model++) {
            pass_number(s, &sums->counts[i].chosen[model]);
        }
    }
}

static size_t sums_bytes(size_t models, size_t asked)
{
    return (2 * models + 3) * TALLY_BYTES + (asked + 2) * (TALLY_BYTES + 8 * models);
}

static void pass_bin(stream *s, tgr_page *page, size_t bin)
{
    tgr_bin_sums *sums = &page->sums[bin];
    tgr_bin_counts *counts = &page->counts[bin];
    tgr_bin_known *known = &page->known[bin];
    for (int way = 0; way < 2; way++) {
        pass_sum(s, &sums->cost[way]);
        pass_sum(s, &sums->score[way]);
        pass_number(s, &known->costed[way]);
        pass_number(s, &known->scored[way]);
        pass_number(s, &known->judged[way]);
        pass_number(s, &counts->accepted[way]);
    }
    pass_number(s, &counts->reference);
    pass_number(s, &counts->moves);
}

static void pass_group(stream *s, tgr_page *page, size_t number, size_t models)
{
    tgr_group *group = tgr_page_group(page, models, number);
    pass_number(s, &group->moves);
    pass_number(s, &group->score_ranks);
    pass_number(s, &group->outcome_ranks);
    for (size_t model = 0; model < models; model++) {
        pass_number(s, &group->chosen[model]);
    }
    for (size_t i = 0; i < TGR_GROUP_BINS; i++) {
        pass_bin(s, page, number * TGR_GROUP_BINS + i);
    }
}

/* With its number before it. */
static size_t group_bytes(size_t models)
{
    return 8 + 3 * 8 + 8 * models + TGR_GROUP_BINS * BIN_BYTES;
}

/* ---- put ------------------------------------------------------------------------------------- */

bool tgr_partial_put_sums(tgr_buffer *buffer, tgr_observer *sums, size_t models, size_t asked)
{
    stream s = {buffer, NULL, false};
    pass_sums(&s, sums, models, asked);
    return !s.beyond;
}

bool tgr_partial_put_bins(tgr_buffer *buffer, const tgr_bins *bins)
{
    stream s = {buffer, NULL, false};
    for (uint64_t i = 0; i < (uint64_t)TGR_PAGES * TGR_PAGE_GROUPS; i++) {
        tgr_page *page = bins->pages[i / TGR_PAGE_GROUPS];
        size_t number = (size_t)(i % TGR_PAGE_GROUPS);
        if (page != NULL && tgr_page_group(page, bins->models, number)->moves > 0) {
            pass_number(&s, &i);
            pass_group(&s, page, number, bins->models);
        }
    }
    return !s.beyond;
}

void tgr_partial_put_doubles(tgr_buffer *buffer, const double *values, size_t count)
{
    stream s = {buffer, NULL, false};
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        pass_number(&s, &bits);
    }
}

/* ---- added ----------------------------------------------------------------------------------- */

tgr_status tgr_partial_add_sums(const char *bytes, size_t length, tgr_observer *sums, size_t models,
                                size_t asked)
{
    stream s = reading(bytes);
    if (length != sums_bytes(models, asked)) {
        return TGR_ERR_INPUT;
    }
    pass_sums(&s, sums, models, asked);
    return s.beyond ? TGR_ERR_INPUT : TGR_OK;
}

tgr_status tgr_partial_add_bins(const char *bytes, size_t length, tgr_bins *bins)
{
    size_t each = group_bytes(bins->models);
    stream s = reading(bytes);
    if (length % each != 0) {
        return TGR_ERR_INPUT;
    }
    for (size_t i = 0; i < length / each; i++) {
        uint64_t number = 0;
        pass_number(&s, &number);
        if (number >= (uint64_t)TGR_PAGES * TGR_PAGE_GROUPS) {
            return TGR_ERR_INPUT;
        }
        tgr_page *page = tgr_bins_page(bins, (size_t)(number / TGR_PAGE_GROUPS));
        if (page == NULL) {
            return TGR_ERR_NOMEM;
        }
        pass_group(&s, page, (size_t)(number % TGR_PAGE_GROUPS), bins->models);
    }
    return s.beyond ? TGR_ERR_INPUT : TGR_OK;
}

void tgr_partial_take_doubles(const char *bytes, size_t count, double *values)
{
    stream s = reading(bytes);
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = 0;
        pass_number(&s, &bits);
        memcpy(&values[i], &bits, sizeof bits);
    }
}
