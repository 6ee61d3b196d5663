/* tag_texts.c - texts to rows: pieces of them in parallel, put together in order. */
#include <stdlib.h>

#include <omp.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/log/json.h"
#include "engine/tag/text_tagger.h"

#define PIECE_TEXTS  256
#define ROUND_PIECES 256
#define COUNT_MOST   65535

typedef struct entry {
    uint32_t column, count;
} entry;

/* Some texts, as rows. */
typedef struct piece {
    uint64_t first;
    size_t texts;
    uint32_t *lengths; /* of each row */
    entry *entries;    /* of all, one after the other */
    size_t count, capacity;
    size_t bad; /* the first text that is no UTF-8; `texts`: none */
    bool no_memory;
} piece;

/* What a thread has of its own. */
typedef struct tagging_thread {
    tgr_tagging tagging;
    tgr_buffer scratch;
} tagging_thread;

typedef struct tgr_tagged_texts_memory {
    tgr_tagged_texts tagged;
    int64_t *indptr;
    int32_t *indices;
    uint16_t *counts;
    size_t index_capacity, count_capacity;
} tgr_tagged_texts_memory;

typedef struct tagging_texts {
    const tgr_text_tagger *tagger;
    tgr_tag_texts_options options;
    int threads;
    tagging_thread *own;
    piece *pieces;
    tgr_tagged_texts_memory *to;
} tagging_texts;

/* ---- one text -------------------------------------------------------------------------------- */

static int by_column(const void *left, const void *right)
{
    uint32_t a = ((const entry *)left)->column, b = ((const entry *)right)->column;
    return (a > b) - (a < b);
}

/* Most rows are short. */
static void sort(entry *row, size_t count)
{
    if (count > 32) {
        qsort(row, count, sizeof *row, by_column);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        entry moved = row[i];
        size_t at = i;
        for (; at > 0 && row[at - 1].column > moved.column; at--) {
            row[at] = row[at - 1];
        }
        row[at] = moved;
    }
}

/* Adds what has one column, as far as a count can tell; how many are left. */
static size_t unite(entry *row, size_t count)
{
    size_t last = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t number = row[i].count < COUNT_MOST ? row[i].count : COUNT_MOST;
        if (i > 0 && row[i].column == row[last].column) {
            number += row[last].count;
            row[last].count = number < COUNT_MOST ? number : COUNT_MOST;
        } else {
            last += i > 0;
            row[last] = (entry){row[i].column, number};
        }
    }
    return count == 0 ? 0 : last + 1;
}

/* Appends a text's row to the piece; false where memory is short. */
static bool tag_text(const tagging_texts *work, tagging_thread *own, piece *to, size_t text)
{
    const tgr_tag_texts_options *options = &work->options;
    const tgr_text_tagger *tagger = work->tagger;
    uint64_t number = to->first + text, begin = options->offsets[number];
    tgr_tagging *tagging = &own->tagging;
    uint32_t most = options->known_only && tagger->known > 0 ? tagger->known : TGR_NO_COLUMN;
    void *entries = to->entries;
    if (!tgr_tagging_read(tagging, options->bytes + begin,
                          (size_t)(options->offsets[number + 1] - begin)) ||
        !tgr_mem_grow(&entries, &to->capacity, to->count + tagging->count + 1,
                      sizeof *to->entries)) {
        return false;
    }
    to->entries = entries;
    entry *row = to->entries + to->count;
    size_t count = 0;
    for (size_t i = 0; i < tagging->count; i++) {
        uint32_t column = tagger->columns[tagging->tags[i].tag];
        row[count] = (entry){column, tagging->tags[i].count};
        count += column < most;
    }
    const char *category = options->categories == NULL ? NULL : options->categories[number];
    uint32_t column = tgr_text_tagger_category(tagger, category, &own->scratch);
    row[count] = (entry){column, 1};
    count += column < most;
    sort(row, count);
    count = unite(row, count);
    to->lengths[text] = (uint32_t)count;
    to->count += count;
    return true;
}

