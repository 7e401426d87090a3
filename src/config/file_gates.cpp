#include "config/file_gates.hpp"

#include <array>

#include <fmt/format.h>

namespace headway::config {

namespace {

constexpr std::size_t k_max_reason = 200;

constexpr std::array<std::string_view, 4> k_freeze_keys{"from", "to", "timezone", "reason"};
constexpr Schema k_freeze{"the freeze", k_freeze_keys};

/// The items of a list that is not empty, or the one value that stands in its place.
std::vector<Entry> one_or_more(const Document& document, const Entry& entry) {
    if (entry.value->kind == NodeKind::text || entry.value->kind == NodeKind::map) {
        return {entry};
    }
    require_list(document, entry);
    std::vector<Entry> items;
    for (const NodePointer& item : entry.value->items) {
        items.push_back({entry.key, item});
    }
    return items;
}

Setting<std::string> text_at(const Document& document, const Entry& entry) {
    return {text_of(document, entry), document.at(entry)};
}

Setting<std::string> required(const Document& document, const Entry& freeze, const Fields& fields,
                              std::string_view key, std::string_view example) {
    if (const Entry* entry = fields.find(key)) {
        return text_at(document, *entry);
    }
    refuse(document.at(freeze), fmt::format("the freeze has no \"{}\"", key), {},
           {fmt::format("{}: \"{}\"", key, example)});
}

FreezeWindow read_window(const Document& document, const Entry& entry) {
    if (entry.value->kind != NodeKind::map) {
        refuse(document.at(entry), "a freeze is a map", {},
               {R"(- {from: "Fri 16:00", to: "Mon 08:00", timezone: Europe/Berlin})"});
    }
    const Fields fields(document, *entry.value, k_freeze);
    WindowText window;
    window.origin = document.at(entry);
    window.from = required(document, entry, fields, "from", "Fri 16:00");
    window.to = required(document, entry, fields, "to", "Mon 08:00");
    if (const Entry* zone = fields.find("timezone")) {
        window.zone = text_at(document, *zone);
    }
    if (const Entry* reason = fields.find("reason")) {
        window.reason = text_of(document, *reason);
        if (window.reason.size() > k_max_reason) {
            refuse(document.at(*reason), "the freeze's reason is too long",
                   fmt::format("a reason has at most {} bytes", k_max_reason));
        }
    }
    return checked_window(window);
}

}  // namespace

After read_after(const Document& document, const Entry& entry) {
    After after;
    for (const Entry& item : one_or_more(document, entry)) {
        after.push_back(text_at(document, item));
    }
    return after;
}

Setting<std::vector<FreezeWindow>> read_freeze(const Document& document, const Entry& entry) {
    const std::vector<Entry> items = one_or_more(document, entry);
    Setting<std::vector<FreezeWindow>> freeze{{}, document.at(entry)};
    check_window_count(items.size(), freeze.origin);
    for (const Entry& item : items) {
        freeze.value.push_back(read_window(document, item));
    }
    return freeze;
}

}  // namespace headway::config
