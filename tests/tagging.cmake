# The embedded tagger, and what learns for it.
tgr_test(test_tagger base kernels log store router tagger judgements ingest tag)