static void tag_piece(const tagging_texts *work, tagging_thread *own, piece *to)
{
    const tgr_tag_texts_options *options = &work->options;
    to->count = 0;
    to->bad = to->texts;
    for (size_t text = 0; text < to->texts; text++) {
        uint64_t begin = options->offsets[to->first + text];
        uint64_t end = options->offsets[to->first + text + 1];
        if (!tgr_utf8_valid(options->bytes + begin, (size_t)(end - begin))) {
            to->bad = text;
            return;
        }
        if (!tag_text(work, own, to, text)) {
            to->no_memory = true;
            return;
        }
    }
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static tgr_status append(tagging_texts *work, const piece *from, tgr_error *error)
{
    tgr_tagged_texts_memory *to = work->to;
    uint64_t at = to->tagged.nonzeros;
    void *indices = to->indices, *counts = to->counts;
    if (from->bad < from->texts) {
        return tgr_fail(error, TGR_ERR_INPUT, "text %llu is not UTF-8",
                        (unsigned long long)(from->first + from->bad));
    }
    bool grown = !from->no_memory && tgr_mem_grow(&indices, &to->index_capacity,
                                                  (size_t)at + from->count, sizeof *to->indices);
    to->indices = indices;
    grown = grown && tgr_mem_grow(&counts, &to->count_capacity, (size_t)at + from->count,
                                  sizeof *to->counts);
    to->counts = counts;
    if (!grown) {
        return tgr_fail_memory(error, "the tags of texts");
    }
    for (size_t i = 0; i < from->count; i++) {
        to->indices[at + i] = (int32_t)from->entries[i].column;
        to->counts[at + i] = (uint16_t)from->entries[i].count;
    }
    for (size_t text = 0; text < from->texts; text++) {
        at += from->lengths[text];
        to->indptr[from->first + text + 1] = (int64_t)at;
        to->tagged.untagged += from->lengths[text] == 0;
    }
    to->tagged.nonzeros = at;
    return TGR_OK;
}

/* Texts from `first` on; how many pieces they make. */
static int cut(tagging_texts *work, uint64_t first)
{
    uint64_t count = work->options.count;
    int pieces = 0;
    for (; pieces < ROUND_PIECES && first < count; pieces++) {
        uint64_t left = count - first;
        work->pieces[pieces].first = first;
        work->pieces[pieces].texts = left < PIECE_TEXTS ? (size_t)left : PIECE_TEXTS;
        first += work->pieces[pieces].texts;
    }
    return pieces;
}

static tgr_status tag_all(tagging_texts *work, const tgr_run *run, tgr_error *error)
{
    uint64_t count = work->options.count;
    tgr_status status = TGR_OK;
    for (uint64_t first = 0; first < count;) {
        TGR_TRY(tgr_run_check(run, error));
        int pieces = cut(work, first);
#pragma omp parallel for num_threads(work->threads) schedule(dynamic, 1)
        for (int i = 0; i < pieces; i++) {
            tag_piece(work, &work->own[omp_get_thread_num()], &work->pieces[i]);
        }
        for (int i = 0; i < pieces; i++) {
            TGR_TRY(append(work, &work->pieces[i], error));
            first += work->pieces[i].texts;
        }
        tgr_run_progress(run, "tagging", "texts", first, count, first);
    }
done:
    return status;
}

/* ---- the call -------------------------------------------------------------------------------- */

static tgr_status take_options(tagging_texts *work, const tgr_tag_texts_options *given,
                               tgr_error *error)
{
    tgr_tag_texts_options *options = &work->options;
    *options = (tgr_tag_texts_options){.size = sizeof *options};
    tgr_status status = tgr_options_copy(options, sizeof *options, given, error);
    if (status != TGR_OK) {
        return status;
    }
    bool missing = options->count > 0 && (options->bytes == NULL || options->offsets == NULL);
    if (missing || options->count > SIZE_MAX / sizeof(uint64_t) - 1) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "texts are missing, or are too many");
    }
    for (uint64_t i = 0; i < options->count; i++) {
        if (options->offsets[i] > options->offsets[i + 1]) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "text %llu ends before it begins",
                            (unsigned long long)i);
        }
    }
    if (tgr_text_tagger_tags(work->tagger) > INT32_MAX) {
        return tgr_fail(error, TGR_ERR_UNSUPPORTED, "the tagger has more tags than columns can be");
    }
    return TGR_OK;
}

