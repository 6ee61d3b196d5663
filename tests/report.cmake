tgr_test(test_report base policy report)
