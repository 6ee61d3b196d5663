/* tagging.c - the loop: read while there is room, ask, write what is answered at the front. */
#include "engine/endpoint/tagging.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/runtime.h"
#include "engine/log/bad.h"
#include "engine/log/record_write.h"

/* ---- keys ---------------------------------------------------------------------------------------
 */

tgr_status tgr_tagging_begin(tgr_tagging *tagging, tgr_error *error)
{
    const tgr_endpoint_options *options = &tagging->options;
    tgr_buffer text = {0};
    tgr_buffer_add(&text, options->model, strlen(options->model) + 1);
    tgr_buffer_add(&text, tagging->prompt.text.bytes, tagging->prompt.text.length + 1);
    tgr_buffer_format(&text, "%.17g %u", options->temperature < 0 ? -1 : options->temperature,
                      options->max_tokens);
    tagging->hash = XXH3_createState();
    bool failed = text.failed || tagging->hash == NULL;
    if (!failed) {
        tagging->settings = XXH3_128bits(text.bytes, text.length);
    }
    tgr_buffer_free(&text);
    return failed ? tgr_fail_memory(error, "a hash") : TGR_OK;
}

static XXH128_hash_t key_of(tgr_tagging *tagging, const tgr_text *text)
{
    XXH128_canonical_t settings;
    XXH128_canonicalFromHash(&settings, tagging->settings);
    XXH3_128bits_reset(tagging->hash);
    XXH3_128bits_update(tagging->hash, &settings, sizeof settings);
    XXH3_128bits_update(tagging->hash, text->bytes, text->length);
    return XXH3_128bits_digest(tagging->hash);
}

/* ---- in -----------------------------------------------------------------------------------------
 */

static tgr_status take_bad(tgr_tagging *tagging, const tgr_log_item *item, tgr_error *error)
{
    if (tagging->bad.bad == 0) {
        tagging->first_bad = item->reason;
    }
    tgr_bad_count(&tagging->bad, tgr_records_name(&tagging->records), tagging->records.lines, 1,
                  item);
    return tagging->options.strict
               ? tgr_fail(error, TGR_ERR_INPUT, "%s", tagging->bad.first_bad[tagging->first_bad])
               : TGR_OK;
}

static bool is_blank(const tgr_text *text)
{
    size_t at = 0;
    while (at < text->length && (unsigned char)text->bytes[at] <= ' ') {
        at++;
    }
    return at == text->length;
}

/* Asks about a text that nobody has asked about yet. *size: bytes of the request. */
static tgr_status ask(tgr_tagging *tagging, XXH128_hash_t key, const tgr_log_item *item,
                      size_t *size, tgr_error *error)
{
    const tgr_endpoint_options *options = &tagging->options;
    const tgr_chat_settings settings = {options->model, options->temperature, options->max_tokens};
    const tgr_text *text = &tagging->record.text;
    tgr_log_item at = *item;
    char place[TGR_PLACE_SIZE];
    at.line += at.line > 0 ? tagging->records.lines : 0;
    tgr_log_place(tgr_records_name(&tagging->records), &at, place, sizeof place);
    tgr_buffer_clear(&tagging->said);
    tgr_buffer_clear(&tagging->body);
    tgr_prompt_fill(&tagging->prompt, text->bytes, text->length, &tagging->said);
    if (!tagging->said.failed) {
        tgr_chat_request(&settings, tagging->said.bytes, tagging->said.length, &tagging->body);
    }
    if (tagging->said.failed || tagging->body.failed) {
        return tgr_fail_memory(error, "a request");
    }
    *size = tagging->body.length;
    return tgr_asking_add(&tagging->asking, key, &tagging->body, place, error);
}

/* Tags of an answer, or NULL for none, and the end of a record. */
static void end_entry(const tgr_tagging *tagging, tgr_window_entry *entry, const tgr_tags *tags)
{
    tgr_record_write to = {&entry->bytes, tagging->shape.format, entry->filled};
    const char *tag = tags != NULL ? tags->bytes.bytes : NULL;
    size_t count = tags != NULL ? tags->count : 0;
    tgr_record_write_tags(&to, (uint32_t)count, false);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(tag);
        tgr_record_write_tag(&to, i == 0, tag, length);
        tag += length + 1;
    }
    tgr_record_write_end(&to, false);
}

/* A good record into the window. */
static tgr_status take_good(tgr_tagging *tagging, const tgr_log_item *item, tgr_error *error)
{
    const tgr_record *record = &tagging->record;
    tgr_window_entry *entry = tgr_window_next(&tagging->window);
    tgr_record_write to = {&entry->bytes, tagging->shape.format, false};
    tgr_status status = TGR_OK;
    size_t size = 0;
    entry->done = tgr_records_done(&tagging->records, item);
    bool asks = record->text.bytes != NULL && (!record->has_tags || tagging->options.retag);
    if (!asks) {
        tgr_record_write_whole(&to, item, &tagging->report.lost);
        tagging->report.kept++;
    } else {
        tgr_record_write_begin(&to, item, &tagging->report.lost);
        entry->filled = to.filled;
        entry->waits = !is_blank(&record->text);
    }
    if (asks && !entry->waits) {
        end_entry(tagging, entry, NULL);
        tagging->report.blank++;
    }
    if (entry->waits) {
        entry->key = key_of(tagging, &record->text);
        if (tgr_answer_cache_knows(&tagging->cache, entry->key) == TGR_KNOWN_NOT) {
            status = ask(tagging, entry->key, item, &size, error);
        }
    }
    if (entry->bytes.failed) {
        return tgr_fail_memory(error, "a record");
    }
    tgr_window_push(&tagging->window, size);
    return status;
}

