# Drift, when memory runs short.
tgr_test(test_drift base kernels log store router scorer policy simulate judge solve tagger engine drift)
