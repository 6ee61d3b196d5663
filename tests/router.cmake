tgr_test(test_router base router)
tgr_test(test_router_cursor base router)
tgr_test(test_router_file base router)
tgr_test(test_router_hostile base router)
tgr_test(test_router_prices base router)
tgr_test(test_router_rates base router)
tgr_test(test_router_serve base router)
tgr_test(test_router_eligibility base router)

# Python's msgpack and ours read each other's files; skipped where Python has no msgpack.
tgr_test(test_router_python base router)
target_compile_definitions(test_router_python PRIVATE
  TGR_PYTHON_SCRIPT="${CMAKE_CURRENT_SOURCE_DIR}/router_interop.py")
set_tests_properties(test_router_python PROPERTIES SKIP_RETURN_CODE 77)