/* Reads records until the window is full, or the logs are at their end. Nobody looks after answers
 * on their way while a pipe is waited for: until they are here, it is not read. */
static tgr_status fill(tgr_tagging *tagging, bool *more, tgr_error *error)
{
    tgr_status status = TGR_OK;
    while (status == TGR_OK && *more && tgr_window_has_room(&tagging->window)) {
        tgr_log_item item;
        bool no_memory = false;
        tagging->records.hold = tagging->records.may_wait && tgr_asking_busy(&tagging->asking);
        status = tgr_records_next(&tagging->records, &item, more, error);
        if (status != TGR_OK || !*more || item.tape == NULL) {
            break;
        }
        bool good = !item.bad && tgr_record_from_log(&item, &tagging->record, &no_memory);
        if (no_memory) {
            return tgr_fail_memory(error, "a record");
        }
        status = good ? take_good(tagging, &item, error) : take_bad(tagging, &item, error);
    }
    return status;
}

/* ---- out ----------------------------------------------------------------------------------------
 */

static void count_earlier(tgr_endpoint_use *use, const tgr_kept_answer *answer)
{
    bool metered = (answer->flags & TGR_ANSWER_METERED) != 0;
    use->answers++;
    use->unmetered += !metered;
    use->prompt_tokens += metered ? answer->prompt_tokens : 0;
    use->completion_tokens += metered ? answer->completion_tokens : 0;
}

/* Reads the answer that the first entry waited for, and gives it its tags. */
static tgr_status end_answered(tgr_tagging *tagging, tgr_window_entry *entry, tgr_error *error)
{
    tgr_kept_answer answer;
    bool earlier, refused;
    tgr_status status =
        tgr_answer_cache_read(&tagging->cache, entry->key, &answer, &earlier, error);
    if (status != TGR_OK) {
        return status;
    }
    if (earlier) {
        count_earlier(&tagging->report.earlier, &answer);
    }
    if (tgr_answer_read(&tagging->reader, answer.text, answer.length,
                        (answer.flags & TGR_ANSWER_CUT_OFF) != 0, &tagging->tags,
                        &refused) != TGR_OK) {
        return tgr_fail_memory(error, "an answer");
    }
    bool tagged = tagging->tags.count > 0;
    tagging->report.tagged += tagged;
    tagging->report.untagged += !tagged;
    tagging->report.refusals += !tagged && (refused || (answer.flags & TGR_ANSWER_REFUSED) != 0);
    end_entry(tagging, entry, &tagging->tags);
    return TGR_OK;
}

/* Writes the records at the front that wait for nothing any more. */
static tgr_status drain(tgr_tagging *tagging, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (tgr_window_entry *entry;
         status == TGR_OK && (entry = tgr_window_front(&tagging->window)) != NULL;) {
        tgr_known known =
            entry->waits ? tgr_answer_cache_knows(&tagging->cache, entry->key) : TGR_KNOWN_NOT;
        if (known == TGR_KNOWN_ASKED) {
            break;
        }
        if (known == TGR_KNOWN_ANSWERED) {
            TGR_TRY(end_answered(tagging, entry, error));
        } else if (known == TGR_KNOWN_FAILED) {
            end_entry(tagging, entry, NULL);
            tagging->report.failed++;
        }
        if (entry->bytes.failed) {
            TGR_TRY(tgr_fail_memory(error, "a record"));
        }
        status =
            tgr_log_writer_add(tagging->writer, entry->bytes.bytes, entry->bytes.length, error);
        tagging->report.records++;
        tagging->done = entry->done;
        tgr_window_pop(&tagging->window);
    }
done:
    return status;
}

tgr_status tgr_tagging_run(tgr_tagging *tagging, tgr_error *error)
{
    tgr_status status = TGR_OK;
    bool more = true;
    while (more || tgr_window_front(&tagging->window) != NULL) {
        TGR_TRY(tgr_run_check(tagging->run, error));
        TGR_TRY(fill(tagging, &more, error));
        TGR_TRY(drain(tagging, error));
        if (tgr_asking_busy(&tagging->asking)) {
            TGR_TRY(tgr_asking_step(&tagging->asking, error));
        }
        tgr_run_progress(tagging->run, "tagging", "bytes", tagging->done, tagging->records.total,
                         tagging->report.records);
    }
done:
    return status;
}
