#include "git/pack_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "git/pack_delta.hpp"
#include "git/pack_stream.hpp"
#include "git/pkt_line.hpp"

namespace headway::git {

namespace {

constexpr std::size_t k_header_size = 12;
/// What a kept object or waiting delta costs beside its bytes, roughly.
constexpr std::size_t k_overhead = 128;

std::uint32_t big_endian(std::string_view bytes) {
    std::uint32_t value = 0;
    for (const char byte : bytes.substr(0, 4)) {
        value = value << 8U | static_cast<std::uint8_t>(byte);
    }
    return value;
}

[[noreturn]] void corrupt(const char* what) {
    throw ProtocolError(fmt::format("the pack is corrupt: {}", what));
}

[[noreturn]] void too_large(std::string_view what, std::uint64_t limit) {
    throw PackTooLarge(fmt::format("it {} (at most {})", what, limit));
}

}  // namespace

PackTooLarge::PackTooLarge(std::string because)
    : Error(ExitCode::failed, "the server sent more than headway reads", std::move(because),
            {"turn on uploadpack.allowFilter on the server: it then leaves out what headway does "
             "not need"}) {}

std::size_t PackReader::IdHash::operator()(const ObjectId& id) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, id.bytes().data(), sizeof value);
    return value;
}

PackReader::PackReader(PackKeep keep, const PackLimits& limits)
    : m_keep(keep),
      m_limits(limits),
      m_inflater(std::make_unique<PackInflater>()),
      m_digest(std::make_unique<PackDigest>()) {}

PackReader::~PackReader() = default;

void PackReader::feed(std::string_view piece) {
    m_received += piece.size();
    if (m_received > m_limits.pack_bytes) {
        too_large("is longer than headway reads", m_limits.pack_bytes);
    }
    while (!piece.empty()) {
        const bool summed = m_state != State::trailer;
        const std::size_t used = consume(piece);
        if (summed) {
            m_digest->update(piece.substr(0, used));
        }
        m_position += used;
        piece.remove_prefix(used);
    }
}

std::size_t PackReader::consume(std::string_view piece) {
    switch (m_state) {
        case State::header:
            return consume_header(piece);
        case State::entry:
            consume_entry_byte(static_cast<std::uint8_t>(piece.front()));
            return 1;
        case State::offset:
            consume_offset_byte(static_cast<std::uint8_t>(piece.front()));
            return 1;
        case State::base_id:
            return consume_base_id(piece);
        case State::data:
            return consume_data(piece);
        case State::trailer:
            return consume_trailer(piece);
        case State::complete:
            break;
    }
    corrupt("it goes on after its end");
}

std::size_t PackReader::fill_field(std::string_view piece, std::size_t size) {
    const std::size_t count = std::min(size - m_field.size(), piece.size());
    m_field.append(piece.substr(0, count));
    return count;
}

std::size_t PackReader::consume_header(std::string_view piece) {
    const std::size_t used = fill_field(piece, k_header_size);
    if (m_field.size() < k_header_size) {
        return used;
    }
    const std::string_view header = m_field;
    const std::uint32_t version = big_endian(header.substr(4));
    if (!header.starts_with("PACK") || (version != 2 && version != 3)) {
        corrupt("it does not begin as a pack does");
    }
    m_announced = big_endian(header.substr(8));
    if (*m_announced > m_limits.objects) {
        too_large("announces more objects than headway reads", m_limits.objects);
    }
    m_field.clear();
    m_state = *m_announced == 0 ? State::trailer : State::entry;
    return used;
}

void PackReader::consume_entry_byte(std::uint8_t byte) {
    if (m_shift == 0) {
        m_entry = {m_position, static_cast<EntryType>(byte >> 4U & 7U), byte & 0x0FU, 0};
        m_base = {};
        m_shift = 4;
    } else {
        if (m_shift > 56) {
            corrupt("the size of an object is no number");
        }
        m_entry.size |= static_cast<std::uint64_t>(byte & 0x7FU) << m_shift;
        m_shift += 7;
    }
    if ((byte & 0x80U) != 0) {
        return;
    }
    m_shift = 0;
    switch (m_entry.type) {
        case EntryType::commit:
            return begin_data(true);
        case EntryType::tree:
        case EntryType::blob:
        case EntryType::tag:
            return begin_data(m_keep == PackKeep::everything);
        case EntryType::offset_delta:
            m_state = State::offset;
            return;
        case EntryType::id_delta:
            m_state = State::base_id;
            return;
    }
    corrupt("an object has a type that does not exist");
}

void PackReader::consume_offset_byte(std::uint8_t byte) {
    if (m_shift > 49) {
        corrupt("the offset of a delta's base is no number");
    }
    // gitformat-pack: every further byte adds one before the shift, so that each distance has
    // one spelling.
    m_entry.base_distance =
        m_shift == 0 ? byte & 0x7FU : (m_entry.base_distance + 1) << 7U | (byte & 0x7FU);
    m_shift += 7;
    if ((byte & 0x80U) != 0) {
        return;
    }
    m_shift = 0;
    if (m_entry.base_distance == 0 || m_entry.base_distance > m_entry.start) {
        corrupt("the base of a delta lies outside the pack");
    }
    m_base.located = located_at(m_entry.start - m_entry.base_distance);
    begin_data(slot_of(m_base) != k_skipped);
}

std::size_t PackReader::consume_base_id(std::string_view piece) {
    const std::size_t used = fill_field(piece, ObjectId::k_size);
    if (m_field.size() == ObjectId::k_size) {
        std::array<std::uint8_t, ObjectId::k_size> bytes{};
        std::memcpy(bytes.data(), m_field.data(), bytes.size());
        m_base.id = ObjectId(bytes);
        m_field.clear();
        begin_data(true);
    }
    return used;
}

