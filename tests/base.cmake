tgr_test(test_base base)
