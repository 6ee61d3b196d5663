/* assemble.c - the second pass: numbers, the plan of the file, all rows moved, and commit. */
#include "engine/ingest/assemble.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/ingest/move_judged.h"
#include "engine/ingest/moving.h"
#include "engine/ingest/plan.h"
#include "engine/judgements/files.h"

#define BLOCK_ROWS  ((size_t)1 << 15)
#define BLOCK_CELLS ((size_t)1 << 19) /* of a queries x models matrix */

static size_t choose_block_rows(const tgr_columns *columns)
{
    size_t models = tgr_strings_count(columns->models);
    size_t rows = models * BLOCK_ROWS > BLOCK_CELLS ? BLOCK_CELLS / models : BLOCK_ROWS;
    return columns->facts.rows < rows ? (size_t)columns->facts.rows : rows;
}

static tgr_status open_beside(tgr_block *block, const tgr_assembly *assembly, tgr_error *error)
{
    tgr_judgements *judged = assembly->judged;
    block->responses = assembly->responses;
    block->judged = judged;
    if (judged != NULL) {
        block->judged_ids = tgr_mem_alloc(block->capacity, sizeof *block->judged_ids);
    }
    return judged == NULL || block->judged_ids != NULL
               ? TGR_OK
               : tgr_fail_memory(error, "blocks of the query file");
}

/* A shard may well have no row that was judged. */
static tgr_status check_judged(const tgr_assembly *assembly, tgr_error *error)
{
    return assembly->judged == NULL || assembly->shards > 0 || assembly->judged->joined_rows > 0
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_INPUT,
                          "no query has the id of a judgement; are both of the same log?");
}

static void report_judged(const tgr_judgements *judged, tgr_ingest_report *report)
{
    tgr_judged_ids found;
    tgr_judgements_report(judged, &found);
    report->judgements = judged->count;
    report->joined_queries = judged->joined_rows;
    report->judged_ids = found.ids;
    report->unmatched = found.unmatched;
    memcpy(report->first_unmatched, found.first_unmatched, sizeof report->first_unmatched);
}

static void report_contents(const tgr_columns *columns, const tgr_query_plan *plan,
                            const tgr_assembly *assembly, tgr_ingest_report *report)
{
    report->queries = plan->rows;
    report->tags = plan->tags.count;
    report->nonzeros = plan->nonzeros;
    report->models = plan->models.count;
    report->judged = columns->facts.judged;
    report->untagged = columns->facts.untagged;
    report->aligned_exactly = columns->facts.aligned[TGR_ALIGNED_EXACTLY];
    report->aligned_by_rule = columns->facts.aligned[TGR_ALIGNED_BY_RULE];
    report->aligned_nearest = columns->facts.aligned[TGR_ALIGNED_NEAREST];
    report->not_aligned = columns->facts.aligned[TGR_ALIGNED_NOT];
    report->dropped = columns->facts.dropped;
    report->estimated_tokens = columns->facts.estimated_rows;
    report->without_tokens = columns->facts.unmeasured_rows;
    report->estimated_costs = columns->facts.paid_rows;
    report->new_tags = assembly->with_router ? plan->tags.count - columns->tags.numbered : 0;
}

tgr_status tgr_assemble(tgr_columns *columns, const tgr_assembly *assembly,
                        tgr_ingest_report *report, const tgr_run *run, tgr_error *error)
{
    tgr_numbering numbering = {0};
    tgr_query_plan plan;
    tgr_movers all = {0};
    tgr_block block = {0};
    tgr_status status = TGR_OK;
    if (assembly->judged != NULL) {
        TGR_TRY(tgr_judged_number(assembly->judged, columns, error));
    }
    block.capacity = choose_block_rows(columns);
    TGR_TRY(open_beside(&block, assembly, error));
    TGR_TRY(tgr_numbering_make(&numbering, columns, error));
    tgr_ingest_plan_make(&plan, columns, &numbering, assembly, run);
    TGR_TRY(tgr_movers_open(&all, columns, &numbering, &plan, block.capacity, error));
    TGR_TRY(tgr_query_writer_open(assembly->output, &plan, &block.writer, error));
    TGR_TRY(tgr_movers_move(&all, &block, columns->facts.rows, run, error));
    TGR_TRY(check_judged(assembly, error));
    TGR_TRY(tgr_query_writer_commit(block.writer, error));
    report_contents(columns, &plan, assembly, report);
    if (assembly->judged != NULL) {
        report->judged += all.models.newly_judged;
        report_judged(assembly->judged, report);
    }
done:
    tgr_query_writer_free(block.writer);
    tgr_movers_free(&all);
    tgr_mem_free(block.judged_ids);
    tgr_numbering_free(&numbering);
    return status;
}
