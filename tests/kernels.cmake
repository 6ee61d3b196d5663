tgr_test(test_kernels_ref kernels)
tgr_test(test_kernels_variants kernels)
