/* partial.c - sums as little-endian numbers in a MessagePack map, behind a checksum. */
#include "engine/simulate/partial.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/policy/policy.h"
#include "engine/router/fields.h"
#include "engine/router/file_bytes.h"
#include "engine/router/pack.h"

#define FORMAT     "tagroute.partial-simulation"
#define VERSION    1
#define FILE_LIMIT ((size_t)1 << 32)
#define PADDING    8
#define SEAL       14 /* bytes of the last pair: "xxh3" and 64 bits */
#define MOST_ASKED ((size_t)1 << 20)
/* Of a sum, in units of 2^-64, without its sign: so many thresholds of several parts still add up.
 */
#define SUM_LIMIT ((tgr_sum)1 << 104)

enum {
    FORMAT_KEY,
    VERSION_KEY,
    ROUTER,
    MODELS,
    POLICY,
    FALLBACK,
    SPLIT,
    NUMBERS,
    THRESHOLDS,
    SUMS,
    BINS,
    XXH3,
    KEYS
};

static const char *const keys[KEYS] = {"format",     "version",  "router", "models",
                                       "policy",     "fallback", "split",  "numbers",
                                       "thresholds", "sums",     "bins",   "xxh3"};

enum { REFERENCE, QUALITY, GRID, TOTAL, SHARD, SHARDS, MOVING, QUERIES, UNDECIDED, NUMBER_COUNT };

/* ---- numbers as bytes, either way ------------------------------------------------------------ */

/* One routine walks all sums, to write them or to add what is read. */
typedef struct stream {
    tgr_buffer *out;           /* NULL: reading */
    const unsigned char *next; /* reading; as many bytes as are needed are there */
    bool beyond;               /* a sum was larger than SUM_LIMIT */
} stream;

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

static void pass_bin(stream *s, tgr_bin *bin)
{
    for (int way = 0; way < 2; way++) {
        pass_sum(s, &bin->cost[way]);
        pass_sum(s, &bin->score[way]);
        pass_number(s, &bin->costed[way]);
        pass_number(s, &bin->scored[way]);
        pass_number(s, &bin->judged[way]);
        pass_number(s, &bin->accepted[way]);
    }
    pass_number(s, &bin->reference);
    pass_number(s, &bin->moves);
}

static void pass_group(stream *s, tgr_page *page, size_t number, size_t models)
{
    tgr_group *group = &page->groups[number];
    pass_number(s, &group->moves);
    pass_number(s, &group->score_ranks);
    pass_number(s, &group->outcome_ranks);
    for (size_t model = 0; model < models; model++) {
        pass_number(s, &page->chosen[number * models + model]);
    }
    for (size_t i = 0; i < TGR_GROUP_BINS; i++) {
        pass_bin(s, &page->bins[number * TGR_GROUP_BINS + i]);
    }
}

