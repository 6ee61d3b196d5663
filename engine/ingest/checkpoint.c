/* checkpoint.c - numbers and texts by name, and a digest over them at the end. */
#include "engine/ingest/checkpoint.h"

#include <stdio.h>
#include <string.h>

#include <msgpack/pack.h>
#include <msgpack/unpack.h>
#include <xxhash.h>

#include "engine/base/memory.h"

#define VERSION  7
#define DIGITS   16
#define LOG_PART 7 /* numbers a log */
#define FACTS    (17 + TGR_ALIGNMENTS)

/* ---- facts as numbers ---------------------------------------------------------------------------
 */

static void facts_to_numbers(const tgr_facts *facts, uint64_t numbers[FACTS])
{
    uint32_t largest;
    memcpy(&largest, &facts->largest, sizeof largest);
    const bool flags[] = {facts->weighted,           facts->prompt_token_parts,
                          facts->has_text,           facts->has_models,
                          facts->has_score,          facts->has_outcome,
                          facts->has_cost,           facts->has_completion_tokens,
                          facts->cached_token_parts, facts->has_record_parts,
                          facts->has_propensities};
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        bits |= (uint64_t)flags[i] << i;
    }
    const uint64_t all[FACTS] = {facts->rows,
                                 facts->nonzeros,
                                 facts->judged,
                                 facts->untagged,
                                 facts->prompt_token_rows,
                                 facts->longest_row,
                                 facts->id_width,
                                 largest,
                                 bits,
                                 facts->dropped,
                                 facts->cached_token_rows,
                                 facts->estimated_rows,
                                 facts->unmeasured_rows,
                                 facts->longest_record,
                                 facts->logged_cost_rows,
                                 facts->paid_rows,
                                 facts->weight_rows};
    memcpy(numbers, all, sizeof all);
    memcpy(numbers + FACTS - TGR_ALIGNMENTS, facts->aligned, sizeof facts->aligned);
}

static void facts_from_numbers(const uint64_t numbers[FACTS], tgr_facts *facts)
{
    uint32_t largest = (uint32_t)numbers[7];
    uint64_t bits = numbers[8];
    *facts = (tgr_facts){
        .rows = numbers[0],
        .nonzeros = numbers[1],
        .judged = numbers[2],
        .untagged = numbers[3],
        .prompt_token_rows = numbers[4],
        .longest_row = numbers[5],
        .id_width = numbers[6],
        .weighted = bits & 1,
        .prompt_token_parts = bits >> 1 & 1,
        .has_text = bits >> 2 & 1,
        .has_models = bits >> 3 & 1,
        .has_score = bits >> 4 & 1,
        .has_outcome = bits >> 5 & 1,
        .has_cost = bits >> 6 & 1,
        .has_completion_tokens = bits >> 7 & 1,
        .cached_token_parts = bits >> 8 & 1,
        .has_record_parts = bits >> 9 & 1,
        .has_propensities = bits >> 10 & 1,
        .dropped = numbers[9],
        .cached_token_rows = numbers[10],
        .estimated_rows = numbers[11],
        .unmeasured_rows = numbers[12],
        .longest_record = numbers[13],
        .logged_cost_rows = numbers[14],
        .paid_rows = numbers[15],
        .weight_rows = numbers[16],
    };
    memcpy(facts->aligned, numbers + FACTS - TGR_ALIGNMENTS, sizeof facts->aligned);
    memcpy(&facts->largest, &largest, sizeof largest);
}

/* ---- encoding -----------------------------------------------------------------------------------
 */

static int write_bytes(void *data, const char *bytes, size_t length)
{
    tgr_buffer *buffer = data;
    tgr_buffer_add(buffer, bytes, length);
    return buffer->failed ? -1 : 0;
}

static void pack_text(msgpack_packer *packer, const char *text, size_t length)
{
    msgpack_pack_str(packer, length);
    msgpack_pack_str_body(packer, text, length);
}

static void pack_numbers(msgpack_packer *packer, const char *key, const uint64_t *numbers,
                         size_t count)
{
    pack_text(packer, key, strlen(key));
    msgpack_pack_array(packer, count);
    for (size_t i = 0; i < count; i++) {
        msgpack_pack_uint64(packer, numbers[i]);
    }
}

