tgr_test(test_scorer base kernels store router scorer policy simulate judge solve tagger engine)
foreach(name IN ITEMS test_fit test_fit_errors test_fit_shards test_scorer_regression)
  tgr_test(${name} base kernels store router scorer policy simulate judge solve tagger engine)
endforeach()
