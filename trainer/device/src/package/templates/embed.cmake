# tillsense_embed(TARGET SYMBOL FILE) puts a model file into a target, at a multiple of 16 as the library needs it. C sees
#
#   extern const unsigned char SYMBOL[], SYMBOL_end[];
#
# The section is .rodata.SYMBOL, so that a linker script can place it by name, in external flash for example.
function(tillsense_embed target symbol file)
  get_filename_component(path "${file}" ABSOLUTE)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/tillsense_${symbol}.c")
  file(WRITE "${source}.new" "__asm__(
    \".section .rodata.${symbol}, \\\"a\\\"\\n\"
    \".balign 16\\n\"
    \".global ${symbol}\\n\"
    \".type ${symbol}, %object\\n\"
    \"${symbol}:\\n\"
    \".incbin \\\"${path}\\\"\\n\"
    \".size ${symbol}, . - ${symbol}\\n\"
    \".global ${symbol}_end\\n\"
    \"${symbol}_end:\\n\"
    \".previous\\n\");
")
  # An unchanged file keeps its time, so nothing is compiled again for it.
  configure_file("${source}.new" "${source}" COPYONLY)
  set_source_files_properties("${source}" PROPERTIES OBJECT_DEPENDS "${path}")
  target_sources(${target} PRIVATE "${source}")
endfunction()
