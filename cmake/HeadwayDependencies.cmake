# Third-party code as imported targets `deps::…`. The pinned sources are built by cmake/deps/build
# (once, into a cache outside this tree); OpenSSL, zlib and http_parser are the distribution's own
# static archives, which bring its security updates.

execute_process(
    COMMAND ${PROJECT_SOURCE_DIR}/cmake/deps/build
    OUTPUT_VARIABLE HEADWAY_DEPS_ROOT
    OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE _result)
if(NOT _result EQUAL 0)
    message(FATAL_ERROR "cmake/deps/build failed, see above")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/cmake/deps/build ${PROJECT_SOURCE_DIR}/cmake/deps/pins)
target_compile_options(headway_settings INTERFACE
    $<$<NOT:$<BOOL:${HEADWAY_COVERAGE}>>:-ffile-prefix-map=${HEADWAY_DEPS_ROOT}=deps>)

find_package(Threads REQUIRED)

# _headway_dependency(NAME PACKAGE folder [ARCHIVES a.a …] [LINKS target …])
function(_headway_dependency name)
    cmake_parse_arguments(arg "" "PACKAGE" "ARCHIVES;LINKS" ${ARGN})
    set(folder ${HEADWAY_DEPS_ROOT}/${arg_PACKAGE})
    if(NOT IS_DIRECTORY ${folder}/include)
        message(FATAL_ERROR "${folder} is incomplete; remove ${HEADWAY_DEPS_ROOT} and configure again")
    endif()
    list(TRANSFORM arg_ARCHIVES PREPEND ${folder}/lib/)
    add_library(deps_${name} INTERFACE IMPORTED GLOBAL)
    target_include_directories(deps_${name} SYSTEM INTERFACE ${folder}/include)
    target_link_libraries(deps_${name} INTERFACE ${arg_ARCHIVES} ${arg_LINKS})
    add_library(deps::${name} ALIAS deps_${name})
endfunction()

# _headway_system_dependency(NAME HEADER h ARCHIVES a.a … [OPTIONAL a.a …] [LINKS target …])
function(_headway_system_dependency name)
    cmake_parse_arguments(arg "" "HEADER" "ARCHIVES;LINKS" ${ARGN})
    find_path(HEADWAY_${name}_INCLUDE ${arg_HEADER})
    mark_as_advanced(HEADWAY_${name}_INCLUDE)
    set(found)
    foreach(archive IN LISTS arg_ARCHIVES)
        find_library(HEADWAY_${archive} ${archive})
        mark_as_advanced(HEADWAY_${archive})
        if(NOT HEADWAY_${archive} OR NOT HEADWAY_${name}_INCLUDE)
            message(FATAL_ERROR "${archive} or ${arg_HEADER} was not found; run cmake/setup build")
        endif()
        list(APPEND found ${HEADWAY_${archive}})
    endforeach()
    add_library(deps_${name} INTERFACE IMPORTED GLOBAL)
    target_link_libraries(deps_${name} INTERFACE ${found} ${arg_LINKS})
    add_library(deps::${name} ALIAS deps_${name})
endfunction()

_headway_system_dependency(zlib HEADER zlib.h ARCHIVES libz.a)
_headway_system_dependency(http_parser HEADER http_parser.h ARCHIVES libhttp_parser.a)
# Debian 13's libcrypto.a refers to zstd; on 12 the archive is there and nothing is taken from it.
_headway_system_dependency(zstd HEADER zstd.h ARCHIVES libzstd.a)
_headway_system_dependency(openssl HEADER openssl/ssl.h ARCHIVES libssl.a libcrypto.a
    LINKS deps::zlib deps::zstd Threads::Threads)

_headway_dependency(cares PACKAGE c-ares ARCHIVES libcares.a)
target_compile_definitions(deps_cares INTERFACE CARES_STATICLIB)
_headway_dependency(curl PACKAGE curl ARCHIVES libcurl.a LINKS deps::cares deps::openssl deps::zlib)
target_compile_definitions(deps_curl INTERFACE CURL_STATICLIB)
_headway_dependency(git2 PACKAGE libgit2 ARCHIVES libgit2.a
    LINKS deps::http_parser deps::zlib Threads::Threads)
_headway_dependency(fmt PACKAGE fmtlib ARCHIVES libfmt.a)
_headway_dependency(yaml PACKAGE yaml-cpp ARCHIVES libyaml-cpp.a)
target_compile_definitions(deps_yaml INTERFACE YAML_CPP_STATIC_DEFINE)
_headway_dependency(cli11 PACKAGE cli11)
_headway_dependency(json PACKAGE nlohmann-json3)
_headway_dependency(catch2 PACKAGE catch2 ARCHIVES libCatch2Main.a libCatch2.a)
