/* mutants.c - thousands of damaged files, each given to what users call: no crash, no hang, no more
 * memory than there is for it, nothing damaged taken for good.
 *
 *   mutants [--seed N] [--first N] [--count N] [--keep FOLDER] CORPUS
 *
 * A child tries file after file; one that kills it or takes too long is noted, and another child
 * goes on behind it. --keep: where files that showed something wrong are put. */
#include "tests/fuzz/mutants.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECONDS       10 /* of the processor that a file may take */
#define HANG_SECONDS  90 /* by the clock */
#define PROBE_SECONDS 1  /* of the processor */
#define MEMORY        ((uint64_t)1 << 30)
#define LIFE          100 /* files before a child is replaced */

const char *__asan_default_options(void); /* sanitizers ask for it */
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=1024:quarantine_size_mb=4";
}

static volatile sig_atomic_t stopped; /* by a signal: report what there is */

typedef struct board {              /* shared with the child */
    volatile uint64_t index, begun; /* which file, since when (milliseconds) */
    uint64_t counts[SEED_KINDS][OUTCOMES];
    uint64_t how[MUTATIONS][OUTCOMES];
    uint64_t slowest, slowest_index; /* milliseconds of the processor */
    long peak;                       /* KiB resident */
    seed_kind kind;
    mutation mutation;
} board;

typedef struct work {
    bench bench;
    seed *seeds;
    size_t count;
    const seed **order; /* of them the good ones */
    size_t good;
    uint64_t random_seed, first, end;
    const char *keep;
    board *board;
} work;

static const char *const kind_names[] = {"queries", "routers",      "logs",    "decisions",
                                         "prices",  "vocabularies", "mappings"};
static const char *const mutation_names[] = {"flip",   "summed", "cut",  "grow",   "splice",
                                             "number", "fill",   "copy", "several"};
static const char *const outcome_names[] = {"taken",  "refused", "by probe", "usage", "I/O",
                                            "memory", "wrong",   "crash",    "slow"};

/* ---- the corpus ------------------------------------------------------------------------ */

static uint8_t *read_file(const char *path, size_t *length)
{
    struct stat about;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        return NULL;
    }
    *length = (size_t)about.st_size;
    uint8_t *bytes = malloc(*length + 1);
    if (bytes == NULL || read(fd, bytes, *length) != (ssize_t)*length) {
        free(bytes);
        bytes = NULL;
    }
    close(fd);
    return bytes;
}

static void free_seed(seed *of)
{
    free(of->name);
    free(of->path);
    free(of->bytes);
}

static void add_seeds(work *of, const char *corpus, const char *name, seed_kind kind)
{
    char path[512];
    struct dirent **entries;
    snprintf(path, sizeof path, "%s/%s", corpus, name);
    int count = scandir(path, &entries, NULL, alphasort); /* in the same order everywhere */
    for (int i = 0; i < count; i++) {
        seed made = {.kind = kind, .name = strdup(entries[i]->d_name)};
        snprintf(path, sizeof path, "%s/%s/%s", corpus, name, made.name);
        made.path = strdup(path);
        made.bytes = read_file(path, &made.length);
        free(entries[i]);
        if (made.name[0] != '.' && made.bytes != NULL && made.length > 0) {
            of->seeds = realloc(of->seeds, (of->count + 1) * sizeof *of->seeds);
            of->seeds[of->count++] = made;
        } else {
            free_seed(&made);
        }
    }
    free(count >= 0 ? entries : NULL);
}

static const seed *find_seed(const work *of, const char *name)
{
    for (size_t i = 0; i < of->count; i++) {
        if (strcmp(of->seeds[i].name, name) == 0) {
            return &of->seeds[i];
        }
    }
    fprintf(stderr, "no %s in the corpus\n", name);
    exit(1);
}

static void study_seed(work *of, seed *one)
{
    one->good = study(&of->bench, one);
    if (!one->good) {
        printf("left out: %s\n", of->bench.message);
    }
}

/* In a child as well, so that whoever makes children stays small, and they are made fast. A good
 * file that cannot be used here, for want of a filter, is left out. */
static void study_all(work *of)
{
    size_t kept = 0, size = of->count * sizeof *of->seeds;
    seed *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("setting up");
        exit(1);
    }
    memcpy(shared, of->seeds, size);
    free(of->seeds);
    of->seeds = shared;
    of->bench.queries = find_seed(of, "own_counts.h5");
    of->bench.router = find_seed(of, "own_counts.msgpack");
    of->bench.log = find_seed(of, "plain_jsonl");
    pid_t child = fork();
    for (size_t i = 0; child == 0 && i < of->count; i++) {
        study_seed(of, &of->seeds[i]);
    }
    if (child == 0) {
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    of->order = malloc(of->count * sizeof *of->order);
    for (size_t i = 0; of->order != NULL && i < of->count; i++) {
        if (of->seeds[i].good) {
            of->order[kept++] = &of->seeds[i];
        }
    }
    of->good = kept;
}

