/* partial_file.h - the map that a partial simulation is: its keys, and its limits. */
#ifndef TGR_SIMULATE_PARTIAL_FILE_H
#define TGR_SIMULATE_PARTIAL_FILE_H

#define TGR_PARTIAL_FORMAT     "tagroute.partial-simulation"
#define TGR_PARTIAL_VERSION    2
#define TGR_PARTIAL_WITHOUT    1                 /* the version where queries have no weights */
#define TGR_PARTIAL_MOST_ASKED ((size_t)1 << 20) /* thresholds */

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
    XXH3, /* of all before its own value, which ends the file */
    KEYS
};

static const char *const tgr_partial_keys[KEYS] = {"format",     "version",  "router", "models",
                                                   "policy",     "fallback", "split",  "numbers",
                                                   "thresholds", "sums",     "bins",   "xxh3"};

/* What stands under "numbers". */
enum {
    REFERENCE,
    QUALITY,
    GRID,
    TOTAL,
    SHARD,
    SHARDS,
    MOVING,
    QUERIES,
    UNDECIDED,
    WITHOUT_COUNT, /* so many where queries have no weights */
    WEIGHT_BITS = WITHOUT_COUNT,
    WEIGHT,
    SQUARES_LOW,
    SQUARES_HIGH,
    NUMBER_COUNT
};

#endif
