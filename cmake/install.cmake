# Installation: libraries, headers, the program, and how other builds find them (find_package and
# pkg-config; both keep working when the whole installation is moved).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The shared library needs nothing else to link with; the static one needs what tagroute stands on,
# and is offered where that is found. Hence two sets of targets.
# Components are packages (packages.cmake): the program, the library it could be built upon, and what
# it takes to compile against that.
install(TARGETS tagroute_shared EXPORT tagroute-shared
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)
install(TARGETS tagroute_static EXPORT tagroute-static
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(TARGETS tagroute RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
if(TAGROUTE_MPI)
  install(TARGETS tagroute-mpi RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT mpi)
  install(FILES ${TGR_MANUAL_FOLDER}/tagroute-mpi.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
    COMPONENT mpi)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/tagroute DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  COMPONENT development FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md
  ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

# Manual pages and completions.
install(DIRECTORY ${TGR_MANUAL_FOLDER}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program
  FILES_MATCHING PATTERN "*.1" PATTERN "tagroute-mpi.1" EXCLUDE)
install(FILES ${TGR_MANUAL_FOLDER}/tagroute.bash RENAME tagroute COMPONENT program
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${TGR_MANUAL_FOLDER}/_tagroute COMPONENT program
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${TGR_MANUAL_FOLDER}/tagroute.fish COMPONENT program
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tagroute)
foreach(set IN ITEMS shared static)
  install(EXPORT tagroute-${set} NAMESPACE tagroute:: DESTINATION ${package_dir}
    FILE tagroute-${set}-targets.cmake COMPONENT development)
endforeach()
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/tagroute-config.cmake.in
  ${PROJECT_BINARY_DIR}/cmake/tagroute-config.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cmake/tagroute-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cmake/tagroute-config.cmake
  ${PROJECT_BINARY_DIR}/cmake/tagroute-config-version.cmake DESTINATION ${package_dir}
  COMPONENT development)

# The .pc file finds its prefix from its own place.
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
file(RELATIVE_PATH pc_libdir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH pc_includedir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
# gcc finds its own OpenMP library; LLVM's lies where only clang looks.
set(pc_openmp "-lgomp")
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
  set(pc_openmp ${OpenMP_omp_LIBRARY})
endif()
# What libcurl itself stands on is its own matter: as a requirement it would name all of that.
set(pc_curl "")
if(TAGROUTE_CURL)
  set(pc_curl "-lcurl ")
endif()
set(pc_xsmm "")
if(TGR_HAVE_XSMM)
  get_filename_component(folder ${TGR_XSMM_LIBRARY} DIRECTORY)
  set(pc_xsmm "-L${folder} -lxsmmgen ")
  if(folder IN_LIST CMAKE_C_IMPLICIT_LINK_DIRECTORIES)
    set(pc_xsmm "-lxsmmgen ")
  endif()
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/tagroute.pc.in ${PROJECT_BINARY_DIR}/cmake/tagroute.pc
  @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cmake/tagroute.pc DESTINATION ${pkgconfig_dir}
  COMPONENT development)
