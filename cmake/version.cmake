# Run by the build (see HeadwayVersion.cmake): writes OUTPUT from VERSION and the commit that
# SOURCE_DIR has checked out, or "unknown" where there is no git or this is no repository.

set(commit "unknown")
find_program(git git)
if(git)
    # A source tree that was unpacked inside some other repository must not take its commit; one
    # that another user owns is read all the same, as nothing of it is executed.
    execute_process(
        COMMAND ${git} -c safe.directory=* -C ${SOURCE_DIR} rev-parse --show-toplevel --verify HEAD
        OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE result)
    string(REPLACE "\n" ";" answer "${answer}")
    list(LENGTH answer count)
    if(result EQUAL 0 AND count EQUAL 2)
        list(GET answer 0 toplevel)
        list(GET answer 1 head)
        file(REAL_PATH ${SOURCE_DIR} here)
        file(REAL_PATH "${toplevel}" toplevel)
        if(here STREQUAL toplevel AND head MATCHES "^[0-9a-f]+$")
            set(commit ${head})
        endif()
    endif()
endif()

set(content "#pragma once

#include <string_view>

namespace headway {

/// Version of this build, as MAJOR.MINOR.PATCH.
inline constexpr std::string_view k_version = \"${VERSION}\";

/// Commit that this build was made from, in full hex, or \"unknown\".
inline constexpr std::string_view k_commit = \"${commit}\";

}  // namespace headway
")
set(present "")
if(EXISTS ${OUTPUT})
    file(READ ${OUTPUT} present)
endif()
if(NOT present STREQUAL content)
    file(WRITE ${OUTPUT} "${content}")
endif()
