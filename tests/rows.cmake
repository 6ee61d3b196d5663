# Rows in the caller's memory.
tgr_test(test_rows base kernels store router scorer policy simulate judge solve tagger engine rows)
