tgr_test(test_scorer base kernels store router scorer policy engine)
foreach(name IN ITEMS test_fit test_fit_errors test_fit_shards)
  tgr_test(${name} base kernels store router scorer policy engine)
endforeach()
