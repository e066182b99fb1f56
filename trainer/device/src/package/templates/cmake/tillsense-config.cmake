# Written by `tillsense library` @VERSION@ for @PROCESSOR@, with the parts @PARTS@.
#
#   add_subdirectory(@FOLDER@)        or: find_package(tillsense CONFIG REQUIRED PATHS @FOLDER@ NO_DEFAULT_PATH)
#   target_link_libraries(app PRIVATE tillsense::tillsense)
#   tillsense_embed(app model path/to/model.till)
if(NOT TARGET tillsense::tillsense)
  add_library(tillsense::tillsense STATIC IMPORTED GLOBAL)
  set_target_properties(tillsense::tillsense PROPERTIES
    IMPORTED_LOCATION "${CMAKE_CURRENT_LIST_DIR}/libtillsense.a"
    INTERFACE_INCLUDE_DIRECTORIES "${CMAKE_CURRENT_LIST_DIR}"
    INTERFACE_LINK_LIBRARIES "@SYSTEM@")
endif()

@EMBED@