/* With its number before it. */
static size_t group_bytes(size_t models)
{
    return 8 + 3 * 8 + 8 * models + TGR_GROUP_BINS * BIN_BYTES;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* False where a sum is too large for a file. */
static bool put_bins(tgr_buffer *buffer, const tgr_bins *bins)
{
    stream s = {buffer, NULL, false};
    for (uint64_t i = 0; i < (uint64_t)TGR_PAGES * TGR_PAGE_GROUPS; i++) {
        tgr_page *page = bins->pages[i / TGR_PAGE_GROUPS];
        size_t number = (size_t)(i % TGR_PAGE_GROUPS);
        if (page != NULL && page->groups[number].moves > 0) {
            pass_number(&s, &i);
            pass_group(&s, page, number, bins->models);
        }
    }
    return !s.beyond;
}

static void pack_key(msgpack_packer *packer, int key)
{
    tgr_pack_text(packer, keys[key], strlen(keys[key]));
}

static void pack_text(msgpack_packer *packer, int key, const char *text)
{
    pack_key(packer, key);
    tgr_pack_text(packer, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

static void pack_bytes(msgpack_packer *packer, int key, const tgr_buffer *bytes)
{
    pack_key(packer, key);
    msgpack_pack_bin(packer, bytes->length);
    msgpack_pack_bin_body(packer, bytes->bytes, bytes->length);
}

static void pack_numbers(msgpack_packer *packer, const tgr_simulating *work)
{
    const tgr_simulate_options *options = &work->options;
    const uint64_t numbers[NUMBER_COUNT] = {
        [REFERENCE] = work->router->reference,
        [QUALITY] = (uint64_t)options->quality,
        [GRID] = options->grid,
        [TOTAL] = work->total,
        [SHARD] = options->shard,
        [SHARDS] = options->shards,
        [MOVING] = work->gathering.moving,
        [QUERIES] = work->decide.queries,
        [UNDECIDED] = work->observers.each[0].undecided,
    };
    pack_key(packer, NUMBERS);
    msgpack_pack_array(packer, NUMBER_COUNT);
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        msgpack_pack_uint64(packer, numbers[i]);
    }
}

static void pack_thresholds(msgpack_packer *packer, const tgr_simulating *work)
{
    size_t count = work->gathering.asked.count;
    tgr_buffer bytes = {0};
    stream s = {&bytes, NULL, false};
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &work->thresholds[i], sizeof bits);
        pass_number(&s, &bits);
    }
    pack_bytes(packer, THRESHOLDS, &bytes);
    tgr_buffer_free(&bytes);
}

static void pack_all(const tgr_simulating *work, const tgr_buffer *sums, const tgr_buffer *bins,
                     msgpack_packer *packer)
{
    const tgr_router *router = work->router;
    msgpack_pack_map(packer, KEYS);
    pack_text(packer, FORMAT_KEY, FORMAT);
    pack_key(packer, VERSION_KEY);
    msgpack_pack_uint64(packer, VERSION);
    pack_text(packer, ROUTER, router->digest);
    pack_key(packer, MODELS);
    msgpack_pack_array(packer, router->model_count);
    for (size_t i = 0; i < router->model_count; i++) {
        tgr_pack_text(packer, router->models[i].name, strlen(router->models[i].name));
    }
    pack_text(packer, POLICY, tgr_policy_name(work->options.policy));
    pack_text(packer, FALLBACK, work->options.fallback);
    pack_text(packer, SPLIT, work->options.split);
    pack_numbers(packer, work);
    pack_thresholds(packer, work);
    pack_bytes(packer, SUMS, sums);
    pack_bytes(packer, BINS, bins);
    pack_key(packer, XXH3);
}

static tgr_status seal(tgr_buffer *file, tgr_error *error)
{
    if (file->failed) {
        return tgr_fail_memory(error, "the partial simulation");
    }
    uint64_t sum = XXH3_64bits(file->bytes, file->length);
    msgpack_packer packer;
    msgpack_packer_init(&packer, file, tgr_pack_to_buffer);
    msgpack_pack_fix_uint64(&packer, sum);
    return file->failed ? tgr_fail_memory(error, "the partial simulation") : TGR_OK;
}

