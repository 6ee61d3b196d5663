# The log generator and the converters of public data sets.
tgr_test(test_generate_world base generate)
tgr_test(test_generate_log base generate)

find_program(TGR_PYTHON NAMES python3 DOC "Python for tests of the generator and the converters")
mark_as_advanced(TGR_PYTHON)
# tgr_python_test(NAME FILE ARGUMENT...): skipped where there is no Python.
function(tgr_python_test name file)
  if(TGR_PYTHON)
    add_test(NAME ${name} COMMAND ${TGR_PYTHON} -B ${PROJECT_SOURCE_DIR}/${file} ${ARGN})
  else()
    add_test(NAME ${name} COMMAND sh -c "echo 'no python3: skipped'; exit 77")
  endif()
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77)
endfunction()
tgr_python_test(cli_generate tests/cli/generate_test.py $<TARGET_FILE:tagroute-gen>)
tgr_python_test(converters datasets/converters/test_converters.py)
