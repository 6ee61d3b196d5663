# Processes that work together: with more threads than processors, so that none had better spin.
tgr_test(test_crew base kernels store router scorer policy simulate judge solve tagger engine)
set_tests_properties(test_crew PROPERTIES ENVIRONMENT OMP_WAIT_POLICY=passive)