tgr_status tgr_partial_write(const tgr_simulating *work, const char *path, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_output output = {.fd = -1};
    tgr_buffer sums = {0}, bins = {0}, file = {0};
    msgpack_packer packer;
    stream s = {&sums, NULL, false};
    pass_sums(&s, work->observers.each, work->router->model_count, work->gathering.asked.count);
    if (!put_bins(&bins, work->gathering.bins) || s.beyond ||
        work->gathering.asked.count > MOST_ASKED) {
        status = tgr_fail(error, TGR_ERR_UNSUPPORTED,
                          "%s: costs or scores add up to more than 10^12, or there are more than a "
                          "million thresholds, which no partial simulation holds; take more shards",
                          path);
        goto done;
    }
    if (sums.failed || bins.failed) {
        status = tgr_fail_memory(error, "the partial simulation");
        goto done;
    }
    if (sums.length > UINT32_MAX / 4 || bins.length > UINT32_MAX / 4 * 3) {
        status = tgr_fail(error, TGR_ERR_UNSUPPORTED,
                          "%s: the sums of so many thresholds and models do not fit a file of a "
                          "partial simulation, which is below 4 GiB; ask for fewer thresholds",
                          path);
        goto done;
    }
    msgpack_packer_init(&packer, &file, tgr_pack_to_buffer);
    pack_all(work, &sums, &bins, &packer);
    TGR_TRY(seal(&file, error));
    TGR_TRY(tgr_output_open(&output, path, error));
    TGR_TRY(tgr_write_all(output.fd, file.bytes, file.length, path, error));
    TGR_TRY(tgr_output_commit(&output, error));
done:
    tgr_output_abandon(&output);
    tgr_buffer_free(&sums);
    tgr_buffer_free(&bins);
    tgr_buffer_free(&file);
    return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

void tgr_part_close(tgr_part *part)
{
    tgr_router_free(part->router);
    tgr_mem_free(part->digest);
    tgr_mem_free(part->fallback);
    tgr_mem_free(part->split);
    tgr_mem_free(part->thresholds);
    *part = (tgr_part){0};
}

static tgr_status damaged(tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT,
                    "this is no whole partial simulation; write the part again");
}

/* Below the checksum all is as it was written; what follows checks sizes all the same. */
static tgr_status check_seal(const char *bytes, size_t length, tgr_error *error)
{
    if (length <= SEAL || (unsigned char)bytes[length - 9] != 0xcf) {
        return damaged(error);
    }
    uint64_t recorded = 0;
    for (size_t i = length - 8; i < length; i++) {
        recorded = recorded << 8 | (unsigned char)bytes[i];
    }
    return XXH3_64bits(bytes, length - 9) == recorded ? TGR_OK : damaged(error);
}

static tgr_status read_fields(const char *bytes, size_t length, tgr_fields *fields,
                              tgr_error *error)
{
    tgr_cursor whole = {bytes, length, 0};
    if (tgr_cursor_skip(&whole) != TGR_CURSOR_OK || whole.at != length) {
        return damaged(error);
    }
    tgr_cursor cursor = {bytes, length, 0};
    return tgr_fields_read(fields, "", keys, KEYS, &cursor, NULL, NULL, error);
}

static tgr_status read_text(const tgr_fields *fields, int key, char **text, tgr_error *error)
{
    tgr_item item;
    tgr_status status = tgr_fields_need(fields, (size_t)key, TGR_ITEM_STRING, &item, NULL, error);
    if (status == TGR_OK) {
        *text = tgr_mem_string_n(item.as.bytes, item.count);
        status = *text == NULL ? tgr_fail_memory(error, "a name") : TGR_OK;
    }
    return status;
}

static tgr_status read_numbers(const tgr_fields *fields, uint64_t numbers[NUMBER_COUNT],
                               tgr_error *error)
{
    tgr_item item;
    tgr_cursor values;
    tgr_status status = tgr_fields_need(fields, NUMBERS, TGR_ITEM_ARRAY, &item, &values, error);
    if (status != TGR_OK) {
        return status;
    }
    if (item.count != NUMBER_COUNT) {
        return damaged(error);
    }
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        if (tgr_cursor_next(&values, &item) != TGR_CURSOR_OK || item.kind != TGR_ITEM_UNSIGNED) {
            return damaged(error);
        }
        numbers[i] = item.as.whole;
    }
    return TGR_OK;
}