void PackReader::begin_data(bool storing) {
    m_storing = storing;
    if (storing && m_entry.size > m_limits.object_bytes) {
        too_large("holds an object that is larger than headway reads", m_limits.object_bytes);
    }
    if (m_entry.size > m_limits.inflated_bytes - m_inflated) {
        too_large("unpacks to more than headway reads", m_limits.inflated_bytes);
    }
    m_produced = 0;
    m_bytes.clear();
    m_inflater->restart();
    m_state = State::data;
}

std::size_t PackReader::consume_data(std::string_view piece) {
    m_inflater->input(piece);
    while (true) {
        const auto step = m_inflater->step();
        m_produced += step.bytes.size();
        m_inflated += step.bytes.size();
        if (m_produced > m_entry.size) {
            corrupt("an object is longer than it says");
        }
        if (m_storing) {
            m_bytes += step.bytes;
        }
        if (step.progress == PackInflater::Progress::end) {
            if (m_produced != m_entry.size) {
                corrupt("an object is shorter than it says");
            }
            end_entry();
            return piece.size() - m_inflater->unused();
        }
        if (step.progress == PackInflater::Progress::needs_input) {
            return piece.size();
        }
    }
}

void PackReader::end_entry() {
    const bool is_delta =
        m_entry.type == EntryType::offset_delta || m_entry.type == EntryType::id_delta;
    Slot slot = k_skipped;
    if (m_storing && !is_delta) {
        constexpr std::array k_types{ObjectType::commit, ObjectType::tree, ObjectType::blob,
                                     ObjectType::tag};
        const auto index = static_cast<std::size_t>(m_entry.type) - 1;
        slot = keep(k_types.at(index), std::exchange(m_bytes, {}), 0);
    } else if (m_storing) {
        const Slot base = slot_of(m_base);
        slot = base == k_waiting ? k_waiting : keep_delta(base, m_bytes);
    }
    if (slot == k_waiting) {
        count_kept(m_bytes.size());
        if (m_waiting.size() >= m_limits.waiting) {
            too_large("holds more deltas before their bases than headway reads", m_limits.waiting);
        }
        m_waiting.push_back({m_located.size(), m_base, std::exchange(m_bytes, {})});
    }
    m_located.push_back({m_entry.start, slot});
    m_state = m_located.size() == *m_announced ? State::trailer : State::entry;
}

std::size_t PackReader::consume_trailer(std::string_view piece) {
    const std::size_t used = fill_field(piece, ObjectId::k_size);
    if (m_field.size() == ObjectId::k_size) {
        if (m_field != m_digest->finish()) {
            corrupt("its checksum is another one");
        }
        m_state = State::complete;
    }
    return used;
}

std::size_t PackReader::located_at(std::uint64_t start) const {
    const auto found = std::lower_bound(
        m_located.begin(), m_located.end(), start,
        [](const Located& located, std::uint64_t wanted) { return located.start < wanted; });
    if (found == m_located.end() || found->start != start) {
        corrupt("the base of a delta is no object");
    }
    return static_cast<std::size_t>(found - m_located.begin());
}

PackReader::Slot PackReader::slot_of(const Base& base) const {
    if (!base.id) {
        return m_located.at(base.located).slot;
    }
    const auto found = m_by_id.find(*base.id);
    return found == m_by_id.end() ? k_waiting : found->second;
}

void PackReader::count_kept(std::size_t bytes) {
    m_kept_bytes += bytes + k_overhead;
    if (m_kept_bytes > m_limits.kept_bytes) {
        too_large("holds more commits than fit into the memory that headway takes for them",
                  m_limits.kept_bytes);
    }
}

PackReader::Slot PackReader::keep(ObjectType type, std::string bytes, unsigned depth) {
    const ObjectId id = object_id_of(type, bytes);
    const auto [place, is_new] = m_by_id.emplace(id, static_cast<Slot>(m_kept.size()));
    if (is_new) {
        count_kept(bytes.size());
        m_kept.push_back({id, type, std::move(bytes)});
        m_depths.push_back(depth);
    }
    return place->second;
}

PackReader::Slot PackReader::keep_delta(Slot base, std::string_view delta) {
    const unsigned depth = m_depths.at(base) + 1;
    if (depth > m_limits.delta_depth) {
        too_large("holds a longer chain of deltas than headway reads", m_limits.delta_depth);
    }
    const PackObject& object = m_kept.at(base);
    return keep(object.type, apply_delta(object.bytes, delta, m_limits.object_bytes), depth);
}

void PackReader::resolve_waiting() {
    bool progress = true;
    while (progress && !m_waiting.empty()) {
        progress = false;
        std::vector<Waiting> still_waiting;
        for (Waiting& waiting : m_waiting) {
            const Slot base = slot_of(waiting.base);
            if (base == k_waiting) {
                still_waiting.push_back(std::move(waiting));
            } else {
                m_located.at(waiting.located).slot = keep_delta(base, waiting.delta);
                progress = true;
            }
        }
        m_waiting = std::move(still_waiting);
    }
    if (!m_waiting.empty()) {
        corrupt("the base of a delta is not in it");
    }
}

std::vector<PackObject> PackReader::finish() {
    if (m_state != State::complete) {
        throw ProtocolError("the pack ends in the middle");
    }
    resolve_waiting();
    return std::move(m_kept);
}

}  // namespace headway::git
