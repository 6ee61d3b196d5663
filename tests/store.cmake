# Query files and decisions in HDF5.
tgr_test(test_store_queries base store)
tgr_test(test_store_blocks base store)
tgr_test(test_store_chunks base store)
tgr_test(test_store_gather base store)
tgr_test(test_store_lanes base store)
tgr_test(test_store_canonical base store)
tgr_test(test_store_decisions base store)
tgr_test(test_store_numbers base store)
tgr_test(test_store_hostile base store)
tgr_test(test_store_probe base store)
tgr_test(test_store_fault base store)
set_tests_properties(test_store_probe PROPERTIES COST 100) # long, and mostly waiting: it starts first

# anndata, h5py and scipy against the store, in both directions; skipped where Python lacks them. The
# distribution's own interpreter has them; another one in front of it may not.
add_executable(store_tool interop/store_tool.c)
target_link_libraries(store_tool PRIVATE tgr_flags PkgConfig::CMOCKA)
target_sources(store_tool PRIVATE $<TARGET_OBJECTS:tgr_base> $<TARGET_OBJECTS:tgr_store>)
set_target_properties(store_tool PROPERTIES LINKER_LANGUAGE CXX)
find_program(TAGROUTE_PYTHON NAMES python3 PATHS /usr/bin /usr/local/bin NO_DEFAULT_PATH)
if(TAGROUTE_PYTHON)
  add_test(NAME store_anndata COMMAND ${TAGROUTE_PYTHON} -B
    ${CMAKE_CURRENT_SOURCE_DIR}/interop/store_anndata.py $<TARGET_FILE:store_tool>)
  set_tests_properties(store_anndata PROPERTIES SKIP_RETURN_CODE 77)
endif()
