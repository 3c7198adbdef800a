# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes the text for ffi.cdef: the ABI headers through the preprocessor, with what only a C compiler needs left out.
set(text "")
foreach(header IN LISTS HEADERS)
    file(READ "${header}" one)
    string(REGEX REPLACE "#[ \t]*include[^\n]*\n" "" one "${one}")
    string(APPEND text "${one}")
endforeach()
file(WRITE "${OUTPUT}.h" "${text}")
execute_process(
    COMMAND ${COMPILER} -E -P -xc -DPALUA_CDEF ${OUTPUT}.h
    OUTPUT_VARIABLE cdef RESULT_VARIABLE result ERROR_VARIABLE problem)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "the ABI headers do not preprocess: ${problem}")
endif()
file(WRITE "${OUTPUT}" "${cdef}")
