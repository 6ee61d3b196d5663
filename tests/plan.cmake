# Choosing how rows are routed, and the dense way of it.
tgr_test(test_kernels_dense kernels)
tgr_test(test_plan base kernels store router scorer policy simulate judge solve tagger engine)
