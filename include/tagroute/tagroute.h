/* tagroute.h - all of tagroute's public interface.
 *
 * tagroute routes very large logs of queries to models: a query is a sparse row of tag counts, a
 * router holds a score for every tag and model, and a policy turns scores and costs into a choice.
 *
 *   log  --tgr_ingest-->  query file  --tgr_fit-->  router
 *   query file + router  --tgr_route-->  decisions
 *   query file + router  --tgr_simulate-->  what each threshold would cost and achieve
 *
 * Thread-safety: functions may be called from several threads on different objects, but calls that
 * read or write HDF5 files are serialised by the caller unless the HDF5 library is thread-safe
 * (Debian's is). There is no global state to initialise.
 */
#ifndef TAGROUTE_TAGROUTE_H
#define TAGROUTE_TAGROUTE_H

#include <tagroute/aligned.h>
#include <tagroute/batches.h>
#include <tagroute/bench.h>
#include <tagroute/compare.h>
#include <tagroute/crew.h>
#include <tagroute/details.h>
#include <tagroute/drift.h>
#include <tagroute/elsewhere.h>
#include <tagroute/endpoint.h>
#include <tagroute/explain.h>
#include <tagroute/fit.h>
#include <tagroute/info.h>
#include <tagroute/ingest.h>
#include <tagroute/join.h>
#include <tagroute/merge.h>
#include <tagroute/normalise.h>
#include <tagroute/plausible.h>
#include <tagroute/policy.h>
#include <tagroute/prices.h>
#include <tagroute/report.h>
#include <tagroute/route.h>
#include <tagroute/router.h>
#include <tagroute/rows.h>
#include <tagroute/run.h>
#include <tagroute/simulate.h>
#include <tagroute/solve.h>
#include <tagroute/status.h>
#include <tagroute/tagger.h>
#include <tagroute/texts.h>
#include <tagroute/upkeep.h>
#include <tagroute/version.h>

#endif
