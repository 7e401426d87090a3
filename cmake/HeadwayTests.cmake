# What the folders below tests/ register their tests with. One case is one CTest test, so that
# CTest runs them in parallel, each in a process of its own.

find_package(Python3 REQUIRED COMPONENTS Interpreter)
include(${HEADWAY_DEPS_ROOT}/catch2/lib/cmake/Catch2/Catch.cmake)

set(HEADWAY_TEST_TIMEOUT 120)
set(HEADWAY_FUZZ_SECONDS 10)
if(HEADWAY_SANITIZE)
    set(HEADWAY_TEST_TIMEOUT 400)
endif()

# headway_test(NAME SOURCES file… [LINKS target…] [LABELS label…])
#
# Defines the Catch2 executable test_NAME; every test case becomes the CTest test "NAME/case".
function(headway_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS;LABELS")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "usage: headway_test(NAME SOURCES file… [LINKS target…] [LABELS label…])")
    endif()
    headway_executable(test_${name} SOURCES ${arg_SOURCES} LINKS ${arg_LINKS} deps::catch2)
    if(NOT arg_LABELS)
        get_filename_component(arg_LABELS ${CMAKE_CURRENT_SOURCE_DIR} NAME)
    endif()
    # Listed once, after linking: CTest itself then starts at once, however many run at a time.
    catch_discover_tests(test_${name}
        TEST_PREFIX "${name}/"
        DISCOVERY_MODE POST_BUILD
        DL_PATHS ""
        PROPERTIES TIMEOUT ${HEADWAY_TEST_TIMEOUT} LABELS "${arg_LABELS}" SKIP_RETURN_CODE 4)
endfunction()

# headway_fuzzer(NAME SOURCES file… CORPUS folder [LINKS target…])
#
# The sources define LLVMFuzzerTestOneInput. In the fuzz preset this makes a libFuzzer binary and a
# test that runs it for some seconds from a fixed seed: the corpus is only read, what is found new
# and any crashing input go to the build tree. In all other builds the test feeds every file of the
# corpus through the same code once.
function(headway_fuzzer name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "CORPUS" "SOURCES;LINKS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_CORPUS)
        message(FATAL_ERROR "usage: headway_fuzzer(NAME SOURCES file… CORPUS folder [LINKS target…])")
    endif()
    if(NOT TARGET fuzzers)
        add_custom_target(fuzzers)
    endif()
    get_filename_component(corpus ${arg_CORPUS} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
    if(HEADWAY_FUZZ)
        headway_executable(fuzz_${name} SOURCES ${arg_SOURCES} LINKS ${arg_LINKS})
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
        set(test fuzz/${name})
        add_test(NAME ${test}
            COMMAND ${PROJECT_SOURCE_DIR}/cmake/fuzz/run $<TARGET_FILE:fuzz_${name}>
                ${corpus} ${CMAKE_CURRENT_BINARY_DIR}/${name} ${HEADWAY_FUZZ_SECONDS})
    else()
        headway_executable(fuzz_${name}
            SOURCES ${arg_SOURCES} ${PROJECT_SOURCE_DIR}/cmake/fuzz/replay.cpp LINKS ${arg_LINKS})
        set(test fuzz/${name}/corpus)
        add_test(NAME ${test} COMMAND fuzz_${name} ${corpus})
    endif()
    add_dependencies(fuzzers fuzz_${name})
    set_tests_properties(${test} PROPERTIES LABELS fuzz TIMEOUT ${HEADWAY_TEST_TIMEOUT})
endfunction()

# headway_python_tests(FOLDER)
#
# Registers every test method of FOLDER/test_*.py (unittest), FOLDER being below tests/, as the
# CTest test "FOLDER.test_file.Class.test_method". The methods are listed when CTest starts, if a
# Python file changed since, so that the list is never stale and an edit needs no build.
function(headway_python_tests folder)
    set(list ${CMAKE_CURRENT_BINARY_DIR}/${folder}_tests.cmake)
    set(HEADWAY_PYTHON_TESTS_FOLDER ${folder})
    set(HEADWAY_PYTHON_TESTS_LIST ${list})
    configure_file(${PROJECT_SOURCE_DIR}/cmake/python_tests/include.cmake.in
        ${CMAKE_CURRENT_BINARY_DIR}/${folder}_include.cmake @ONLY)
    set_property(DIRECTORY APPEND PROPERTY
        TEST_INCLUDE_FILES ${CMAKE_CURRENT_BINARY_DIR}/${folder}_include.cmake)
    # A list that was made by other scripts, or for another preset, is not to be trusted.
    file(REMOVE ${list})
endfunction()
