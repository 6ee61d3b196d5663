tgr_test(test_kernels_ref kernels)
