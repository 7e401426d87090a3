# Third-party code as imported targets `deps::…`. The pinned sources are built by cmake/deps/build
# (once, into a cache outside this tree); OpenSSL, zlib and http_parser are the distribution's own
# static archives, which bring its security updates, as are the time zones (src/calendar).

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

# _headway_pinned(NAME PACKAGE folder [ARCHIVE file] [DEFINES name…] [LINKS target…])
#
# An archive is an imported STATIC library of its own, so that CMake puts it on the link line before
# what it LINKS; a static link depends on that order.
function(_headway_pinned name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "PACKAGE;ARCHIVE" "DEFINES;LINKS")
    set(folder ${HEADWAY_DEPS_ROOT}/${arg_PACKAGE})
    if(NOT IS_DIRECTORY ${folder}/include)
        message(FATAL_ERROR "${folder} is incomplete; remove ${HEADWAY_DEPS_ROOT} and configure again")
    endif()
    if(arg_ARCHIVE)
        add_library(deps::${name} STATIC IMPORTED GLOBAL)
        set_target_properties(deps::${name} PROPERTIES
            IMPORTED_LOCATION ${folder}/lib/${arg_ARCHIVE} IMPORTED_LINK_INTERFACE_LANGUAGES CXX)
    else()
        add_library(deps::${name} INTERFACE IMPORTED GLOBAL)
    endif()
    target_include_directories(deps::${name} SYSTEM INTERFACE ${folder}/include)
    target_compile_definitions(deps::${name} INTERFACE ${arg_DEFINES})
    target_link_libraries(deps::${name} INTERFACE ${arg_LINKS})
endfunction()

# _headway_system(NAME HEADER file ARCHIVE file [LINKS target…])
function(_headway_system name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "HEADER;ARCHIVE" "LINKS")
    find_path(HEADWAY_${name}_INCLUDE ${arg_HEADER})
    find_library(HEADWAY_${name}_ARCHIVE ${arg_ARCHIVE})
    mark_as_advanced(HEADWAY_${name}_INCLUDE HEADWAY_${name}_ARCHIVE)
    if(NOT HEADWAY_${name}_ARCHIVE OR NOT HEADWAY_${name}_INCLUDE)
        message(FATAL_ERROR "${arg_ARCHIVE} or ${arg_HEADER} was not found; run cmake/setup build")
    endif()
    add_library(deps::${name} STATIC IMPORTED GLOBAL)
    set_target_properties(deps::${name} PROPERTIES
        IMPORTED_LOCATION ${HEADWAY_${name}_ARCHIVE} IMPORTED_LINK_INTERFACE_LANGUAGES C)
    target_link_libraries(deps::${name} INTERFACE ${arg_LINKS})
endfunction()

_headway_system(zlib HEADER zlib.h ARCHIVE libz.a)
_headway_system(http_parser HEADER http_parser.h ARCHIVE libhttp_parser.a)
# Debian 13's libcrypto.a refers to zstd; on 12 the archive is there and nothing is taken from it.
_headway_system(zstd HEADER zstd.h ARCHIVE libzstd.a)
_headway_system(crypto HEADER openssl/crypto.h ARCHIVE libcrypto.a
    LINKS deps::zlib deps::zstd Threads::Threads)
_headway_system(openssl HEADER openssl/ssl.h ARCHIVE libssl.a LINKS deps::crypto)

_headway_pinned(cares PACKAGE c-ares ARCHIVE libcares.a DEFINES CARES_STATICLIB)
_headway_pinned(curl PACKAGE curl ARCHIVE libcurl.a DEFINES CURL_STATICLIB
    LINKS deps::cares deps::openssl deps::zlib)
_headway_pinned(git2 PACKAGE libgit2 ARCHIVE libgit2.a
    LINKS deps::http_parser deps::zlib Threads::Threads)
_headway_pinned(fmt PACKAGE fmtlib ARCHIVE libfmt.a)
_headway_pinned(yaml PACKAGE yaml-cpp ARCHIVE libyaml-cpp.a DEFINES YAML_CPP_STATIC_DEFINE)
_headway_pinned(cctz PACKAGE cctz ARCHIVE libcctz.a)
_headway_pinned(pcre2 PACKAGE pcre2 ARCHIVE libpcre2-8.a DEFINES PCRE2_STATIC)
_headway_pinned(cli11 PACKAGE cli11)
_headway_pinned(json PACKAGE nlohmann-json3)
_headway_pinned(catch2_core PACKAGE catch2 ARCHIVE libCatch2.a)
_headway_pinned(catch2 PACKAGE catch2 ARCHIVE libCatch2Main.a LINKS deps::catch2_core)