static tgr_status read_models(const tgr_fields *fields, tgr_part *part, tgr_error *error)
{
    tgr_item item;
    tgr_cursor names;
    tgr_status status = tgr_fields_need(fields, MODELS, TGR_ITEM_ARRAY, &item, &names, error);
    if (status != TGR_OK) {
        return status;
    }
    if (item.count == 0 || item.count > TGR_MODELS_MAX) {
        return damaged(error);
    }
    size_t count = item.count;
    part->router = tgr_router_new();
    if (part->router == NULL) {
        return tgr_fail_memory(error, "the models");
    }
    part->router->models = tgr_mem_zalloc(count, sizeof *part->router->models);
    if (part->router->models == NULL) {
        return tgr_fail_memory(error, "the models");
    }
    part->router->model_count = count;
    for (size_t i = 0; i < count; i++) {
        if (tgr_cursor_next(&names, &item) != TGR_CURSOR_OK || item.kind != TGR_ITEM_STRING) {
            return damaged(error);
        }
        part->router->models[i].name = tgr_mem_string_n(item.as.bytes, item.count);
        if (part->router->models[i].name == NULL) {
            return tgr_fail_memory(error, "the models");
        }
    }
    return TGR_OK;
}

static tgr_status read_thresholds(const tgr_fields *fields, tgr_part *part, tgr_error *error)
{
    tgr_item item;
    tgr_status status = tgr_fields_need(fields, THRESHOLDS, TGR_ITEM_BINARY, &item, NULL, error);
    if (status != TGR_OK || item.count == 0) {
        return status;
    }
    size_t count = item.count / 8;
    part->thresholds = tgr_mem_alloc(count, sizeof *part->thresholds);
    if (part->thresholds == NULL) {
        return tgr_fail_memory(error, "the thresholds");
    }
    part->threshold_count = count;
    stream s = {NULL, (const unsigned char *)item.as.bytes, false};
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = 0;
        pass_number(&s, &bits);
        memcpy(&part->thresholds[i], &bits, sizeof bits);
        if (tgr_policy_check_threshold(part->policy, part->thresholds[i], error) != TGR_OK) {
            return damaged(error);
        }
    }
    return count > MOST_ASKED || item.count % 8 != 0 ? damaged(error) : TGR_OK;
}

static tgr_status read_part(const tgr_fields *fields, tgr_part *part, tgr_error *error)
{
    tgr_status status = TGR_OK;
    uint64_t numbers[NUMBER_COUNT];
    char *format = NULL, *policy = NULL;
    tgr_item version;
    TGR_TRY(read_text(fields, FORMAT_KEY, &format, error));
    TGR_TRY(tgr_fields_need(fields, VERSION_KEY, TGR_ITEM_UNSIGNED, &version, NULL, error));
    if (strcmp(format, FORMAT) != 0 || version.as.whole != VERSION) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "this is no partial simulation of version %d; write it with --partial",
                          VERSION);
        goto done;
    }
    TGR_TRY(read_text(fields, ROUTER, &part->digest, error));
    TGR_TRY(read_text(fields, FALLBACK, &part->fallback, error));
    TGR_TRY(read_text(fields, SPLIT, &part->split, error));
    TGR_TRY(read_text(fields, POLICY, &policy, error));
    if (tgr_policy_by_name(policy, &part->policy, error) != TGR_OK) {
        status = damaged(error);
        goto done;
    }
    TGR_TRY(read_models(fields, part, error));
    snprintf(part->router->digest, sizeof part->router->digest, "%s", part->digest);
    TGR_TRY(read_numbers(fields, numbers, error));
    TGR_TRY(read_thresholds(fields, part, error));
    if (numbers[REFERENCE] >= part->router->model_count || numbers[QUALITY] > TGR_QUALITY_ACCEPT ||
        numbers[SHARD] >= numbers[SHARDS] || numbers[GRID] > MOST_ASKED) {
        status = damaged(error);
        goto done;
    }
    part->router->reference = (size_t)numbers[REFERENCE];
    part->quality = (tgr_quality)numbers[QUALITY];
    part->grid = (size_t)numbers[GRID];
    part->total = numbers[TOTAL];
    part->shard = numbers[SHARD];
    part->shards = numbers[SHARDS];
    part->moving = numbers[MOVING] != 0;
