tgr_test(test_kernels_ref kernels)
tgr_test(test_kernels_variants kernels)
tgr_test(test_kernels_thresholds kernels)
tgr_test(test_kernels_count kernels)
tgr_test(test_kernels_answers kernels)

# The NEON variant, cross-compiled and run by an emulator where both are installed. Kernels and their tests
# need no library but C's.
find_program(TAGROUTE_AARCH64_CC aarch64-linux-gnu-gcc)
find_program(TAGROUTE_AARCH64_RUN NAMES qemu-aarch64 qemu-aarch64-static)
if(TAGROUTE_AARCH64_CC AND TAGROUTE_AARCH64_RUN AND NOT TAGROUTE_SANITIZE
    AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
  file(GLOB neon_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/*.[ch]
    ${PROJECT_SOURCE_DIR}/kernels/ref/*.c ${PROJECT_SOURCE_DIR}/kernels/body/*.[ch]
    ${PROJECT_SOURCE_DIR}/kernels/scalar/*.[ch] ${PROJECT_SOURCE_DIR}/kernels/arm/*.[ch])
  set(neon_compiled ${neon_sources})
  list(FILTER neon_compiled INCLUDE REGEX "\\.c$")
  set(neon_flags -std=c17 -O1 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -Wall -Wextra -Werror -ffp-contract=off
    -fopenmp-simd -DTGR_TESTS_WITHOUT_CMOCKA -DSHAPES=60 -I${PROJECT_SOURCE_DIR} -I${PROJECT_SOURCE_DIR}/include)
  add_custom_command(OUTPUT neon_kernels.o
    COMMAND ${TAGROUTE_AARCH64_CC} ${neon_flags} -r ${neon_compiled} -o neon_kernels.o
    DEPENDS ${neon_sources} VERBATIM)
  add_custom_target(neon_kernels DEPENDS neon_kernels.o)
  foreach(test IN ITEMS variants thresholds)
    set(neon_test test_kernels_neon_${test})
    add_custom_command(OUTPUT ${neon_test}
      COMMAND ${TAGROUTE_AARCH64_CC} ${neon_flags} -static ${CMAKE_CURRENT_SOURCE_DIR}/test_kernels_${test}.c
        neon_kernels.o -o ${neon_test} -lm
      DEPENDS test_kernels_${test}.c neon_kernels.o VERBATIM)
    add_custom_target(${neon_test}_built ALL DEPENDS ${neon_test})
    add_dependencies(${neon_test}_built neon_kernels)
    add_test(NAME ${neon_test} COMMAND ${TAGROUTE_AARCH64_RUN} ${CMAKE_CURRENT_BINARY_DIR}/${neon_test})
  endforeach()
endif()