/* ---- the child ------------------------------------------------------------------------- */

static uint64_t now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

static uint64_t processor_time(void)
{
    uint64_t sum = 0;
    struct rusage used[2];
    getrusage(RUSAGE_SELF, &used[0]);
    getrusage(RUSAGE_CHILDREN, &used[1]);
    for (int i = 0; i < 2; i++) {
        sum += (uint64_t)(used[i].ru_utime.tv_sec + used[i].ru_stime.tv_sec) * 1000 +
               (uint64_t)(used[i].ru_utime.tv_usec + used[i].ru_stime.tv_usec) / 1000;
    }
    return sum;
}

/* Which kind of file the index-th is. */
static const seed *choose(const work *of, uint64_t *random)
{
    static const size_t shares[SEED_KINDS] = {
        [SEED_QUERIES] = 6, [SEED_ROUTER] = 2,     [SEED_LOG] = 5,    [SEED_DECISIONS] = 2,
        [SEED_PRICES] = 1,  [SEED_VOCABULARY] = 2, [SEED_MAPPING] = 1};
    size_t all = 0, kind = 0;
    for (size_t i = 0; i < SEED_KINDS; i++) {
        all += shares[i];
    }
    for (size_t at = draw_below(random, all); at >= shares[kind]; kind++) {
        at -= shares[kind];
    }
    const seed *found = NULL;
    while (found == NULL || found->kind != kind) {
        found = of->order[draw_below(random, of->good)];
    }
    return found;
}

static const seed *choose_other(const work *of, seed_kind kind, uint64_t *random)
{
    const seed *found = NULL;
    while (found == NULL || found->kind != kind) {
        found = of->order[draw_below(random, of->good)];
    }
    return found;
}

static void write_file(const char *path, const uint8_t *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, bytes, length) != (ssize_t)length || close(fd) != 0) {
        perror(path);
        _exit(9);
    }
}

static void mutant_path(const work *of, char path[512])
{
    snprintf(path, 512, "%s/mutant", of->bench.folder);
}

static void keep(const work *of, uint64_t index, outcome found)
{
    char path[512], copy[512];
    size_t length;
    mutant_path(of, path);
    const seed_kind kind = of->board->kind;
    printf("file %llu: %s, %s: %s: %s\n", (unsigned long long)index, kind_names[kind],
           mutation_names[of->board->mutation], outcome_names[found], of->bench.message);
    fflush(stdout);
    uint8_t *bytes = of->keep != NULL ? read_file(path, &length) : NULL;
    if (bytes != NULL) {
        snprintf(copy, sizeof copy, "%s/%s-%llu", of->keep, kind_names[kind],
                 (unsigned long long)index);
        write_file(copy, bytes, length);
        free(bytes);
    }
}

static void count(board *on, outcome found)
{
    on->counts[on->kind][found]++;
    on->how[on->mutation][found]++;
}

static void try_one(work *of, uint64_t index)
{
    uint64_t random = of->random_seed * UINT64_C(1000003) + index;
    uint64_t before = processor_time();
    char path[512];
    draw(&random);
    const seed *from = choose(of, &random), *other = choose_other(of, from->kind, &random);
    mutant made = {.bytes = malloc(mutant_room(from, other))};
    if (made.bytes == NULL) {
        _exit(9);
    }
    mutate(from, other, &random, &made);
    of->board->kind = from->kind;
    of->board->mutation = made.how;
    mutant_path(of, path);
    write_file(path, made.bytes, made.length);
    of->bench.message[0] = 0;
    outcome found = try_mutant(&of->bench, from, &made, path, &random);
    uint64_t taken = processor_time() - before;
    if (taken > of->board->slowest) {
        of->board->slowest = taken;
        of->board->slowest_index = index;
    }
    found = taken > SECONDS * 1000 && found < OUTCOME_GOOD ? OUTCOME_SLOW : found;
    count(of->board, found);
    if (found >= OUTCOME_GOOD) {
        keep(of, index, found);
    }
    free(made.bytes);
}

static void limit_memory(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL && fscanf(file, "%llu", &pages) == 1) {
        struct rlimit limit;
        getrlimit(RLIMIT_AS, &limit);
        limit.rlim_cur = (rlim_t)(pages * (uint64_t)sysconf(_SC_PAGESIZE) + MEMORY);
        setrlimit(RLIMIT_AS, &limit);
    }
    if (file != NULL) {
        fclose(file);
    }
}

/* Files that HDF5 never gets to the end of are many, and their probes need not use up their time. A
 * child's child has it from its beginning; for the child itself it is no limit. */
static void limit_probes(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_CPU, &limit);
    limit.rlim_cur = PROBE_SECONDS;
    signal(SIGXCPU, SIG_IGN);
    setrlimit(RLIMIT_CPU, &limit);
}

