# Routers changed and compared, when memory runs short.
tgr_test(test_upkeep base kernels log store router scorer policy simulate judge solve tagger engine upkeep)
