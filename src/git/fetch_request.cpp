#include "git/fetch_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace headway::git {

namespace {

void append_ids(std::string& body, std::string_view word, const std::vector<ObjectId>& ids) {
    for (const ObjectId& id : ids) {
        append_pkt(body, fmt::format("{} {}\n", word, id.hex()));
    }
}

void append_bounds(std::string& body, const FetchRequest& request) {
    append_ids(body, "shallow", request.shallow);
    if (request.depth > 0) {
        append_pkt(body, fmt::format("deepen {}\n", request.depth));
    }
    if (!request.filter.empty()) {
        append_pkt(body, fmt::format("filter {}\n", request.filter));
    }
}

/// Of the words that say the same better or worse, the best that is offered.
std::string_view best_of(const Capabilities& offered, std::string_view best,
                         std::string_view second) {
    if (offered.has(best)) {
        return best;
    }
    return offered.has(second) ? second : std::string_view{};
}

std::string v0_words(const FetchRequest& request, const Capabilities& offered) {
    // Azure DevOps answers only clients that name a multi_ack.
    std::vector<std::string_view> words{best_of(offered, "multi_ack_detailed", "multi_ack"),
                                        best_of(offered, "side-band-64k", "side-band")};
    for (const std::string_view word : {"no-progress", "ofs-delta"}) {
        if (offered.has(word)) {
            words.push_back(word);
        }
    }
    if (request.depth > 0 || !request.shallow.empty()) {
        words.emplace_back("shallow");
    }
    if (!request.filter.empty()) {
        words.emplace_back("filter");
    }
    std::string line;
    for (const std::string_view word : words) {
        if (!word.empty()) {
            line += ' ';
            line += word;
        }
    }
    return line;
}

}  // namespace

FetchAbilities fetch_abilities(const Advertisement& advertisement) {
    const Capabilities& offered = advertisement.capabilities;
    if (advertisement.version == 2) {
        return {.filter = offered.has_feature("fetch", "filter"),
                .shallow = offered.has_feature("fetch", "shallow"),
                .offset_deltas = true};
    }
    return {.filter = offered.has("filter"),
            .shallow = offered.has("shallow"),
            .offset_deltas = offered.has("ofs-delta")};
}

std::string fetch_body_v2(const FetchRequest& request) {
    std::string body;
    append_pkt(body, "command=fetch\n");
    append_delimiter(body);
    append_pkt(body, "no-progress\n");
    append_pkt(body, "ofs-delta\n");
    append_ids(body, "want", request.wants);
    append_ids(body, "have", request.haves);
    append_bounds(body, request);
    append_pkt(body, "done\n");
    append_flush(body);
    return body;
}

std::string fetch_body_v0(const FetchRequest& request, const Capabilities& offered) {
    std::string body;
    std::string words = v0_words(request, offered);
    for (const ObjectId& want : request.wants) {
        append_pkt(body, fmt::format("want {}{}\n", want.hex(), words));
        words.clear();
    }
    append_bounds(body, request);
    append_flush(body);
    append_ids(body, "have", request.haves);
    append_pkt(body, "done\n");
    return body;
}

}  // namespace headway::git
