#include "git/push_report.hpp"
#include "wire_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using headway::git::PushReportReader;
    const std::vector<headway::RefUpdate> updates{{"refs/heads/staging", {}, {}},
                                                  {"refs/headway/ledger/production", {}, {}}};
    headway::fuzz::SilentTrace trace;
    PushReportReader whole(updates, trace);
    PushReportReader bytewise(updates, trace);
    headway::fuzz::read_twice<PushReportReader>(
        whole, bytewise, headway::fuzz::text_of(data, size), [](auto& left, auto& right) {
            return left.report().refs.size() == 2 &&
                   left.report().all_accepted() == right.report().all_accepted() &&
                   left.report().unpack_error == right.report().unpack_error &&
                   left.report().server_messages == right.report().server_messages;
        });
    return 0;
}
