/* test_crew.c - processes that share fitting, simulating and routing, against one process; and
 * what becomes of all where one fails.
 *
 * The crew is made of forked processes that leave their bytes to each other in shared memory.
 */
#include "tests/cmocka_all.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tagroute/fit.h>
#include <tagroute/route.h>
#include <tagroute/simulate.h>

#include "engine/base/exact.h"
#include "engine/base/memory.h"
#include "tests/fit_data.h"

#define SEED  1126u
#define RANKS 3
#define ROOM  ((size_t)32 << 20) /* of each process */

static char folder[256];
static char inputs_text[2][300];
static const char *const inputs[] = {inputs_text[0], inputs_text[1]};

/* ---- a crew -------------------------------------------------------------------------------------
 */

typedef struct board { /* what all see */
    pthread_barrier_t all_here;
    tgr_error errors[RANKS];
    tgr_status statuses[RANKS];
    bool ended;
    char bytes[RANKS][ROOM];
} board;

static board *shared;
static uint32_t own_rank;

static tgr_status meet(void *user, tgr_status status, tgr_error *error)
{
    (void)user;
    if (!shared->ended) {
        shared->statuses[own_rank] = status;
        if (status != TGR_OK && error != NULL) {
            shared->errors[own_rank] = *error;
        }
        pthread_barrier_wait(&shared->all_here);
    }
    for (uint32_t i = 0; i < RANKS; i++) {
        if (shared->statuses[i] != TGR_OK) {
            shared->ended = true;
            if (error != NULL) {
                *error = shared->errors[i];
            }
            return shared->statuses[i];
        }
    }
    pthread_barrier_wait(&shared->all_here); /* nobody writes before everybody has read */
    return TGR_OK;
}

static tgr_status gather(void *user, const void *own, size_t length, void *all, tgr_error *error)
{
    tgr_status status = meet(user, length <= ROOM ? TGR_OK : TGR_ERR_INTERNAL, error);
    if (status != TGR_OK) {
        return status;
    }
    memcpy(shared->bytes[own_rank], own, length);
    pthread_barrier_wait(&shared->all_here);
    for (size_t i = 0; i < RANKS; i++) {
        memcpy((char *)all + i * length, shared->bytes[i], length);
    }
    pthread_barrier_wait(&shared->all_here);
    return TGR_OK;
}

static tgr_status sum(void *user, uint64_t *numbers, size_t count, int words, tgr_error *error)
{
    size_t length = count * (size_t)words;
    uint64_t *all = malloc((RANKS * length + 1) * sizeof *all);
    tgr_status status = gather(user, numbers, length * sizeof *numbers, all, error);
    for (size_t i = 0; status == TGR_OK && i < length; i += (size_t)words) {
        tgr_sum total = 0;
        for (size_t rank = 0; rank < RANKS; rank++) {
            const uint64_t *one = all + rank * length + i;
            total +=
                words == 2 ? (tgr_sum)((unsigned __int128)one[1] << 64 | one[0]) : (tgr_sum)one[0];
        }
        numbers[i] = (uint64_t)total;
        if (words == 2) {
            numbers[i + 1] = (uint64_t)((unsigned __int128)total >> 64);
        }
    }
    free(all);
    return status;
}

