/* describe_tagger.c - how texts and tags become tags: vocabularies, and what routers carry. */
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/info/sheet.h"
#include "engine/router/tagger_settings.h"
#include "engine/tagger/normalisation.h"
#include "engine/tagger/tagger_map.h"
#include "engine/tagger/vocabulary_file.h"

#define SHOWN 8 /* phrases */

/* "phrase", or "phrase (tag, tag)". */
static void put_phrase(tgr_buffer *text, const tgr_vocabulary *vocabulary, uint32_t phrase)
{
    const tgr_meanings *meanings = &vocabulary->meanings;
    tgr_buffer_format(text, "%.40s", tgr_strings_get(vocabulary->phrases, phrase, NULL));
    if (meanings->tags == NULL) {
        return;
    }
    uint32_t count;
    const uint32_t *tags = tgr_meanings_of(meanings, phrase, &count);
    for (uint32_t i = 0; i < count && i < SHOWN; i++) {
        tgr_buffer_format(text, "%s%.40s", i == 0 ? " (" : ", ",
                          tgr_strings_get(meanings->tags, tags[i], NULL));
    }
    tgr_buffer_format(text, "%s", count > SHOWN ? ", ...)" : count > 0 ? ")" : "");
}

static void describe_phrases(tgr_sheet *sheet, const tgr_vocabulary *vocabulary)
{
    const tgr_tagger_settings *settings = &vocabulary->settings;
    uint32_t count = tgr_strings_count(vocabulary->phrases);
    tgr_buffer names = {0};
    tgr_sheet_count(sheet, "phrases", "phrases", count, NULL);
    for (uint32_t i = 0; i < count && i < SHOWN; i++) {
        tgr_buffer_format(&names, "%s", i > 0 ? ", " : "");
        put_phrase(&names, vocabulary, i);
    }
    if (names.length > 0 && !names.failed) {
        tgr_sheet_line(sheet, "", "%s%s", names.bytes, count > SHOWN ? ", ..." : "");
    }
    tgr_buffer_free(&names);
    if (vocabulary->meanings.tags != NULL) {
        tgr_sheet_count(sheet, "tags", "tags", tgr_strings_count(vocabulary->meanings.tags), NULL);
    }
    tgr_sheet_line(sheet, "words", "up to %u a phrase, stems: %s, stop words: %s", settings->ngrams,
                   settings->stemming, settings->stop_words);
    tgr_json_unsigned(&sheet->json, "ngrams", settings->ngrams);
    tgr_json_string(&sheet->json, "stemming", settings->stemming);
    tgr_json_string(&sheet->json, "stop_words", settings->stop_words);
}

static void describe_mapping(tgr_sheet *sheet, const tgr_normalisation *normalisation, double least)
{
    const tgr_mapping *mapping = normalisation->mapping;
    tgr_mapping_counts counts = tgr_mapping_tally(mapping);
    char tags[32], canonical[32], dropped[32], number[32];
    tgr_sheet_line(sheet, "mapping", "of %s tags to %s, %s dropped; others %s%s",
                   tgr_sheet_grouped(tags, tgr_mapping_count(mapping)),
                   tgr_sheet_grouped(canonical, counts.canonical),
                   tgr_sheet_grouped(dropped, counts.dropped),
                   least > 1 ? "by rule alone" : "by rule, or to the nearest from likeness ",
                   least > 1 ? "" : tgr_sheet_short(number, least, 6));
    tgr_json_object(&sheet->json, "normalisation");
    tgr_json_unsigned(&sheet->json, "tags", tgr_mapping_count(mapping));
    tgr_json_unsigned(&sheet->json, "canonical", counts.canonical);
    tgr_json_unsigned(&sheet->json, "dropped", counts.dropped);
    if (least <= 1) {
        tgr_json_number(&sheet->json, "align_min", least);
    }
    tgr_json_end_object(&sheet->json);
}

tgr_status tgr_describe_tagger(tgr_sheet *sheet, const char *kind, const tgr_buffer *pairs,
                               uint32_t count, tgr_error *error)
{
    tgr_normalisation normalisation = {0};
    tgr_vocabulary vocabulary = {0};
    tgr_buffer map = {0}, others = {0}, rest = {0};
    uint32_t other_count = 0;
    tgr_status status = TGR_OK;
    tgr_tagger_settings_map(pairs, count, &map);
    if (map.failed) {
        TGR_TRY(tgr_fail_memory(error, "the tagger"));
    }
    TGR_TRY(tgr_normalisation_take(&normalisation, map.bytes, map.length, &others, &other_count,
                                   error));
    tgr_tagger_settings_map(&others, other_count, &rest);
    if (rest.failed) {
        TGR_TRY(tgr_fail_memory(error, "the tagger"));
    }
    if (tgr_tagger_kind_known(kind)) {
        TGR_TRY(tgr_tagger_map_read(kind, rest.bytes, rest.length, &vocabulary, error));
        describe_phrases(sheet, &vocabulary);
    }
    if (normalisation.aligner != NULL) {
        describe_mapping(sheet, &normalisation, tgr_aligner_least(normalisation.aligner));
    }
done:
    tgr_normalisation_close(&normalisation);
    tgr_vocabulary_close(&vocabulary);
    tgr_buffer_free(&map);
    tgr_buffer_free(&others);
    tgr_buffer_free(&rest);
    return status;
}

tgr_status tgr_describe_vocabulary(tgr_sheet *sheet, const char *path, tgr_error *error)
{
    tgr_buffer pairs = {0};
    uint32_t count = 0;
    char *kind = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_vocabulary_settings(path, &kind, &pairs, &count, error));
    tgr_sheet_begin(sheet, path, "vocabulary, checked", "vocabulary");
    tgr_sheet_text(sheet, "tagger", "tagger", kind);
    status = tgr_describe_tagger(sheet, kind, &pairs, count, error);
    if (status != TGR_OK) {
        tgr_error_prefix(error, "%s", path);
        goto done;
    }
    tgr_sheet_end(sheet);
done:
    tgr_mem_free(kind);
    tgr_buffer_free(&pairs);
    return status;
}
