# SPDX-License-Identifier: MIT OR Apache-2.0
# Writes a C file that holds the Lua modules and the cdef as byte arrays (see lua/embedded.h).
set(arrays "")
set(entries "")
set(index 0)
function(add_entry name path)
    file(READ "${path}" hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(LENGTH "${hex}" digits)
    math(EXPR size "${digits} / 2")
    set(arrays "${arrays}static const unsigned char data_${index}[] = {${bytes}0};\n" PARENT_SCOPE)
    set(entries "${entries}    {\"${name}\", data_${index}, ${size}},\n" PARENT_SCOPE)
    math(EXPR next "${index} + 1")
    set(index ${next} PARENT_SCOPE)
endfunction()
add_entry("cdef" "${CDEF}")
foreach(module IN LISTS MODULES)
    get_filename_component(name "${module}" NAME_WE)
    add_entry("palua.${name}" "${module}")
endforeach()
file(WRITE "${OUTPUT}"
    "/* Made by cmake/Embed.cmake. */\n#include \"lua/embedded.h\"\n\n${arrays}\n"
    "const struct embedded_module embedded_modules[] = {\n${entries}    {0, 0, 0},\n};\n")
