# The program as its users meet it: Python drives it, and checks its files with anndata and numpy.
# The distribution's own interpreter has those; another one in front of it may not.
find_program(TAGROUTE_PYTHON NAMES python3 PATHS /usr/bin /usr/local/bin NO_DEFAULT_PATH)
if(NOT TAGROUTE_PYTHON)
  find_program(TAGROUTE_PYTHON NAMES python3 REQUIRED)
endif()

# Makes calls to the system fail; not together with the sanitizers, which come first in a program.
set(faults "")
if(NOT TAGROUTE_SANITIZE AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
  add_library(fault_io MODULE fault_io.c)
  target_link_libraries(fault_io PRIVATE ${CMAKE_DL_LIBS})
  set_target_properties(fault_io PROPERTIES C_VISIBILITY_PRESET default)
  set(faults $<TARGET_FILE:fault_io>)
endif()

foreach(name IN ITEMS cli/usage cli/formats cli/safety cli/chain cli/interop cli/decisions
    cli/resume_ingest cli/shard_ingest cli/resume_route cli/merge cli/solve cli/faults cli/judge cli/tag cli/tag_logs
    cli/explain cli/export cli/guide cli/upkeep cli/drift cli/schemas cli/join cli/outcomes cli/paid cli/journey
    cli/normalise cli/endpoint cli/report cli/tokens cli/prices cli/elsewhere
    cli/weights cli/weighted_simulate cli/lanes mmlu)
  string(REPLACE "/" "_" test ${name})
  add_test(NAME ${test} COMMAND ${TAGROUTE_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/${name}_test.py)
  set_tests_properties(${test} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT
    "TAGROUTE=$<TARGET_FILE:tagroute>;TAGROUTE_GEN=$<TARGET_FILE:tagroute-gen>;TAGROUTE_FAULTS=${faults}")
endforeach()

# What waits for kills and disks rather than for the processor tells nothing more with another
# compiler: presets but "release" leave it out.
set_tests_properties(cli_guide cli_journey cli_resume_ingest cli_resume_route cli_shard_ingest cli_faults
  PROPERTIES LABELS once)

# What takes long is run with gcc, and under the sanitizers; another compiler is heard on all the rest.
set_tests_properties(cli_merge cli_endpoint cli_tag cli_normalise cli_export mmlu PROPERTIES LABELS slow)

# What takes longest starts first, so that nothing is left for one processor at the end.
set_tests_properties(cli_merge cli_resume_route cli_weighted_simulate PROPERTIES COST 100)

# Several processes, where there is an MPI: most of the time they are being started.
if(TAGROUTE_MPI)
  foreach(name IN ITEMS mpi mpi_simulate)
    add_test(NAME cli_${name} COMMAND ${TAGROUTE_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/cli/${name}_test.py)
    set_tests_properties(cli_${name} PROPERTIES LABELS once COST 200 SKIP_RETURN_CODE 77 ENVIRONMENT
      "TAGROUTE=$<TARGET_FILE:tagroute>;TAGROUTE_GEN=$<TARGET_FILE:tagroute-gen>;TAGROUTE_MPI=$<TARGET_FILE:tagroute-mpi>;TAGROUTE_MPIRUN=${MPIEXEC_EXECUTABLE};OMP_WAIT_POLICY=passive")
  endforeach()
endif()
