# Shards of a run.
set(merge_rooms base kernels log store router scorer policy simulate judge solve tagger judgements ingest engine merge)
tgr_test(test_merge ${merge_rooms})
tgr_test(test_merge_queries ${merge_rooms})
