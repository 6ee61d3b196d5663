# Vectors of tags, which are near each other, clusters.
set(normalise_rooms base kernels log store router scorer policy simulate judge solve engine tagger judgements ingest tag normalise)
tgr_test(test_normalise_dbscan ${normalise_rooms})
tgr_test(test_kernels_similar kernels)
tgr_test(test_tagger_rules base router tagger)
tgr_test(test_tagger_mapping base router tagger)
tgr_test(test_normalise ${normalise_rooms})
