# Manual pages, completions and packages.
add_test(NAME cli_manual COMMAND /usr/bin/env python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/cli/manual_test.py)
set_tests_properties(cli_manual PROPERTIES LABELS once
  ENVIRONMENT "TAGROUTE=$<TARGET_FILE:tagroute>;MANUAL=${TGR_MANUAL_FOLDER}")
if(TAGROUTE_INSTALL AND NOT TAGROUTE_SANITIZE)
  add_test(NAME packages COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/packages.sh ${PROJECT_BINARY_DIR})
  set_tests_properties(packages PROPERTIES LABELS once SKIP_RETURN_CODE 77)
endif()