done:
    tgr_mem_free(format);
    tgr_mem_free(policy);
    return status;
}

/* The format is the first value of the map. */
bool tgr_partial_simulation_is(const char *path)
{
    static const char format[] = FORMAT;
    char bytes[16 + sizeof format];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    ssize_t length = pread(fd, bytes, sizeof bytes, 0);
    close(fd);
    bool found = false;
    for (ssize_t i = 0; i + (ssize_t)sizeof format - 1 <= length && !found; i++) {
        found = memcmp(bytes + i, format, sizeof format - 1) == 0;
    }
    return found;
}

tgr_status tgr_partial_open(const char *path, tgr_part *part, char **bytes, size_t *length,
                            tgr_error *error)
{
    tgr_file_bytes file = {0};
    tgr_fields fields;
    *part = (tgr_part){0};
    *bytes = NULL;
    tgr_status status = tgr_file_bytes_read(path, FILE_LIMIT, PADDING, NULL, &file, error);
    if (status != TGR_OK) {
        return status;
    }
    status = check_seal(file.bytes, file.length, error);
    if (status == TGR_OK) {
        status = read_fields(file.bytes, file.length, &fields, error);
    }
    if (status == TGR_OK) {
        status = read_part(&fields, part, error);
    }
    if (status != TGR_OK) {
        tgr_error_prefix(error, "%s", path);
        tgr_part_close(part);
        tgr_mem_free(file.bytes);
        return status;
    }
    *bytes = file.bytes;
    *length = file.length;
    return TGR_OK;
}

static tgr_status add_bins(const tgr_item *item, tgr_bins *bins, tgr_error *error)
{
    size_t each = group_bytes(bins->models);
    stream s = {NULL, (const unsigned char *)item->as.bytes, false};
    if (item->count % each != 0) {
        return damaged(error);
    }
    for (size_t i = 0; i < item->count / each; i++) {
        uint64_t number = 0;
        pass_number(&s, &number);
        if (number >= (uint64_t)TGR_PAGES * TGR_PAGE_GROUPS) {
            return damaged(error);
        }
        tgr_page *page = tgr_bins_page(bins, (size_t)(number / TGR_PAGE_GROUPS));
        if (page == NULL) {
            return tgr_fail_memory(error, "the bins of thresholds");
        }
        pass_group(&s, page, (size_t)(number % TGR_PAGE_GROUPS), bins->models);
    }
    return s.beyond ? damaged(error) : TGR_OK;
}

tgr_status tgr_partial_add(const char *path, const char *bytes, size_t length, tgr_simulating *work,
                           tgr_error *error)
{
    tgr_fields fields;
    tgr_item sums, bins;
    uint64_t numbers[NUMBER_COUNT];
    size_t models = work->router->model_count, asked = work->gathering.asked.count;
    tgr_status status = TGR_OK;
    TGR_TRY(read_fields(bytes, length, &fields, error));
    TGR_TRY(read_numbers(&fields, numbers, error));
    TGR_TRY(tgr_fields_need(&fields, SUMS, TGR_ITEM_BINARY, &sums, NULL, error));
    TGR_TRY(tgr_fields_need(&fields, BINS, TGR_ITEM_BINARY, &bins, NULL, error));
    if (sums.count != sums_bytes(models, asked)) {
        status = damaged(error);
        goto done;
    }
    stream s = {NULL, (const unsigned char *)sums.as.bytes, false};
    pass_sums(&s, work->observers.each, models, asked);
    if (s.beyond) {
        status = damaged(error);
        goto done;
    }
    work->decide.queries += numbers[QUERIES];
    work->observers.each[0].undecided += numbers[UNDECIDED];
    TGR_TRY(add_bins(&bins, work->gathering.bins, error));
done:
    if (status != TGR_OK) {
        tgr_error_prefix(error, "%s", path);
    }
    return status;
}
