# Written by `tillsense library`. With the folder @FOLDER@, by its whole path, in ZEPHYR_EXTRA_MODULES:
#
#   west build -b BOARD @FOLDER@/samples/verdict -- -DZEPHYR_EXTRA_MODULES=PATH/@FOLDER@
cmake_minimum_required(VERSION 3.20)
find_package(Zephyr REQUIRED HINTS $ENV{ZEPHYR_BASE})
project(verdict C)
include("../../cmake/embed.cmake")
target_sources(app PRIVATE src/main.c)
tillsense_embed(app model model.till)
