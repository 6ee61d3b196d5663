# Processes that work together.
tgr_test(test_crew base kernels store router scorer policy simulate judge solve tagger engine)