static void pack_logs(msgpack_packer *packer, const tgr_checkpoint *checkpoint)
{
    pack_text(packer, "logs", 4);
    msgpack_pack_array(packer, LOG_PART * checkpoint->log_count);
    for (size_t i = 0; i < checkpoint->log_count; i++) {
        const tgr_log_rows *log = &checkpoint->logs[i];
        msgpack_pack_uint64(packer, log->rows);
        msgpack_pack_uint64(packer, log->mark.size);
        msgpack_pack_uint64(packer, log->mark.begin);
        msgpack_pack_uint64(packer, log->mark.stored);
        msgpack_pack_uint64(packer, log->mark.hash);
        msgpack_pack_uint64(packer, log->mark.length);
        msgpack_pack_uint64(packer, log->mark.content);
    }
}

static void pack_first_bad(msgpack_packer *packer, const tgr_checkpoint *checkpoint)
{
    pack_text(packer, "first_bad", 9);
    msgpack_pack_array(packer, TGR_BAD_REASONS);
    for (int i = 0; i < TGR_BAD_REASONS; i++) {
        pack_text(packer, checkpoint->first_bad[i], strlen(checkpoint->first_bad[i]));
    }
}

/* The hash of everything before the digest, as text. */
static void digest_of(const char *bytes, size_t length, char text[DIGITS + 1])
{
    snprintf(text, DIGITS + 1, "%016llx", (unsigned long long)XXH3_64bits(bytes, length));
}

void tgr_checkpoint_encode(const tgr_checkpoint *checkpoint, tgr_buffer *bytes)
{
    msgpack_packer packer;
    uint64_t facts[FACTS], version = VERSION;
    char digest[DIGITS + 1];
    facts_to_numbers(&checkpoint->facts, facts);
    msgpack_packer_init(&packer, bytes, write_bytes);
    msgpack_pack_map(&packer, 9);
    pack_numbers(&packer, "tagroute.ingest", &version, 1);
    pack_text(&packer, "settings", 8);
    pack_text(&packer, checkpoint->settings.bytes, checkpoint->settings.length);
    pack_numbers(&packer, "stand", checkpoint->stand, TGR_STANDS);
    pack_numbers(&packer, "facts", facts, FACTS);
    pack_numbers(&packer, "bad", checkpoint->bad_by_reason, TGR_BAD_REASONS);
    pack_first_bad(&packer, checkpoint);
    pack_numbers(&packer, "spools", checkpoint->spools, TGR_SPOOLS);
    pack_logs(&packer, checkpoint);
    digest_of(bytes->bytes, bytes->failed ? 0 : bytes->length, digest);
    pack_text(&packer, "digest", 6);
    pack_text(&packer, digest, DIGITS);
}

/* ---- decoding -----------------------------------------------------------------------------------
 */

static bool is_whole(const tgr_buffer *bytes)
{
    static const char key[] = "\xa6"
                              "digest\xb0";
    char digest[DIGITS + 1];
    size_t tail = sizeof key - 1 + DIGITS;
    if (bytes->length < tail) {
        return false;
    }
    const char *end = bytes->bytes + bytes->length - tail;
    digest_of(bytes->bytes, bytes->length - tail, digest);
    return memcmp(end, key, sizeof key - 1) == 0 &&
           memcmp(end + sizeof key - 1, digest, DIGITS) == 0;
}

static const msgpack_object *find(const msgpack_object *map, const char *key,
                                  msgpack_object_type type)
{
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object_kv *pair = &map->via.map.ptr[i];
        if (pair->key.type == MSGPACK_OBJECT_STR && pair->key.via.str.size == strlen(key) &&
            memcmp(pair->key.via.str.ptr, key, strlen(key)) == 0) {
            return pair->val.type == type ? &pair->val : NULL;
        }
    }
    return NULL;
}

static bool take_numbers(const msgpack_object *list, uint64_t *numbers, size_t count)
{
    if (list == NULL || list->via.array.size != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const msgpack_object *number = &list->via.array.ptr[i];
        if (number->type != MSGPACK_OBJECT_POSITIVE_INTEGER) {
            return false;
        }
        numbers[i] = number->via.u64;
    }
    return true;
}

