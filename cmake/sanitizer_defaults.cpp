// Options of the sanitizers, compiled in because tests run the binary with an empty environment.
// A finding ends the process with a code that headway itself never uses, so that no test which
// expects a failure can take it for one.

extern "C" const char* __asan_default_options();
extern "C" const char* __ubsan_default_options();
extern "C" const char* __lsan_default_options();

extern "C" const char* __asan_default_options() {
    return "exitcode=99:detect_stack_use_after_return=1:strict_string_checks=1:"
           "check_initialization_order=1";
}

extern "C" const char* __ubsan_default_options() {
    return "exitcode=99:print_stacktrace=1";
}

extern "C" const char* __lsan_default_options() {
    return "exitcode=99";
}
