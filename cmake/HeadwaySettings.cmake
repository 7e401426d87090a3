# How every file of headway is compiled and linked, in one place, as INTERFACE targets:
#   headway_settings   language level, hardening, build kind (static, sanitize, coverage, fuzz)
#   headway_warnings   warnings, which HEADWAY_WERROR turns into errors
#   headway_linking    what an executable needs on top

option(HEADWAY_WERROR "Warnings are errors (CI turns this on)" OFF)
option(HEADWAY_SANITIZE "Address and undefined-behaviour sanitizers; not static" OFF)
option(HEADWAY_COVERAGE "Count what the tests execute" OFF)
option(HEADWAY_FUZZ "Build the fuzzers with libFuzzer; needs clang" OFF)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()
# Not CMake's own -O3 -DNDEBUG: assertions of the libraries that headway is compiled with stay.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(HEADWAY_STATIC ON)
if(HEADWAY_SANITIZE)
    # The sanitizers' run-time libraries replace functions of a dynamic libc.
    set(HEADWAY_STATIC OFF)
endif()

add_library(headway_settings INTERFACE)
target_compile_features(headway_settings INTERFACE cxx_std_20)
target_compile_options(headway_settings INTERFACE
    -ffunction-sections -fdata-sections -fstack-protector-strong)
target_compile_definitions(headway_settings INTERFACE _GLIBCXX_ASSERTIONS)

add_library(headway_linking INTERFACE)
target_link_options(headway_linking INTERFACE -Wl,--gc-sections -Wl,-z,relro,-z,now)

if(NOT HEADWAY_COVERAGE)
    # Build paths stay out of the binary. gcov needs the true ones.
    target_compile_options(headway_settings INTERFACE
        -ffile-prefix-map=${PROJECT_BINARY_DIR}=build -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
endif()

if(HEADWAY_SANITIZE)
    set(CMAKE_CXX_FLAGS_RELEASE "-O1 -g")
    set(_headway_sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
    target_compile_options(headway_settings INTERFACE
        ${_headway_sanitizers} -fno-omit-frame-pointer)
    target_link_options(headway_linking INTERFACE ${_headway_sanitizers})
    add_library(headway_sanitizer_defaults OBJECT ${PROJECT_SOURCE_DIR}/cmake/sanitizer_defaults.cpp)
    target_sources(headway_linking INTERFACE $<TARGET_OBJECTS:headway_sanitizer_defaults>)
else()
    target_compile_definitions(headway_settings INTERFACE _FORTIFY_SOURCE=2)
endif()

if(HEADWAY_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "HEADWAY_FUZZ needs clang: cmake --preset fuzz")
    endif()
    # Everything is instrumented; only the fuzzers themselves link libFuzzer's main.
    target_compile_options(headway_settings INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(headway_linking INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(HEADWAY_COVERAGE)
    set(CMAKE_CXX_FLAGS_RELEASE "-O0 -g")
    target_compile_options(headway_settings INTERFACE --coverage)
    target_compile_options(headway_settings INTERFACE -U_FORTIFY_SOURCE)
    target_link_options(headway_linking INTERFACE --coverage)
endif()

if(HEADWAY_STATIC)
    add_library(headway_static_link OBJECT ${PROJECT_SOURCE_DIR}/cmake/static_link.cpp)
    target_compile_features(headway_static_link PRIVATE cxx_std_20)
    file(STRINGS ${PROJECT_SOURCE_DIR}/cmake/static_link.cpp _headway_wrapped REGEX "__wrap_[a-z_]+[(]")
    foreach(_line IN LISTS _headway_wrapped)
        string(REGEX REPLACE ".*__wrap_([a-z_]+)[(].*" "\\1" _name "${_line}")
        target_link_options(headway_linking INTERFACE -Wl,--wrap=${_name})
    endforeach()
    target_link_options(headway_linking INTERFACE
        -static -Wl,-T,${PROJECT_SOURCE_DIR}/cmake/no_unwind.ld)
    target_sources(headway_linking INTERFACE $<TARGET_OBJECTS:headway_static_link>)
endif()

add_library(headway_warnings INTERFACE)
target_compile_options(headway_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Wcast-align
    # GCC 12 warns falsely of std::string's own replace and operator+ (GCC bug 105329).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    $<$<BOOL:${HEADWAY_WERROR}>:-Werror>)
