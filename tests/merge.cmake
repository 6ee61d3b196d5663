# Shards of a run.
tgr_test(test_merge base kernels store router scorer policy log ingest engine merge)
