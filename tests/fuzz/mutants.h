/* mutants.h - good files, ways to damage them, and what became of it. */
#ifndef TGR_TESTS_FUZZ_MUTANTS_H
#define TGR_TESTS_FUZZ_MUTANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- good files ------------------------------------------------------------------------ */

typedef enum seed_kind {
    SEED_QUERIES,
    SEED_ROUTER,
    SEED_LOG,
    SEED_DECISIONS,
    SEED_PRICES,
    SEED_VOCABULARY,
    SEED_MAPPING,
    SEED_KINDS
} seed_kind;

typedef struct byte_range { /* of a file: what a checksum is over */
    uint64_t begin, length;
} byte_range;

#define RANGES 64

typedef struct seed {
    seed_kind kind;
    char *path, *name;
    uint8_t *bytes;
    size_t length;
    bool good;
    byte_range ranges[RANGES];
    size_t range_count;
    uint64_t digest;    /* of what is read of it */
    uint64_t decisions; /* of what routing it writes */
} seed;

/* ---- damage (mutants_mutate.c) --------------------------------------------------------- */

typedef enum mutation {
    MUTATE_FLIP,    /* some bits */
    MUTATE_SUMMED,  /* one bit that a checksum is over */
    MUTATE_CUT,     /* a shorter file */
    MUTATE_GROW,    /* bytes put in between, or behind */
    MUTATE_SPLICE,  /* the beginning of one file, the end of another */
    MUTATE_NUMBER,  /* a size, count or address set to an extreme */
    MUTATE_FILL,    /* some bytes set to one value */
    MUTATE_COPY,    /* a part of the file over another part */
    MUTATE_SEVERAL, /* of these, one after another */
    MUTATIONS
} mutation;

typedef struct mutant {
    uint8_t *bytes; /* room for mutant_room */
    size_t length;
    mutation how;
} mutant;

uint64_t draw(uint64_t *random);
size_t draw_below(uint64_t *random, size_t limit); /* 0 where limit is */

/* Makes of one good file, and perhaps of another one of its kind, a damaged one. */
void mutate(const seed *from, const seed *other, uint64_t *random, mutant *made);
size_t mutant_room(const seed *from, const seed *other);

/* ---- use (mutants_run.c) --------------------------------------------------------------- */

typedef enum outcome {
    OUTCOME_TAKEN,
    OUTCOME_REFUSED, /* with a sentence, exit status 3 */
    OUTCOME_PROBE,   /* likewise, since libhdf5 did not survive the file */
    OUTCOME_USAGE,   /* it lacks what was asked for */
    OUTCOME_GOOD,    /* how many of these are as they should be */
    OUTCOME_IO = OUTCOME_GOOD,
    OUTCOME_MEMORY, /* more of it than the limit */
    OUTCOME_WRONG,  /* a promise broken: message says which */
    OUTCOME_CRASH,
    OUTCOME_SLOW,
    OUTCOMES
} outcome;

typedef struct bench { /* what damaged files are tried with */
    char folder[256];
    const seed *queries; /* a good one that has all that fitting needs */
    const seed *router;  /* fitted to it */
    const seed *log;     /* with texts and tags */
    char message[1024];  /* of what was wrong */
} bench;

/* Ranges under checksums, and digests. False: the file is not good, and on->message says why. */
bool study(bench *on, seed *of);

/* Tries a damaged file, which lies at `path`, as the program would. */
outcome try_mutant(bench *on, const seed *from, const mutant *made, const char *path,
                   uint64_t *random);

#endif
