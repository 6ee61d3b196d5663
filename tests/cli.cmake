# The program as its users meet it: Python drives it, and checks its files with anndata and numpy.
# The distribution's own interpreter has those; another one in front of it may not.
find_program(TAGROUTE_PYTHON NAMES python3 PATHS /usr/bin /usr/local/bin NO_DEFAULT_PATH)
if(NOT TAGROUTE_PYTHON)
  find_program(TAGROUTE_PYTHON NAMES python3 REQUIRED)
endif()

foreach(name IN ITEMS cli/usage cli/formats cli/safety cli/chain cli/interop cli/decisions cli/resume_ingest cli/shard_ingest mmlu)
  string(REPLACE "/" "_" test ${name})
  add_test(NAME ${test} COMMAND ${TAGROUTE_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/${name}_test.py)
  set_tests_properties(${test} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT
    "TAGROUTE=$<TARGET_FILE:tagroute>;TAGROUTE_GEN=$<TARGET_FILE:tagroute-gen>")
endforeach()
