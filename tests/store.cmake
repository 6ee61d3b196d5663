# Query files and decisions in HDF5.
tgr_test(test_store_queries base store)