/* Runs `work` in as many processes; NULL: alone. Returns the status of the first. */
static tgr_status run_crew(tgr_status (*work)(const tgr_run *run, const char *output,
                                              tgr_error *error),
                           uint32_t ranks, const char *output)
{
    pid_t children[RANKS];
    memset(shared->statuses, 0, sizeof shared->statuses);
    shared->ended = false;
    for (uint32_t rank = 0; rank < ranks; rank++) {
        children[rank] = fork();
        assert_true(children[rank] >= 0);
        if (children[rank] == 0) {
            own_rank = rank;
            const tgr_crew crew = {sizeof crew, rank, ranks, NULL, meet, sum, gather};
            const tgr_run run = {.size = sizeof run, .threads = 2, .crew = &crew};
            tgr_error error = {0};
            tgr_status status = work(&run, output, &error);
            tgr_mem_fail_after(-1);
            status = ranks > 1 ? meet(NULL, status, &error) : status;
            if (status != TGR_OK && ranks == 1) {
                fprintf(stderr, "%s\n", error.message);
            }
            exit(-status);
        }
    }
    int first = 0;
    for (uint32_t rank = 0; rank < ranks; rank++) {
        int state;
        assert_int_equal(waitpid(children[rank], &state, 0), children[rank]);
        assert_true(WIFEXITED(state));
        first = rank == 0 ? WEXITSTATUS(state) : first;
        assert_int_equal(WEXITSTATUS(state), first); /* all end alike */
    }
    return (tgr_status)-first;
}

/* ---- what is done -------------------------------------------------------------------------------
 */

static const char *ending; /* of the output's name */
static const char *scorer;
static tgr_policy policy;
static double budget; /* 0: none */
static size_t replicates;
static uint64_t memory;
static bool detailed, sampled; /* simulations with all that is told beside, or a judged sample */
static bool resume;
static long fail_after;  /* in the last process; negative: never */
static uint32_t stopped; /* the process that is told to stop; RANKS: none */

static tgr_status fit(const tgr_run *run, const char *output, tgr_error *error)
{
    tgr_fit_options options;
    tgr_router *router = NULL;
    tgr_fit_options_init(&options);
    options.inputs = inputs;
    options.input_count = 2;
    options.scorer = scorer;
    options.min_count = 2;
    options.reference = NULL;
    options.memory = memory;
    tgr_status status = tgr_fit(&options, NULL, &router, NULL, run, error);
    if (status == TGR_OK && run->crew->rank == 0) {
        status = tgr_router_save(router, output, error);
    }
    tgr_router_free(router);
    return status;
}

static void write_figures(const tgr_fit_comparison *comparison, const char *output)
{
    FILE *file = fopen(output, "w");
    assert_non_null(file);
    fprintf(file, "%llu queries\n", (unsigned long long)comparison->queries);
    for (size_t i = 0; i < comparison->count; i++) {
        const tgr_fit_compared *one = &comparison->entries[i];
        fprintf(file, "%s %a", one->scorer, one->tags);
        for (size_t j = 0; j < TGR_FIT_FIGURES; j++) {
            const tgr_fit_figure *of = &one->figures[j], *gain = &one->gains[j];
            fprintf(file, " %a %a %a %a %a %a", of->value, of->low, of->high, gain->value,
                    gain->low, gain->high);
        }
    }
    fclose(file);
}

static tgr_status compare_scorers(const tgr_run *run, const char *output, tgr_error *error)
{
    tgr_fit_options options;
    tgr_fit_comparison *comparison;
    tgr_fit_options_init(&options);
    options.inputs = inputs;
    options.input_count = 2;
    options.min_count = 2;
    options.folds = 2;
    options.alpha = 10;
    tgr_status status = tgr_fit_compare(&options, false, NULL, &comparison, run, error);
    if (status == TGR_OK && run->crew->rank == 0) {
        write_figures(comparison, output);
    }
    tgr_fit_comparison_free(comparison);
    return status;
}

static tgr_status load(tgr_router **router, tgr_error *error)
{
    char path[300];
    snprintf(path, sizeof path, "%s/router.msgpack", folder);
    return tgr_router_load(path, router, error);
}

