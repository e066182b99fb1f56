# Written by `tillsense library`.
idf_component_register(SRCS main.c REQUIRES @FOLDER@)
include("${CMAKE_CURRENT_LIST_DIR}/../../../cmake/embed.cmake")
tillsense_embed(${COMPONENT_LIB} model "${CMAKE_CURRENT_LIST_DIR}/model.till")
