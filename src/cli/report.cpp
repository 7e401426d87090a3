#include "cli/report.hpp"

#include <fmt/format.h>

#include "headway/text.hpp"

namespace headway::cli {

namespace {

nlohmann::ordered_json json_of(const std::optional<ObjectId>& id) {
    return id ? nlohmann::ordered_json(id->hex()) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json json_of(const std::optional<core::Hold>& hold,
                               const std::optional<core::Mend>& mend) {
    if (!hold) {
        return nullptr;
    }
    nlohmann::ordered_json json{
        {"since", core::timestamp(hold->since)}, {"by", hold->by}, {"reason", hold->reason}};
    json["mended_by"] = mend ? nlohmann::ordered_json(mend->by.hex()) : nullptr;
    return json;
}

std::string from_to(const core::Move& move) {
    return fmt::format("{} → {}", move.from->short_hex(), move.to.short_hex());
}

}  // namespace

std::string line_of(const core::Placement& placement) {
    const core::Move& move = placement.move;
    switch (move.action) {
        case core::Action::create:
            return fmt::format("{}: created {} at {}", move.environment,
                               core::short_ref(move.branch_ref), move.to.short_hex());
        case core::Action::fast_forward:
            return fmt::format("{}: {}, fast-forward", move.environment, from_to(move));
        case core::Action::join:
            return fmt::format("{}: {}, joined with its source again by a merge", move.environment,
                               from_to(move));
        case core::Action::go_back:
            return fmt::format("{}: {} was deployed before and its job is run again: rolling back",
                               move.environment, move.to.short_hex());
        case core::Action::record:
            return fmt::format("{}: {} was there already, now it is on record", move.environment,
                               move.to.short_hex());
        case core::Action::done_already:
            return fmt::format("{}: {} is there already", move.environment, move.to.short_hex());
        case core::Action::superseded:
            return fmt::format("{}: nothing moved, {} is newer than {}", move.environment,
                               move.from->short_hex(), move.to.short_hex());
        case core::Action::refuse:
            break;
    }
    return fmt::format("{}: refused", move.environment);
}

std::string rehearsal_line_of(const core::Move& move) {
    switch (move.action) {
        case core::Action::create:
            return fmt::format("{}: would create {} at {}", move.environment,
                               core::short_ref(move.branch_ref), move.to.short_hex());
        case core::Action::fast_forward:
            return fmt::format("{}: would move {}, fast-forward", move.environment, from_to(move));
        case core::Action::join:
            return fmt::format("{}: would move {}, joined with its source again by a merge",
                               move.environment, from_to(move));
        case core::Action::go_back:
            return fmt::format(
                "{}: {} was deployed before and its job is run again: would roll back",
                move.environment, move.to.short_hex());
        case core::Action::record:
            return fmt::format("{}: {} is there already, would put it on record", move.environment,
                               move.to.short_hex());
        case core::Action::done_already:
        case core::Action::superseded:
        case core::Action::refuse:
            break;
    }
    return line_of({.move = move, .moved = false, .ledger = {}});
}

nlohmann::ordered_json json_of(const Commit& commit) {
    nlohmann::ordered_json json;
    json["id"] = commit.id.hex();
    json["subject"] = commit.subject();
    json["author"] = printable(commit.author.name);
    return json;
}

nlohmann::ordered_json json_of(const core::Placement& placement) {
    const core::Move& move = placement.move;
    nlohmann::ordered_json json;
    json["environment"] = move.environment;
    json["branch"] = core::short_ref(move.branch_ref);
    json["action"] = core::word_of(move.action);
    json["from"] = json_of(move.from);
    json["to"] = move.to.hex();
    json["moved"] = placement.moved;
    json["drift"] = json_of(move.drift);
    json["released_hold"] = json_of(move.released_hold, move.mend);
    json["overridden"] = move.overridden.empty() ? nlohmann::ordered_json(nullptr)
                                                 : nlohmann::ordered_json(move.overridden);
    json["ledger"] = move.ledger_ref.empty() ? nlohmann::ordered_json(nullptr)
                                             : nlohmann::ordered_json(move.ledger_ref);
    json["event"] = placement.ledger ? nlohmann::ordered_json(placement.ledger->id.hex()) : nullptr;
    if (move.refusal) {
        json["refusal"]["what"] = move.refusal->what;
        json["refusal"]["because"] = move.refusal->because;
        json["refusal"]["try"] = move.refusal->hints;
    }
    if (!move.in_the_way.empty()) {
        auto& list = json["in_the_way"] = nlohmann::ordered_json::array();
        for (const Commit& commit : move.in_the_way) {
            list.push_back(json_of(commit));
        }
        json["in_the_way_cut"] = move.in_the_way_cut;
    }
    return json;
}

std::string human(std::chrono::milliseconds duration) {
    const auto milliseconds = duration.count();
    if (milliseconds < 1000) {
        return fmt::format("{} ms", milliseconds);
    }
    if (milliseconds < 60'000) {
        return fmt::format("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100);
    }
    const auto seconds = milliseconds / 1000;
    return fmt::format("{} min {} s", seconds / 60, seconds % 60);
}

}  // namespace headway::cli