static tgr_status open_threads(tagging_texts *work, tgr_error *error)
{
    tgr_status status = TGR_OK;
    work->own = tgr_mem_zalloc((size_t)work->threads, sizeof *work->own);
    work->pieces = tgr_mem_zalloc(ROUND_PIECES, sizeof *work->pieces);
    bool complete = work->own != NULL && work->pieces != NULL;
    for (int i = 0; complete && i < ROUND_PIECES; i++) {
        work->pieces[i].lengths = tgr_mem_alloc(PIECE_TEXTS, sizeof *work->pieces[i].lengths);
        complete = work->pieces[i].lengths != NULL;
    }
    if (!complete) {
        return tgr_fail_memory(error, "the tags of texts");
    }
    for (int i = 0; i < work->threads; i++) {
        TGR_TRY(tgr_tagging_open(&work->own[i].tagging, work->tagger->found.tagger.tagger, error));
    }
done:
    return status;
}

static void close_threads(tagging_texts *work)
{
    for (int i = 0; work->own != NULL && i < work->threads; i++) {
        tgr_tagging_close(&work->own[i].tagging);
        tgr_buffer_free(&work->own[i].scratch);
    }
    for (int i = 0; work->pieces != NULL && i < ROUND_PIECES; i++) {
        tgr_mem_free(work->pieces[i].lengths);
        tgr_mem_free(work->pieces[i].entries);
    }
    tgr_mem_free(work->own);
    tgr_mem_free(work->pieces);
}

static tgr_status open_result(tagging_texts *work, tgr_error *error)
{
    tgr_tagged_texts_memory *to = work->to = tgr_mem_zalloc(1, sizeof *to);
    if (to != NULL) {
        to->indptr = tgr_mem_zalloc((size_t)work->options.count + 1, sizeof *to->indptr);
    }
    return to != NULL && to->indptr != NULL ? TGR_OK : tgr_fail_memory(error, "the tags of texts");
}

static tgr_tagged_texts *finish(tagging_texts *work)
{
    tgr_tagged_texts_memory *to = work->to;
    const tgr_text_tagger *tagger = work->tagger;
    bool known_only = work->options.known_only && tagger->known > 0;
    to->tagged.rows = work->options.count;
    to->tagged.columns = known_only ? tagger->known : tgr_text_tagger_tags(tagger);
    to->tagged.indptr = to->indptr;
    to->tagged.indices = to->indices;
    to->tagged.counts = to->counts;
    to->tagged.memory = to;
    work->to = NULL;
    return &to->tagged;
}

void tgr_tagged_texts_free(tgr_tagged_texts *tagged)
{
    if (tagged != NULL) {
        tgr_tagged_texts_memory *memory = tagged->memory;
        tgr_mem_free(memory->indptr);
        tgr_mem_free(memory->indices);
        tgr_mem_free(memory->counts);
        tgr_mem_free(memory);
    }
}

tgr_status tgr_tag_texts(const tgr_text_tagger *tagger, const tgr_tag_texts_options *options,
                         tgr_tagged_texts **tagged, const tgr_run *run, tgr_error *error)
{
    tagging_texts work = {.tagger = tagger, .threads = tgr_run_threads(run)};
    tgr_status status = TGR_OK;
    *tagged = NULL;
    TGR_TRY(take_options(&work, options, error));
    TGR_TRY(open_threads(&work, error));
    TGR_TRY(open_result(&work, error));
    TGR_TRY(tag_all(&work, run, error));
    *tagged = finish(&work);
done:
    if (work.to != NULL) {
        work.to->tagged.memory = work.to;
        tgr_tagged_texts_free(&work.to->tagged);
    }
    close_threads(&work);
    return status;
}
