/* normalise.h - the tags of query files brought down to a canonical set. */
#ifndef TAGROUTE_NORMALISE_H
#define TAGROUTE_NORMALISE_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tgr_normalise_options {
    size_t size; /* sizeof(tgr_normalise_options) */
    const char *const
        *inputs; /* query files, logs ("-" once), routers and vocabularies, taken as one */
    size_t input_count;
    const char *split;      /* NULL or "": every query; else those of this split count */
    const char *output;     /* the mapping to write, a table for reading and editing; replaced
                             * atomically */
    const char *mapping;    /* NULL, or an earlier mapping, perhaps edited, that stays as it is */
    const char *embeddings; /* NULL: vectors of the tags' spelling; else an HDF5 file */
    double min_count;       /* tags seen less often are dropped */
    double eps;             /* cosine distance up to which tags are near, 0 to 2 */
    uint32_t min_samples;   /* a tag with so many near ones, itself included, is a core */
    double align_min;       /* the cosine from which a tag joins one of `mapping`; above 1: none */
} tgr_normalise_options;

typedef struct tgr_normalise_report {
    uint64_t tags;      /* seen, those of the mapping that was given included */
    uint64_t canonical; /* that are left */
    uint64_t rare;      /* dropped for that */
    uint64_t joined;    /* to the mapping that was given */
    uint64_t by_rule;   /* that are another tag but for how they are written */
    uint64_t clustered; /* distinct by rule, and not dropped */
    uint64_t clusters;  /* of two or more of them */
    uint64_t alone;     /* of them in no cluster */
    uint64_t borders;   /* of them in a cluster without being a core */
    uint64_t no_vector; /* that the embeddings lack */
} tgr_normalise_report;

/* Defaults: min_count 5, eps 0.15, min_samples 2, align_min 0.85, everything else none. */
TGR_API void tgr_normalise_options_init(tgr_normalise_options *options);

/* Writes the mapping of all tags of the query files, but for those made of categories. Of a log,
 * the tags of its records count as ingest counts them, and too many bad records are TGR_ERR_INPUT;
 * of a router, how often it learnt each tag; of a vocabulary, in how many texts each phrase was
 * (where phrases stand for tags: the most frequent of those that stand for it).
 *
 * Tags that are the same but for case, Unicode form, spaces, punctuation and an English plural come
 * together, and are dropped where they were seen less than min_count times all together. The others
 * get a vector each: by default of the runs of two to four characters of their form; or, of the
 * most frequent of them that it has, from `embeddings`, a file with the datasets `tags` and
 * `vectors`. DBSCAN clusters these by cosine distance; a tag near cores of several clusters without
 * being a core goes to the cluster with the most frequent first core. The most frequent tag names a
 * cluster. The result does not depend on threads or the processor.
 *
 * Given a `mapping`, tags that it has, are one of its tags by rule, or are spelt as near as
 * align_min to one of its canonical tags join it; only the rest is clustered. TGR_ERR_INPUT for a
 * mapping with a tag twice, with a tag that becomes one without a line, or that becomes another
 * again; the sentence names the line. `report` may be NULL. */
TGR_API tgr_status tgr_normalise(const tgr_normalise_options *options, tgr_normalise_report *report,
                                 const tgr_run *run, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
