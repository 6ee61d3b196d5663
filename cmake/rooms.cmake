# The rooms of the library: one object library a folder, so that each is compiled and tested alone.
# docs/architecture.md says which room may include which.

add_library(tgr_flags INTERFACE)
target_include_directories(tgr_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
target_compile_definitions(tgr_flags INTERFACE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
# -ffp-contract=off: a multiplication and an addition are fused only where the source says fmaf.
# -fno-math-errno: nobody reads errno after sqrt or llrint, which are instructions then.
target_compile_options(tgr_flags INTERFACE -Wall -Wextra -Wshadow -Wpointer-arith -ffp-contract=off -fno-math-errno
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes>
  $<$<BOOL:${TAGROUTE_WERROR}>:-Werror>)
target_link_libraries(tgr_flags INTERFACE ${TGR_DEPENDENCIES})
# Sanitized, hardly anything runs longer with -O1, and it compiles in half the time; lines are enough for a
# backtrace. Nor do programs wait at every start for the addresses of hundreds of thousands of checks.
if(TAGROUTE_SANITIZE)
  target_compile_options(tgr_flags INTERFACE -fsanitize=${TAGROUTE_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all -O1 -g1)
  add_link_options(-fsanitize=${TAGROUTE_SANITIZE} $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-no-pie>)
endif()

set(TGR_ROOM_OBJECTS "")
# tgr_room(NAME FOLDER...): every source of the folders (not of folders below them).
function(tgr_room name)
  set(sources "")
  foreach(folder IN LISTS ARGN)
    file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c
      ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
    list(APPEND sources ${found})
  endforeach()
  add_library(tgr_${name} OBJECT ${sources})
  target_link_libraries(tgr_${name} PRIVATE tgr_flags)
  set(TGR_ROOM_OBJECTS ${TGR_ROOM_OBJECTS} $<TARGET_OBJECTS:tgr_${name}> PARENT_SCOPE)
endfunction()

tgr_room(kernels kernels/ref kernels/body kernels/scalar kernels/x86 kernels/arm kernels/xsmm
  kernels)
if(TGR_HAVE_XSMM)
  target_compile_definitions(tgr_kernels PRIVATE TGR_HAVE_XSMM)
endif()
# A variant's file alone is compiled for its instruction set; the choice is made at run time.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(avx2 -mavx2 -mfma -mbmi -mbmi2 -mpopcnt)
  set(avx512 ${avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vbmi2)
  set_source_files_properties(kernels/scalar/scalar_fma.c PROPERTIES COMPILE_OPTIONS "-mavx;-mfma")
  set_source_files_properties(kernels/x86/avx2.c PROPERTIES COMPILE_OPTIONS "${avx2}")
  set_source_files_properties(kernels/x86/avx512.c PROPERTIES COMPILE_OPTIONS "${avx512}")
endif()
# Sanitized, a variant takes minutes to compile: a wrong address is found by the address sanitizer where
# it is used. gcc then takes loops over whole lanes for ones that may not run.
if(TAGROUTE_SANITIZE)
  set_property(SOURCE kernels/scalar/scalar.c kernels/scalar/scalar_fma.c kernels/x86/avx2.c
    kernels/x86/avx512.c APPEND PROPERTY COMPILE_OPTIONS
    -fno-sanitize=null,object-size,pointer-overflow -Wno-maybe-uninitialized)
endif()
tgr_room(base engine/base)
tgr_room(log engine/log)
tgr_room(store engine/store)
tgr_room(router engine/router)
tgr_room(scorer engine/scorer)
tgr_room(policy engine/policy)
tgr_room(simulate engine/simulate)
tgr_room(report engine/report)
# Style and script of the report are files of their own, and strings of the program.
include(${CMAKE_CURRENT_LIST_DIR}/text_to_c.cmake)
set(report_texts ${PROJECT_BINARY_DIR}/texts)
foreach(kind IN ITEMS css js)
  tgr_text_to_c(page_${kind} ${PROJECT_SOURCE_DIR}/engine/report/page.${kind}
    ${report_texts}/engine/report/page_${kind}.h)
endforeach()
target_include_directories(tgr_report PRIVATE ${report_texts})
tgr_room(judge engine/judge)
tgr_room(elsewhere engine/elsewhere)
tgr_room(tagger engine/tagger)
tgr_room(judgements engine/judgements)
tgr_room(ingest engine/ingest)
tgr_room(tag engine/tag)
tgr_room(endpoint engine/endpoint)
if(TAGROUTE_CURL)
  target_compile_definitions(tgr_endpoint PRIVATE TGR_HAVE_CURL)
endif()
tgr_room(merge engine/merge)
tgr_room(join engine/join)
tgr_room(info engine/info)
tgr_room(engine engine engine/route engine/fit)
tgr_room(solve engine/solve)
tgr_room(normalise engine/normalise)
tgr_room(rows engine/rows)
tgr_room(plausible engine/plausible)
tgr_room(explain engine/explain)
tgr_room(export engine/export)
tgr_room(upkeep engine/upkeep)
tgr_room(drift engine/drift)
tgr_room(bench bench)
# The limits and the plain loops are compiled as hard as each instruction set allows. Sanitizers would
# only measure themselves there, and take minutes to compile.
set(loop_options -O3)
if(TAGROUTE_SANITIZE)
  set(loop_options -O1 -fno-sanitize=all)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  foreach(loop IN ITEMS limits plain)
    set_source_files_properties(bench/${loop}_avx2.c PROPERTIES COMPILE_OPTIONS "${avx2};${loop_options}")
    set_source_files_properties(bench/${loop}_avx512.c PROPERTIES COMPILE_OPTIONS "${avx512};${loop_options}")
  endforeach()
endif()
set_source_files_properties(bench/limits.c bench/plain.c PROPERTIES COMPILE_OPTIONS "${loop_options}")
# The bench draws its queries from the generator's worlds.
list(APPEND TGR_ROOM_OBJECTS $<TARGET_OBJECTS:tgr_generate>)