static tgr_status simulate(const tgr_run *run, const char *output, tgr_error *error)
{
    tgr_simulate_options options;
    tgr_router *router = NULL;
    tgr_simulation *simulation = NULL;
    const tgr_goal goal = {.kind = TGR_GOAL_BUDGET, .value = budget};
    static const char *const column = "split";
    char *text = NULL;
    tgr_simulate_options_init(&options);
    options.inputs = inputs;
    options.input_count = 2;
    options.policy = policy;
    options.bootstrap = replicates;
    options.seed = 5;
    options.memory = memory;
    options.by = detailed ? &column : NULL;
    options.by_count = detailed;
    options.predictions = detailed;
    options.baseline = detailed ? "m1" : NULL;
    options.judged = sampled ? inputs + 1 : NULL;
    options.judged_count = sampled;
    tgr_status status = load(&router, error);
    if (status == TGR_OK) {
        tgr_mem_fail_after(run->crew->rank + 1 == RANKS ? fail_after : -1);
        status = budget > 0 ? tgr_simulate_goal(router, &options, &goal, &simulation, run, error)
                            : tgr_simulate(router, &options, &simulation, run, error);
        tgr_mem_fail_after(-1);
    }
    if (status == TGR_OK && run->crew->rank == 0) {
        status = tgr_simulation_json(simulation, &text, NULL, error);
    }
    if (text != NULL) {
        FILE *file = fopen(output, "w");
        fputs(text, file);
        fclose(file);
    }
    tgr_free(text);
    tgr_simulation_free(simulation);
    tgr_router_free(router);
    return status;
}

static tgr_status route(const tgr_run *given, const char *output, tgr_error *error)
{
    static const double thresholds[] = {-0.01, 0, 0.002};
    static const sig_atomic_t stop = 1;
    tgr_run run = *given;
    tgr_route_options options;
    tgr_router *router = NULL;
    tgr_route_options_init(&options);
    options.inputs = inputs;
    options.input_count = 2;
    options.output = output;
    options.policy = policy;
    options.margins = options.ids = true;
    options.resume = resume;
    options.checkpoint_seconds = 1e-6;
    options.goal =
        (tgr_goal){.kind = budget > 0 ? TGR_GOAL_BUDGET : TGR_GOAL_NONE, .value = budget};
    options.thresholds = budget > 0 ? NULL : thresholds;
    options.threshold_count = budget > 0 ? 0 : 3;
    run.memory = 1 << 14;
    run.cancel = run.crew->rank == stopped ? &stop : NULL;
    tgr_status status = load(&router, error);
    if (status == TGR_OK) {
        tgr_mem_fail_after(run.crew->rank + 1 == RANKS ? fail_after : -1);
        status = tgr_route(router, &options, NULL, &run, error);
        tgr_mem_fail_after(-1);
    }
    tgr_router_free(router);
    return status;
}

/* ---- tests --------------------------------------------------------------------------------------
 */

