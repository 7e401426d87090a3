# Target headway_version: brings <headway_version.hpp>, with headway::k_version and headway::k_commit.
# The commit is looked up at every build; the header is rewritten only when it changed.

set(_headway_version_dir ${PROJECT_BINARY_DIR}/generated)
add_custom_target(headway_version_header
    COMMAND ${CMAKE_COMMAND}
        -D SOURCE_DIR=${PROJECT_SOURCE_DIR}
        -D VERSION=${PROJECT_VERSION}
        -D OUTPUT=${_headway_version_dir}/headway_version.hpp
        -P ${PROJECT_SOURCE_DIR}/cmake/version.cmake
    BYPRODUCTS ${_headway_version_dir}/headway_version.hpp
    COMMENT "Looking up the git commit"
    VERBATIM)
add_library(headway_version INTERFACE)
add_dependencies(headway_version headway_version_header)
target_include_directories(headway_version INTERFACE ${_headway_version_dir})
