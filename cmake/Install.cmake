# SPDX-License-Identifier: MIT OR Apache-2.0
# What an installation holds, and the same layout inside the build tree: the executable finds its data at
# ../share/palua from where it lies, so that one rule serves both.
set(data ${PROJECT_BINARY_DIR}/share/palua)
file(MAKE_DIRECTORY ${data})
foreach(folder IN ITEMS scripts conf)
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${data}/${folder} SYMBOLIC)
endforeach()

foreach(target IN ITEMS palua palua_shared)
    if(TARGET ${target})
        install(TARGETS ${target} RUNTIME LIBRARY)
    endif()
endforeach()
install(DIRECTORY engine/include/palua TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
install(DIRECTORY scripts conf DESTINATION ${CMAKE_INSTALL_DATADIR}/palua
        FILES_MATCHING PATTERN "*.lua" PATTERN "*_spec.lua" EXCLUDE)
install(FILES README.md CHANGELOG.md ARCHITECTURE.md LICENSE-MIT LICENSE-APACHE TYPE DOC)
install(FILES docs/palua.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

configure_file(cmake/palua.pc.in ${PROJECT_BINARY_DIR}/palua.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/palua.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
