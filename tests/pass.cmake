# Walks over query files.
tgr_test(test_pass base kernels store router scorer policy simulate judge solve tagger engine)
