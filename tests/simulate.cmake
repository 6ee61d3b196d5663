set(rooms base kernels store router policy scorer simulate engine)
tgr_test(test_simulate_parts ${rooms})
tgr_test(test_simulate_cases ${rooms})
tgr_test(test_simulate ${rooms})
