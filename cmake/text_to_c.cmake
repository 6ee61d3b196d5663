# Text files as C strings, a line of text a line of C.

# tgr_text_to_c(NAME FILE HEADER): HEADER defines NAME as the text of FILE.
function(tgr_text_to_c name file header)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
  file(CONFIGURE OUTPUT ${header} @ONLY CONTENT
    "/* Made from a file of text; do not edit. */\nstatic const char @name@[] =\n    \"@text@\";\n")
endfunction()
