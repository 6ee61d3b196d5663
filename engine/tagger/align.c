/* align.c - forms looked up, n-grams compared, answers kept.
 *
 * A short tag has few n-grams, so the canonical tags are listed for each component that they have:
 * a comparison with all of them touches only what they share. Products are sums of integers, and
 * the cosine is one square root and one division away: the same on every machine.
 */
#include "engine/tagger/align.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/tagger/spelling.h"
#include "engine/tagger/rules.h"

#define ALMOST     0.999
#define CACHE_MOST ((uint32_t)1 << 20) /* answers kept; more are found again */

typedef struct posting { /* of a component: a canonical tag that has it */
    uint32_t slot;
    int32_t count;
} posting;

typedef struct answer {
    tgr_alignment how;
    uint32_t becomes;
} answer;

struct tgr_aligner {
    const tgr_mapping *mapping;
    double least;

    tgr_strings *forms;     /* of all tags of the mapping */
    uint32_t *form_becomes; /* of each form */

    size_t slots; /* canonical tags, in the mapping's order */
    uint32_t *numbers;
    double *lengths; /* of their vectors */
    posting *postings;
    size_t begins[TGR_SPELLING_COMPONENTS + 1];

    tgr_rules rules; /* while it is opened */

    pthread_mutex_t lock; /* of what follows */
    tgr_strings *asked;
    answer *answers;
    size_t answer_capacity;
};

/* ---- opening -------------------------------------------------------------------------------- */

static bool index_forms(tgr_aligner *aligner)
{
    const tgr_mapping *mapping = aligner->mapping;
    for (uint32_t i = 0; i < tgr_mapping_count(mapping); i++) {
        size_t length;
        const char *tag = tgr_strings_get(mapping->tags, i, &length);
        if (!tgr_rules_apply(&aligner->rules, tag, length)) {
            return false;
        }
        uint32_t before = tgr_strings_count(aligner->forms);
        uint32_t form =
            tgr_strings_add(aligner->forms, aligner->rules.form.bytes, aligner->rules.form.length);
        if (form == TGR_STRING_NONE) {
            return false;
        }
        if (form == before) {
            aligner->form_becomes[form] = mapping->canonical[i];
        }
    }
    return true;
}

/* The n-grams of a tag's form. */
static bool count_spelling(tgr_aligner *aligner, const char *tag, size_t length,
                           tgr_spelling *spelling)
{
    if (!tgr_rules_apply(&aligner->rules, tag, length)) {
        return false;
    }
    tgr_spelling_count(aligner->rules.form.bytes, aligner->rules.form.length, spelling);
    return true;
}

/* Calls for each canonical tag: counts its postings, or puts them where they belong. */
static bool walk_slots(tgr_aligner *aligner, size_t *places)
{
    for (size_t slot = 0; slot < aligner->slots; slot++) {
        size_t length;
        tgr_spelling spelling;
        const char *tag = tgr_strings_get(aligner->mapping->tags, aligner->numbers[slot], &length);
        if (!count_spelling(aligner, tag, length, &spelling)) {
            return false;
        }
        aligner->lengths[slot] = sqrt((double)spelling.squares);
        for (size_t i = 0; i < TGR_SPELLING_COMPONENTS; i++) {
            if (spelling.counts[i] == 0) {
                continue;
            }
            if (aligner->postings != NULL) {
                aligner->postings[places[i]] = (posting){(uint32_t)slot, spelling.counts[i]};
            }
            places[i]++;
        }
    }
    return true;
}

static bool index_spellings(tgr_aligner *aligner)
{
    size_t places[TGR_SPELLING_COMPONENTS] = {0};
    if (!walk_slots(aligner, places)) {
        return false;
    }
    for (size_t i = 0; i < TGR_SPELLING_COMPONENTS; i++) {
        aligner->begins[i + 1] = aligner->begins[i] + places[i];
        places[i] = aligner->begins[i];
    }
    aligner->postings =
        tgr_mem_alloc(aligner->begins[TGR_SPELLING_COMPONENTS], sizeof *aligner->postings);
    return aligner->postings != NULL && walk_slots(aligner, places);
}

static bool fill(tgr_aligner *aligner)
{
    const tgr_mapping *mapping = aligner->mapping;
    size_t tags = tgr_mapping_count(mapping), slots = tgr_mapping_tally(mapping).canonical;
    aligner->forms = tgr_strings_new();
    aligner->asked = tgr_strings_new();
    aligner->form_becomes = tgr_mem_alloc(tags, sizeof *aligner->form_becomes);
    aligner->numbers = tgr_mem_alloc(slots, sizeof *aligner->numbers);
    aligner->lengths = tgr_mem_alloc(slots, sizeof *aligner->lengths);
    if (aligner->forms == NULL || aligner->asked == NULL || aligner->form_becomes == NULL ||
        aligner->numbers == NULL || aligner->lengths == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < tags; i++) {
        if (mapping->canonical[i] == i) {
            aligner->numbers[aligner->slots++] = i;
        }
    }
    return index_forms(aligner) && (aligner->least > 1 || index_spellings(aligner));
}

tgr_status tgr_aligner_new(const tgr_mapping *mapping, double least, tgr_aligner **aligner,
                           tgr_error *error)
{
    tgr_aligner *made = tgr_mem_zalloc(1, sizeof *made);
    *aligner = NULL;
    if (made == NULL) {
        return tgr_fail_memory(error, "the mapping of tags");
    }
    made->mapping = mapping;
    made->least = least;
    pthread_mutex_init(&made->lock, NULL);
    if (!fill(made)) {
        tgr_aligner_free(made);
        return tgr_fail_memory(error, "the mapping of tags");
    }
    *aligner = made;
    return TGR_OK;
}

