# headway_library(NAME SOURCES file… [LINKS target…])
#
# Defines the static library headway_NAME, of the folder src/NAME. The contracts (include/) come to
# whoever links it; headers of src/ are included as "folder/file.hpp". Order of the layers:
# cli → core → contracts ← git, http, notify, forge, calendar (checked by cmake/lint).
function(headway_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
        message(FATAL_ERROR "usage: headway_library(NAME SOURCES file… [LINKS target…])")
    endif()
    add_library(headway_${name} STATIC ${arg_SOURCES})
    target_include_directories(headway_${name}
        PUBLIC ${PROJECT_SOURCE_DIR}/include
        PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(headway_${name} PUBLIC headway_settings ${arg_LINKS})
    target_link_libraries(headway_${name} PRIVATE headway_warnings)
endfunction()

# headway_executable(NAME SOURCES file… [LINKS target…])
#
# Defines an executable that may use the contracts and the headers of src/.
function(headway_executable name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
        message(FATAL_ERROR "usage: headway_executable(NAME SOURCES file… [LINKS target…])")
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_include_directories(${name} PRIVATE
        ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${name} PRIVATE
        headway_settings headway_warnings ${arg_LINKS} headway_linking)
endfunction()