static _Noreturn void run_child(work *of, uint64_t first)
{
    uint64_t end = first + LIFE < of->end ? first + LIFE : of->end;
    limit_memory();
    limit_probes();
    for (uint64_t index = first; index < end && !stopped; index++) {
        of->board->index = index;
        of->board->begun = now();
        try_one(of, index);
    }
    of->board->index += 1;
    struct rusage used[2];
    getrusage(RUSAGE_SELF, &used[0]);
    getrusage(RUSAGE_CHILDREN, &used[1]);
    for (int i = 0; i < 2; i++) {
        long peak = used[i].ru_maxrss;
        of->board->peak = peak > of->board->peak ? peak : of->board->peak;
    }
    fflush(NULL);
    _exit(0);
}

/* ---- the parent ------------------------------------------------------------------------ */

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

/* Waits for the child; false where it had to be ended. */
static bool wait_for(const work *of, pid_t child, int *how)
{
    const struct timespec pause = {0, 20 * 1000 * 1000};
    while (waitpid(child, how, WNOHANG) == 0) {
        nanosleep(&pause, NULL);
        if (now() > of->board->begun + HANG_SECONDS * 1000) {
            kill(child, SIGKILL);
            waitpid(child, how, 0);
            return false;
        }
    }
    return true;
}

static void run_all(work *of)
{
    for (uint64_t index = of->first; index < of->end && !stopped;) {
        int how = 0;
        of->board->index = index;
        of->board->begun = now();
        pid_t child = fork();
        if (child == 0) {
            run_child(of, index);
        }
        bool ended = wait_for(of, child, &how);
        index = of->board->index;
        if (!ended || !WIFEXITED(how) || WEXITSTATUS(how) != 0) {
            outcome found = ended ? OUTCOME_CRASH : OUTCOME_SLOW;
            snprintf(of->bench.message, sizeof of->bench.message, "wait status %#x", how);
            count(of->board, found);
            keep(of, index, found);
            index++;
        }
    }
}

static void print_row(const char *name, const uint64_t counts[OUTCOMES], uint64_t *bad)
{
    printf("%-12s", name);
    for (int found = 0; found < OUTCOMES; found++) {
        printf(" %8llu", (unsigned long long)counts[found]);
        *bad += found >= OUTCOME_GOOD ? counts[found] : 0;
    }
    printf("\n");
}

static int report(const work *of)
{
    uint64_t bad = 0, again = 0;
    printf("%-12s", "");
    for (int found = 0; found < OUTCOMES; found++) {
        printf(" %8s", outcome_names[found]);
    }
    printf("\n");
    for (int kind = 0; kind < SEED_KINDS; kind++) {
        print_row(kind_names[kind], of->board->counts[kind], &bad);
    }
    for (int how = 0; how < MUTATIONS; how++) {
        print_row(mutation_names[how], of->board->how[how], &again);
    }
    printf("up to file %llu; most: %llu ms of the processor (file %llu), %ld MiB resident\n",
           (unsigned long long)of->board->index, (unsigned long long)of->board->slowest,
           (unsigned long long)of->board->slowest_index, of->board->peak / 1024);
    return bad != 0;
}

static const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return argv[i + 1];
        }
    }
    return otherwise;
}

int main(int argc, char **argv)
{
    work all = {.random_seed = strtoull(option(argc, argv, "--seed", "1"), NULL, 10),
                .first = strtoull(option(argc, argv, "--first", "0"), NULL, 10),
                .keep = option(argc, argv, "--keep", NULL)};
    const char *corpus = argv[argc - 1], *base = getenv("TMPDIR");
    char path[512];
    all.end = all.first + strtoull(option(argc, argv, "--count", "1000"), NULL, 10);
    all.board =
        mmap(NULL, sizeof *all.board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(all.bench.folder, sizeof all.bench.folder, "%s/tagroute-mutants-XXXXXX",
             base && base[0] ? base : "/tmp");
    if (all.board == MAP_FAILED || mkdtemp(all.bench.folder) == NULL) {
        perror("setting up");
        return 1;
    }
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    add_seeds(&all, corpus, "queries", SEED_QUERIES);
    add_seeds(&all, corpus, "router", SEED_ROUTER);
    add_seeds(&all, corpus, "jsonl", SEED_LOG);
    add_seeds(&all, corpus, "msgpack", SEED_LOG);
    add_seeds(&all, corpus, "source", SEED_LOG);
    add_seeds(&all, corpus, "decisions", SEED_DECISIONS);
    add_seeds(&all, corpus, "prices", SEED_PRICES);
    add_seeds(&all, corpus, "vocabulary", SEED_VOCABULARY);
    add_seeds(&all, corpus, "mapping", SEED_MAPPING);
    study_all(&all);
    printf("seed %llu, files %llu to %llu\n", (unsigned long long)all.random_seed,
           (unsigned long long)all.first, (unsigned long long)all.end);
    fflush(stdout);
    run_all(&all);
    mutant_path(&all, path);
    unlink(path);
    rmdir(all.bench.folder);
    for (size_t i = 0; i < all.count; i++) {
        free_seed(&all.seeds[i]);
    }
    free(all.order);
    return report(&all);
}
