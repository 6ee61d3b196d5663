# What tagroute stands on, each with a clear word when it is missing. docs/dependencies.md says why.
include(CheckCCompilerFlag)
find_package(PkgConfig REQUIRED)

set(TGR_DEPENDENCIES "")
set(TGR_MISSING "")

# One dependency: NAME as pkg-config knows it, the Debian package that brings it, what it is for.
function(tgr_need target module package purpose)
  pkg_check_modules(${target} QUIET IMPORTED_TARGET ${module})
  if(${target}_FOUND)
    set(TGR_DEPENDENCIES ${TGR_DEPENDENCIES} PkgConfig::${target} PARENT_SCOPE)
  else()
    set(TGR_MISSING "${TGR_MISSING}\n  ${package}: ${purpose}" PARENT_SCOPE)
  endif()
endfunction()

tgr_need(HDF5 hdf5-serial libhdf5-dev "query files and decisions")
tgr_need(MSGPACK msgpack libmsgpack-dev "MessagePack logs, routers and decisions")
tgr_need(SIMDJSON simdjson libsimdjson-dev "JSON logs and price maps")
tgr_need(XXHASH libxxhash libxxhash-dev "lookup, checksums and digests")
tgr_need(ZLIB zlib zlib1g-dev "gzip logs")
tgr_need(DEFLATE libdeflate libdeflate-dev "compressed query files")
tgr_need(ZSTD libzstd libzstd-dev "zstd logs")
tgr_need(UTF8PROC libutf8proc libutf8proc-dev "folding texts in any language")

# The stemmer comes without a .pc file.
find_library(TGR_STEMMER_LIBRARY stemmer)
find_path(TGR_STEMMER_INCLUDE libstemmer.h)
mark_as_advanced(TGR_STEMMER_LIBRARY TGR_STEMMER_INCLUDE)
if(TGR_STEMMER_LIBRARY AND TGR_STEMMER_INCLUDE)
  add_library(snowball::stemmer UNKNOWN IMPORTED)
  set_target_properties(snowball::stemmer PROPERTIES IMPORTED_LOCATION ${TGR_STEMMER_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${TGR_STEMMER_INCLUDE})
  list(APPEND TGR_DEPENDENCIES snowball::stemmer)
else()
  string(APPEND TGR_MISSING "\n  libstemmer-dev: stems of words")
endif()

# Asking a language model for tags is left out where libcurl is: nothing else needs a network.
pkg_check_modules(CURL QUIET IMPORTED_TARGET libcurl>=7.85)
option(TAGROUTE_CURL "ask endpoints for tags, with libcurl (tag --endpoint)" ${CURL_FOUND})
if(TAGROUTE_CURL AND CURL_FOUND)
  list(APPEND TGR_DEPENDENCIES PkgConfig::CURL)
elseif(TAGROUTE_CURL)
  string(APPEND TGR_MISSING "\n  libcurl4-openssl-dev: tag --endpoint (-DTAGROUTE_CURL=OFF does without)")
else()
  message(STATUS "tag --endpoint is left out: it takes libcurl4-openssl-dev and -DTAGROUTE_CURL=ON")
endif()

# libxsmm generates code for x86-64 only; elsewhere there is no dense way, and nothing to need. Its
# code generator comes without a .pc file.
set(TGR_HAVE_XSMM OFF)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  find_library(TGR_XSMM_LIBRARY xsmmgen)
  find_path(TGR_XSMM_INCLUDE libxsmm_generator.h)
  mark_as_advanced(TGR_XSMM_LIBRARY TGR_XSMM_INCLUDE)
  if(TGR_XSMM_LIBRARY AND TGR_XSMM_INCLUDE)
    set(TGR_HAVE_XSMM ON)
    add_library(xsmm::generator UNKNOWN IMPORTED)
    # It is linked into the shared library, which shows nothing of it.
    set_target_properties(xsmm::generator PROPERTIES IMPORTED_LOCATION ${TGR_XSMM_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${TGR_XSMM_INCLUDE}
      INTERFACE_LINK_OPTIONS LINKER:--exclude-libs,libxsmmgen.a)
    list(APPEND TGR_DEPENDENCIES xsmm::generator)
  else()
    string(APPEND TGR_MISSING "\n  libxsmm-dev: dense multiplication")
  endif()
endif()

# The program for several processes is built where there is an MPI: nothing else needs it, and where it
# is there it should be tested.
find_package(MPI QUIET COMPONENTS C)
option(TAGROUTE_MPI "build tagroute-mpi, which routes with several processes" ${MPI_C_FOUND})
if(TAGROUTE_MPI AND NOT MPI_C_FOUND)
  string(APPEND TGR_MISSING
    "\n  libopenmpi-dev, openmpi-bin: tagroute-mpi (-DTAGROUTE_MPI=OFF does without)")
elseif(NOT TAGROUTE_MPI)
  message(STATUS "tagroute-mpi is left out: it takes libopenmpi-dev, openmpi-bin and -DTAGROUTE_MPI=ON")
endif()

find_package(OpenMP COMPONENTS C)
if(OpenMP_C_FOUND)
  list(APPEND TGR_DEPENDENCIES OpenMP::OpenMP_C)
else()
  string(APPEND TGR_MISSING "\n  libomp-dev: OpenMP for clang (gcc brings its own)")
endif()
find_package(Threads REQUIRED)
list(APPEND TGR_DEPENDENCIES Threads::Threads m)

if(TGR_MISSING)
  message(FATAL_ERROR "Missing (Debian package names; scripts/deps.sh installs them all):${TGR_MISSING}")
endif()