void tgr_aligner_free(tgr_aligner *aligner)
{
    if (aligner == NULL) {
        return;
    }
    pthread_mutex_destroy(&aligner->lock);
    tgr_strings_free(aligner->forms);
    tgr_strings_free(aligner->asked);
    tgr_mem_free(aligner->form_becomes);
    tgr_mem_free(aligner->numbers);
    tgr_mem_free(aligner->lengths);
    tgr_mem_free(aligner->postings);
    tgr_mem_free(aligner->answers);
    tgr_rules_free(&aligner->rules);
    tgr_mem_free(aligner);
}

double tgr_aligner_least(const tgr_aligner *aligner)
{
    return aligner->least;
}

/* ---- asking --------------------------------------------------------------------------------- */

/* Adds up the products with all canonical tags. */
static void multiply(const tgr_aligner *aligner, const tgr_spelling *spelling, int32_t *products)
{
    for (size_t i = 0; i < TGR_SPELLING_COMPONENTS; i++) {
        int32_t count = spelling->counts[i];
        const posting *end = aligner->postings + aligner->begins[i + 1];
        for (const posting *one = aligner->postings + aligner->begins[i]; count != 0 && one < end;
             one++) {
            products[one->slot] += one->count * count;
        }
    }
}

/* The slot of the nearest, or -1 where none is near enough. */
static long choose_nearest(const tgr_aligner *aligner, const tgr_spelling *spelling,
                           const int32_t *products)
{
    double length = sqrt((double)spelling->squares), best = 0;
    double about = ALMOST * aligner->least * length; /* spares most slots a division */
    long found = -1;
    for (size_t slot = 0; slot < aligner->slots; slot++) {
        if (!((double)products[slot] > about * aligner->lengths[slot])) {
            continue;
        }
        double cosine = (double)products[slot] / (length * aligner->lengths[slot]);
        if (cosine >= aligner->least && cosine > best) {
            best = cosine;
            found = (long)slot;
        }
    }
    return found;
}

static bool find_nearest(const tgr_aligner *aligner, const tgr_buffer *form, answer *found)
{
    int32_t *products = tgr_mem_zalloc(aligner->slots, sizeof *products);
    if (products == NULL) {
        return false;
    }
    tgr_spelling spelling;
    tgr_spelling_count(form->bytes, form->length, &spelling);
    multiply(aligner, &spelling, products);
    long slot = choose_nearest(aligner, &spelling, products);
    if (slot >= 0) {
        *found = (answer){TGR_ALIGNED_NEAREST, aligner->numbers[slot]};
    }
    tgr_mem_free(products);
    return true;
}

/* The answer to a tag that the mapping lacks. */
static bool find_answer(const tgr_aligner *aligner, const char *tag, size_t length, answer *found)
{
    tgr_rules rules = {0};
    bool done = tgr_rules_apply(&rules, tag, length);
    if (done) {
        uint32_t form = tgr_strings_find(aligner->forms, rules.form.bytes, rules.form.length);
        if (form != TGR_STRING_NONE) {
            *found = (answer){TGR_ALIGNED_BY_RULE, aligner->form_becomes[form]};
        } else if (aligner->least <= 1) {
            done = find_nearest(aligner, &rules.form, found);
        }
    }
    tgr_rules_free(&rules);
    return done;
}

static bool look_up(tgr_aligner *aligner, const char *tag, size_t length, answer *found)
{
    pthread_mutex_lock(&aligner->lock);
    uint32_t known = tgr_strings_find(aligner->asked, tag, length);
    if (known != TGR_STRING_NONE) {
        *found = aligner->answers[known];
    }
    pthread_mutex_unlock(&aligner->lock);
    return known != TGR_STRING_NONE;
}

/* Keeps an answer, where there is room; another thread may have found it, too. */
static void keep(tgr_aligner *aligner, const char *tag, size_t length, const answer *found)
{
    if (length > TGR_RULES_BYTES) {
        return;
    }
    pthread_mutex_lock(&aligner->lock);
    size_t count = tgr_strings_count(aligner->asked);
    void *answers = aligner->answers;
    if (count < CACHE_MOST &&
        tgr_mem_grow(&answers, &aligner->answer_capacity, count + 1, sizeof *aligner->answers)) {
        aligner->answers = answers;
        if (tgr_strings_add(aligner->asked, tag, length) == count) {
            aligner->answers[count] = *found;
        }
    }
    pthread_mutex_unlock(&aligner->lock);
}

bool tgr_align(tgr_aligner *aligner, const char *tag, size_t length, tgr_alignment *how,
               uint32_t *becomes)
{
    uint32_t number = tgr_strings_find(aligner->mapping->tags, tag, length);
    answer found = {TGR_ALIGNED_NOT, TGR_STRING_NONE};
    bool done = true;
    if (number != TGR_STRING_NONE) {
        found = (answer){TGR_ALIGNED_EXACTLY, aligner->mapping->canonical[number]};
    } else if (!look_up(aligner, tag, length, &found)) {
        done = find_answer(aligner, tag, length, &found);
        if (done) {
            keep(aligner, tag, length, &found);
        }
    }
    *how = found.how;
    *becomes = found.becomes;
    return done;
}
