#include "git/capabilities.hpp"
#include "git/ls_refs.hpp"
#include "git/ref_name.hpp"
#include "wire_fuzz.hpp"

namespace {

using headway::git::AdvertisementReader;
using headway::git::is_ref_name;
using headway::git::LsRefsReader;
using headway::git::Service;

const std::vector<std::string> k_names{"HEAD", "refs/heads/main", "refs/headway/ledger/production"};

bool same_refs(const headway::RemoteRefs& left, const headway::RemoteRefs& right) {
    if (left.tips.size() != right.tips.size() || left.head_target != right.head_target) {
        return false;
    }
    for (std::size_t index = 0; index < left.tips.size(); ++index) {
        const auto& tip = left.tips[index];
        if (!is_ref_name(tip.name) || tip.id.is_null() || tip.name != right.tips[index].name) {
            return false;
        }
    }
    return true;
}

void read_advertisement(Service service, std::string_view input) {
    headway::fuzz::SilentTrace trace;
    const std::set<std::string, std::less<>> names(k_names.begin(), k_names.end());
    AdvertisementReader whole(service, names, trace);
    AdvertisementReader bytewise(service, names, trace);
    headway::fuzz::read_twice<AdvertisementReader>(
        whole, bytewise, input, [](auto& left, auto& right) {
            return left.advertisement().version == right.advertisement().version &&
                   same_refs(left.advertisement().refs, right.advertisement().refs);
        });
}

}  // namespace

/// The first byte picks what the rest is: "a" and "r" what a server offers, "l" its refs.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto input = headway::fuzz::text_of(data + 1, size - 1);
    if (data[0] == 'a') {
        read_advertisement(Service::upload_pack, input);
    } else if (data[0] == 'r') {
        read_advertisement(Service::receive_pack, input);
    } else {
        headway::fuzz::SilentTrace trace;
        LsRefsReader whole(k_names, trace);
        LsRefsReader bytewise(k_names, trace);
        headway::fuzz::read_twice<LsRefsReader>(
            whole, bytewise, input,
            [](auto& left, auto& right) { return same_refs(left.refs(), right.refs()); });
    }
    return 0;
}