static bool find_numbers(const msgpack_object *map, const char *key, uint64_t *numbers,
                         size_t count)
{
    return take_numbers(find(map, key, MSGPACK_OBJECT_ARRAY), numbers, count);
}

static bool take_settings(tgr_checkpoint *checkpoint, const msgpack_object *text)
{
    if (text == NULL) {
        return false;
    }
    tgr_buffer_add(&checkpoint->settings, text->via.str.ptr, text->via.str.size);
    return !checkpoint->settings.failed;
}

static bool take_first_bad(tgr_checkpoint *checkpoint, const msgpack_object *list)
{
    if (list == NULL || list->via.array.size != TGR_BAD_REASONS) {
        return false;
    }
    for (int i = 0; i < TGR_BAD_REASONS; i++) {
        const msgpack_object *text = &list->via.array.ptr[i];
        if (text->type != MSGPACK_OBJECT_STR || text->via.str.size >= TGR_SENTENCE) {
            return false;
        }
        memcpy(checkpoint->first_bad[i], text->via.str.ptr, text->via.str.size);
        checkpoint->first_bad[i][text->via.str.size] = '\0';
    }
    return true;
}

static bool take_logs(tgr_checkpoint *checkpoint, const msgpack_object *list)
{
    if (list == NULL || list->via.array.size == 0 || list->via.array.size % LOG_PART != 0) {
        return false;
    }
    size_t count = list->via.array.size / LOG_PART;
    checkpoint->logs = tgr_mem_zalloc(count, sizeof *checkpoint->logs);
    if (checkpoint->logs == NULL) {
        return false;
    }
    checkpoint->log_count = count;
    for (size_t i = 0; i < count; i++) {
        msgpack_object of_log = *list;
        uint64_t numbers[LOG_PART];
        of_log.via.array.ptr += LOG_PART * i;
        of_log.via.array.size = LOG_PART;
        if (!take_numbers(&of_log, numbers, LOG_PART)) {
            return false;
        }
        checkpoint->logs[i].rows = numbers[0];
        checkpoint->logs[i].mark = (tgr_source_mark){numbers[1], numbers[2], numbers[3],
                                                     numbers[4], numbers[5], numbers[6]};
    }
    return true;
}

static bool take_all(tgr_checkpoint *checkpoint, const msgpack_object *map)
{
    uint64_t facts[FACTS], version = 0;
    if (map->type != MSGPACK_OBJECT_MAP || !find_numbers(map, "tagroute.ingest", &version, 1) ||
        version != VERSION || !find_numbers(map, "facts", facts, FACTS)) {
        return false;
    }
    facts_from_numbers(facts, &checkpoint->facts);
    return take_settings(checkpoint, find(map, "settings", MSGPACK_OBJECT_STR)) &&
           find_numbers(map, "stand", checkpoint->stand, TGR_STANDS) &&
           find_numbers(map, "bad", checkpoint->bad_by_reason, TGR_BAD_REASONS) &&
           take_first_bad(checkpoint, find(map, "first_bad", MSGPACK_OBJECT_ARRAY)) &&
           find_numbers(map, "spools", checkpoint->spools, TGR_SPOOLS) &&
           take_logs(checkpoint, find(map, "logs", MSGPACK_OBJECT_ARRAY));
}

bool tgr_checkpoint_decode(tgr_checkpoint *checkpoint, const tgr_buffer *bytes)
{
    msgpack_unpacked found;
    if (!is_whole(bytes)) {
        return false;
    }
    msgpack_unpacked_init(&found);
    bool taken =
        msgpack_unpack_next(&found, bytes->bytes, bytes->length, NULL) == MSGPACK_UNPACK_SUCCESS &&
        take_all(checkpoint, &found.data);
    msgpack_unpacked_destroy(&found);
    return taken;
}

void tgr_checkpoint_free(tgr_checkpoint *checkpoint)
{
    tgr_buffer_free(&checkpoint->settings);
    tgr_mem_free(checkpoint->logs);
    *checkpoint = (tgr_checkpoint){0};
}
