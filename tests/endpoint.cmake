# Asking a language model: answers, requests, the file of answers; and whole runs.
foreach(name IN ITEMS answer parts cache)
  tgr_test(test_endpoint_${name} base log endpoint)
endforeach()

# Whole runs over a network of the test's own, which takes the place of http.c.
tgr_test(test_endpoint_run base log)
file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/engine/endpoint/*.c)
list(FILTER sources EXCLUDE REGEX "/http[a-z_]*\\.c$")
target_sources(test_endpoint_run PRIVATE ${sources})
