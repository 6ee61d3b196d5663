/* test_simulate_partial.c - parts merged are the whole, to the last byte; damage is told. */
#include <xxhash.h>

#include "tests/test_simulate_run.h"

enum { SHARDS = 4 };

static char parts[SHARDS][300];

static char *text_of(tgr_simulation *simulation)
{
    char *text;
    tgr_error error;
    simulation->origin = (tgr_origin){0}; /* parts do not know all of it */
    assert_int_equal(tgr_simulation_json(simulation, &text, NULL, &error), TGR_OK);
    tgr_simulation_free(simulation);
    return text;
}

static void write_parts(const world *w, const setting *set, size_t shards)
{
    for (size_t i = 0; i < shards; i++) {
        setting own = *set;
        snprintf(parts[i], sizeof parts[i], "%s/part%zu", folder, i);
        own.shard = i;
        own.shards = shards;
        own.partial = parts[i];
        own.threads = 1 + (int)i;
        tgr_simulation_free(simulate(w, &own));
    }
}

static tgr_status merge(const char *const *inputs, size_t count, tgr_simulation **merged,
                        tgr_error *error)
{
    const tgr_run run = {.size = sizeof run, .threads = 2};
    return tgr_simulate_merge(inputs, count, merged, &run, error);
}

static void remove_parts(void)
{
    for (size_t i = 0; i < SHARDS; i++) {
        unlink(parts[i]);
    }
}

static void test_whole(void **state)
{
    (void)state;
    static const double thresholds[] = {0.5, 0, 0.125, 0.5};
    for (unsigned round = 0; round < 12; round++) {
        random_state = world_seed = 300 + round;
        const world_kind kind = {.scores = round % 4 != 0,
                                 .outcomes = round % 4 == 0,
                                 .costs = true,
                                 .sparse = round % 2 == 0,
                                 .lists = round % 3 == 0,
                                 .prices = round % 3 == 1};
        world *w = world_new(round == 5 ? 3 : 301, 2 + round % 5, 1); /* fewer than shards, too */
        world_fill(w, &kind);
        setting set = {.policy = (tgr_policy)(round % 3),
                       .fallback = round % 4 == 2 ? 0 : -1,
                       .threads = 2,
                       .two_files = round % 2 == 1};
        if (round >= 6) {
            set.thresholds = thresholds;
            set.threshold_count = 4;
        }
        write_files(w, set.two_files);
        set.binned = true;
        char *whole = text_of(simulate(w, &set));
        set.binned = false;
        write_parts(w, &set, SHARDS);
        const char *inputs[] = {parts[2], parts[0], parts[3], parts[1]};
        tgr_simulation *merged;
        tgr_error error;
        if (merge(inputs, SHARDS, &merged, &error) != TGR_OK) {
            fail_msg("%s", error.message);
        }
        char *text = text_of(merged);
        assert_string_equal(text, whole);
        tgr_free(text);
        tgr_free(whole);
        remove_parts();
        world_free(w);
    }
}

static void refuse(const char *const *inputs, size_t count, const char *words)
{
    tgr_simulation *merged;
    tgr_error error;
    assert_int_equal(merge(inputs, count, &merged, &error), TGR_ERR_INPUT);
    assert_null(merged);
    if (strstr(error.message, words) == NULL) {
        fail_msg("'%s' lacks '%s'", error.message, words);
    }
}

static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = some(1 << 20, 1);
    *length = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void write_file(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static void test_refused(void **state)
{
    (void)state;
    random_state = world_seed = 400;
    const world_kind kind = {.scores = true, .costs = true};
    world *w = world_new(40, 2, 0);
    world_fill(w, &kind);
    write_files(w, false);
    setting set = {.fallback = -1, .threads = 1};
    write_parts(w, &set, 2);
    const char *both[] = {parts[0], parts[1]}, *twice[] = {parts[0], parts[0]};
    refuse(both, 1, "one of 2 parts; missing: 2;");
    refuse(both + 1, 1, "one of 2 parts; missing: 1;");
    refuse(twice, 2, "twice");
    size_t length;
    char *bytes = read_file(parts[1], &length);
    for (size_t i = 0; i < 300; i++) { /* a bit here, the end there */
        size_t at = draw(length);
        bytes[at] ^= (char)(1 << draw(8));
        char kept = bytes[at];
        write_file(parts[1], bytes, length);
        refuse(both, 2, parts[1]);
        write_file(parts[1], bytes, draw(length));
        refuse(both, 2, parts[1]);
        bytes[at] = kept;
        free(bytes);
        write_parts(w, &set, 2);
        bytes = read_file(parts[1], &length);
        i += 20; /* parts are written anew each time */
    }
    free(bytes);
    set.quality = TGR_QUALITY_ACCEPT;
    setting own = set;
    own.shard = 1;
    own.shards = 2;
    own.partial = parts[1];
    tgr_simulation_free(simulate(w, &own));
    refuse(both, 2, "another simulation");
    long live = tgr_mem_live();
    write_parts(w, &set, 2);
    tgr_status status = TGR_ERR_NOMEM;
    for (long fail = 0; status != TGR_OK; fail++) {
        tgr_simulation *merged;
        tgr_error error;
        tgr_mem_fail_after(fail);
        status = merge(both, 2, &merged, &error);
        tgr_mem_fail_after(-1);
        assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
        tgr_simulation_free(merged);
        assert_int_equal(tgr_mem_live(), live);
    }
    remove_parts();
    world_free(w);
}

/* Contents that nobody wrote, under a checksum that is right: refused or summed, never worse. */
static void check_hostile(bool weighted)
{
    random_state = world_seed = 500;
    const world_kind kind = {.scores = true, .costs = true};
    static const double thresholds[] = {0.5, 0.25};
    world *w = world_new(30, 3, 0);
    world_fill(w, &kind);
    if (weighted) {
        world_weigh(w);
    }
    write_files(w, false);
    setting set = {.fallback = -1, .threads = 1, .thresholds = thresholds, .threshold_count = 2};
    write_parts(w, &set, 1);
    const char *one[] = {parts[0]};
    size_t length, merged_count = 0;
    char *bytes = read_file(parts[0], &length), *changed = some(length, 1);
    for (size_t round = 0; round < 1500; round++) {
        memcpy(changed, bytes, length);
        for (size_t i = 0; i < 1 + draw(3); i++) {
            size_t at = draw(2) ? draw(length - 9) : draw(400);
            changed[at] = (char)(draw(2) ? draw(256) : 0xff);
        }
        uint64_t sum = XXH3_64bits(changed, length - 9);
        for (size_t i = 0; i < 8; i++) {
            changed[length - 1 - i] = (char)(sum >> (8 * i));
        }
        write_file(parts[0], changed, length);
        tgr_simulation *merged;
        tgr_error error;
        tgr_status status = merge(one, 1, &merged, &error);
        assert_true(status == TGR_OK || status == TGR_ERR_INPUT);
        merged_count += status == TGR_OK;
        tgr_simulation_free(merged);
    }
    assert_true(merged_count > 100);
    free(bytes);
    free(changed);
    remove_parts();
    world_free(w);
}

static void test_hostile(void **state)
{
    (void)state;
    check_hostile(false);
    check_hostile(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
