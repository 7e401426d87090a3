// Replacements for what cannot work in a static program, linked by -Wl,--wrap (one for every
// __wrap_ below, see HeadwaySettings.cmake).
//
// glibc's resolver, service and user databases and dlopen load shared libraries of the very glibc
// that was linked against, if they find one, and the linker warns of each. headway needs none of
// them: libcurl resolves names through c-ares. What still refers to them is libgit2's own sockets
// (git://) and its search for a home folder without $HOME, c-ares' service names, libcrypto's
// BIO sockets and its loadable engines. They get "no such entry" here, in a chroot as anywhere.

#include <cerrno>
#include <cstddef>

struct addrinfo;
struct hostent;
struct passwd;
struct servent;

extern "C" {

int __wrap_getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) {
    constexpr int k_eai_fail = -4;
    return k_eai_fail;
}

hostent* __wrap_gethostbyname(const char*) {
    return nullptr;
}

int __wrap_getservbyname_r(const char*, const char*, servent*, char*, std::size_t,
                           servent** result) {
    *result = nullptr;
    return ENOENT;
}

int __wrap_getservbyport_r(int, const char*, servent*, char*, std::size_t, servent** result) {
    *result = nullptr;
    return ENOENT;
}

int __wrap_getpwuid_r(unsigned, passwd*, char*, std::size_t, passwd** result) {
    *result = nullptr;
    return 0;
}

void* __wrap_dlopen(const char*, int) {
    return nullptr;
}

void* __wrap_dlsym(void*, const char*) {
    return nullptr;
}

int __wrap_dlclose(void*) {
    return 0;
}

int __wrap_dladdr(const void*, void*) {
    return 0;
}

// Static text, as dlerror's contract wants: it is asked for after one of the above has failed.
char* __wrap_dlerror() {
    static char text[] = "a static program loads no library";
    return text;
}
}
