# Sources that are listed before they are written are left out, with a warning.
function(_headway_skip_missing list)
    set(present)
    foreach(source IN LISTS ${list})
        get_filename_component(file ${source} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
        if(EXISTS ${file})
            list(APPEND present ${source})
        else()
            message(WARNING "${file} is listed and does not exist")
        endif()
    endforeach()
    if(NOT present)
        file(WRITE ${PROJECT_BINARY_DIR}/generated/empty.cpp "")
        set(present ${PROJECT_BINARY_DIR}/generated/empty.cpp)
    endif()
    set(${list} ${present} PARENT_SCOPE)
endfunction()

# headway_library(NAME SOURCES file… [LINKS target…])
#
# Defines the static library headway_NAME, of the folder src/NAME. The contracts (include/) come to
# whoever links it; headers of src/ are included as "folder/file.hpp". Order of the layers:
# cli → core → contracts ← git, http, notify, forge (checked by cmake/lint).
function(headway_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
        message(FATAL_ERROR "usage: headway_library(NAME SOURCES file… [LINKS target…])")
    endif()
    _headway_skip_missing(arg_SOURCES)
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
    _headway_skip_missing(arg_SOURCES)
    add_executable(${name} ${arg_SOURCES})
    target_include_directories(${name} PRIVATE
        ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${name} PRIVATE
        headway_settings headway_warnings ${arg_LINKS} headway_linking)
endfunction()
