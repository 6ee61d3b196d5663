# The embedded tagger, and what learns for it.
tgr_test(test_tag_logs base kernels log store router tagger judgements ingest tag)
tgr_test(test_tagger base kernels log store router tagger judgements ingest tag)
