# The bench: limits against the reference, checks that catch a wrong kernel, the command.
find_program(TAGROUTE_PYTHON NAMES python3 PATHS /usr/bin /usr/local/bin NO_DEFAULT_PATH)
tgr_test(test_bench base kernels log store router scorer policy simulate judge solve tagger judgements ingest engine generate bench)
add_test(NAME cli_bench COMMAND ${TAGROUTE_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/cli/bench_test.py)
set_tests_properties(cli_bench PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT
  "TAGROUTE=$<TARGET_FILE:tagroute>;TAGROUTE_GEN=$<TARGET_FILE:tagroute-gen>")
set_tests_properties(cli_bench PROPERTIES LABELS once)
