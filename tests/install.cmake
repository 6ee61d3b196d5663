# The installation, used by somebody else's build.
if(TAGROUTE_INSTALL)
  set(flags "")
  if(TAGROUTE_SANITIZE)
    set(flags "-fsanitize=${TAGROUTE_SANITIZE}")
  endif()
  add_test(NAME install_consumer COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/install/run.sh
    ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER} ${CMAKE_CXX_COMPILER} "${flags}")
endif()