static const char *path_of(const char *name)
{
    static char paths[4][400];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static bool is_there(const char *name)
{
    struct stat found;
    return stat(path_of(name), &found) == 0;
}

static const char *named(const char *output)
{
    static char names[4][40];
    static int next;
    char *name = names[next++ % 4];
    snprintf(name, sizeof names[0], "%s.%s", output, ending);
    return name;
}

/* Which processes have left a checkpoint, as bits; all or none have left what they have written,
 * of which HDF5 is one file. */
static void assert_left(const char *output, unsigned checkpoints)
{
    bool text = strcmp(ending, "h5") != 0;
    for (uint32_t rank = 0; rank < RANKS; rank++) {
        char name[60];
        snprintf(name, sizeof name, ".%s.checkpoint.%u", named(output), (unsigned)rank + 1);
        assert_int_equal(is_there(name), checkpoints >> rank & 1);
        snprintf(name, sizeof name, rank == 0 ? ".%s.partial" : ".%s.partial.%u", named(output),
                 (unsigned)rank + 1);
        assert_int_equal(is_there(name), checkpoints != 0 && (rank == 0 || text));
    }
}

static void assert_same_files(const char *a, const char *b)
{
    FILE *left = fopen(path_of(a), "rb"), *right = fopen(path_of(b), "rb");
    assert_non_null(left);
    assert_non_null(right);
    int byte;
    do {
        byte = getc(left);
        assert_int_equal(byte, getc(right));
    } while (byte != EOF);
    fclose(left);
    fclose(right);
}

static void reset(void)
{
    ending = "h5";
    scorer = "paper";
    policy = TGR_POLICY_MARGIN;
    budget = 0;
    replicates = 0;
    memory = 0;
    detailed = sampled = false;
    resume = false;
    fail_after = -1;
    stopped = RANKS;
}

static void compare(tgr_status (*work)(const tgr_run *run, const char *output, tgr_error *error))
{
    assert_int_equal(run_crew(work, 1, path_of(named("alone"))), TGR_OK);
    assert_int_equal(run_crew(work, RANKS, path_of(named("together"))), TGR_OK);
    assert_same_files(named("alone"), named("together"));
    assert_left("together", 0);
}

static void test_fits(void **state)
{
    static const char *const scorers[] = {"paper", "bayes", "ridge", "mixed"};
    (void)state;
    reset();
    for (size_t i = 0; i < 4; i++) {
        scorer = scorers[i];
        memory = i % 2 == 0 ? 0 : 4096; /* rows held, and read again each time */
        compare(fit);
    }
}

static void test_compares_scorers(void **state)
{
    (void)state;
    reset();
    compare(compare_scorers);
}

static void test_simulates(void **state)
{
    (void)state;
    reset();
    compare(simulate);
    replicates = 5;
    compare(simulate);
    replicates = 0;
    policy = TGR_POLICY_UTILITY;
    memory = 4096; /* moves go into bins */
    compare(simulate);
    memory = 0;
    budget = 5;
    compare(simulate);
}

static void test_simulates_in_detail(void **state)
{
    static const uint64_t memories[] = {0, 1 << 15}; /* the less: pairs are cut, moves dropped */
    (void)state;
    reset();
    detailed = true;
    for (size_t i = 0; i < 2; i++) {
        memory = memories[i];
        compare(simulate);
    }
    memory = 0;
    budget = 5;
    compare(simulate);
    reset();
    sampled = true;
    compare(simulate);
}

static void test_routes(void **state)
{
    static const char *const endings[] = {"h5", "jsonl", "msgpack"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        reset();
        ending = endings[i];
        compare(route);
        policy = TGR_POLICY_SLACK;
        budget = 5;
        compare(route);
    }
}

/* A process that is told to stop stops all; what was done stays, and the rest is done later. */
static void stop_and_resume(void)
{
    assert_int_equal(run_crew(route, 1, path_of(named("alone"))), TGR_OK);
    for (uint32_t which = 0; which < RANKS; which++) {
        stopped = which;
        resume = false;
        assert_int_equal(run_crew(route, RANKS, path_of(named("stopped"))), TGR_ERR_CANCELLED);
        assert_false(is_there(named("stopped")));
        assert_left("stopped", ((1u << RANKS) - 1) & ~(1u << which));
        stopped = RANKS;
        resume = true;
        assert_int_equal(run_crew(route, RANKS, path_of(named("stopped"))), TGR_OK);
        assert_same_files(named("alone"), named("stopped"));
        assert_left("stopped", 0);
        assert_int_equal(unlink(path_of(named("stopped"))), 0);
    }
}

static void test_stops_and_resumes(void **state)
{
    (void)state;
    reset();
    stop_and_resume();
    reset();
    ending = "jsonl";
    stop_and_resume();
}

static tgr_status write_remains(const tgr_run *run, const char *output, tgr_error *error)
{
    static const char *const remains[] = {".tidy.jsonl.partial.3", ".tidy.jsonl.partial.9",
                                          ".tidy.jsonl.checkpoint.2"};
    (void)run;
    (void)output;
    (void)error;
    for (size_t i = 0; i < 3; i++) {
        FILE *file = fopen(path_of(remains[i]), "w");
        fputs("remains", file);
        fclose(file);
    }
    return TGR_OK;
}

/* What a job that was killed in tidying up has left goes with the next. */
static void test_tidies_up(void **state)
{
    (void)state;
    reset();
    ending = "jsonl";
    for (int i = 0; i < 2; i++) {
        resume = i == 1; /* the output is there: nothing is done */
        assert_int_equal(run_crew(write_remains, 1, path_of("tidy.jsonl")), TGR_OK);
        assert_int_equal(run_crew(route, RANKS, path_of("tidy.jsonl")), TGR_OK);
        assert_left("tidy", 0);
        assert_false(is_there(".tidy.jsonl.partial.9"));
    }
}

/* Wherever memory runs out in one process, all say so, and nothing has the final name. */
static void run_out_of_memory(void)
{
    long step = 1, tried = 0;
    tgr_status status = TGR_ERR_NOMEM;
    for (fail_after = 0; status != TGR_OK; fail_after += step, step += tried++ / 2) {
        status = run_crew(route, RANKS, path_of(named("short")));
        assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
        assert_int_equal(is_there(named("short")), status == TGR_OK);
        resume = tried % 2 == 0; /* or begin afresh */
    }
    print_message("memory ran out %ld times\n", tried - 1);
    assert_true(tried > 8);
    assert_left("short", 0);
    fail_after = -1;
    resume = false;
    assert_int_equal(run_crew(route, 1, path_of(named("alone"))), TGR_OK);
    assert_same_files(named("alone"), named("short"));
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    reset();
    run_out_of_memory();
    reset();
    ending = "jsonl";
    run_out_of_memory();
}

/* The same of what is told beside thresholds, each part of which is united by itself. */
static void test_memory_runs_out_in_detail(void **state)
{
    long step = 1, tried = 0;
    tgr_status status = TGR_ERR_NOMEM;
    (void)state;
    reset();
    detailed = true;
    for (fail_after = 0; status != TGR_OK; fail_after += step, step += tried++) {
        status = run_crew(simulate, RANKS, path_of("short.json"));
        assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
        assert_int_equal(is_there("short.json"), status == TGR_OK);
    }
    print_message("memory ran out %ld times\n", tried - 1);
    assert_true(tried > 8);
    reset();
    detailed = true;
    assert_int_equal(run_crew(simulate, 1, path_of("alone.json")), TGR_OK);
    assert_same_files("alone.json", "short.json");
}

static tgr_status write_files(const tgr_run *run, const char *output, tgr_error *error)
{
    uint64_t random = SEED;
    fit_data *data = data_new(700, 30, 3);
    (void)run;
    (void)output;
    (void)error;
    data->type = TGR_U8;
    data->has_score = data->has_outcome = data->has_cost = data->has_split = true;
    data_fill(data, 4, &random);
    data_write(data, 0, 500, inputs[0]);
    data_write(data, 500, 700, inputs[1]);
    data_free(data);
    return TGR_OK;
}

/* All in children: threads of a process that forks are lost to those. */
static int set_up(void **state)
{
    (void)state;
    print_message("seed %u\n", SEED);
    folder_make(folder, sizeof folder);
    for (int i = 0; i < 2; i++) {
        snprintf(inputs_text[i], sizeof inputs_text[i], "%s/q%d.h5", folder, i);
    }
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    pthread_barrierattr_t attributes;
    pthread_barrierattr_init(&attributes);
    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    assert_int_equal(pthread_barrier_init(&shared->all_here, &attributes, RANKS), 0);
    pthread_barrierattr_destroy(&attributes);
    reset();
    assert_int_equal(run_crew(write_files, 1, NULL), TGR_OK);
    assert_int_equal(run_crew(fit, 1, path_of("router.msgpack")), TGR_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    munmap(shared, sizeof *shared);
    return folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_compares_scorers),
        cmocka_unit_test(test_simulates),
        cmocka_unit_test(test_simulates_in_detail),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_stops_and_resumes),
        cmocka_unit_test(test_tidies_up),
        cmocka_unit_test(test_memory_runs_out),
        cmocka_unit_test(test_memory_runs_out_in_detail),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
