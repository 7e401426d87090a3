#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "git/objects.hpp"
#include "headway/error.hpp"
#include "headway/object_id.hpp"

namespace headway::git {

class PackInflater;
class PackDigest;

struct PackObject {
    ObjectId id;
    ObjectType type = ObjectType::commit;
    std::string bytes;
};

/// A pack that is well-formed as far as it was read, and larger than the limits.
class PackTooLarge : public Error {
public:
    explicit PackTooLarge(std::string because);
};

/// `commits`: trees, files and tags are inflated and dropped on the way.
enum class PackKeep { commits, everything };

struct PackLimits {
    std::uint64_t pack_bytes = 256U << 20U;      ///< As received.
    std::uint64_t inflated_bytes = 4ULL << 30U;  ///< Of all objects together.
    std::uint32_t objects = 2'000'000;
    std::size_t object_bytes = 1U << 20U;  ///< Of one object that is kept, and of a delta.
    std::size_t kept_bytes = 128U << 20U;  ///< Of all objects and waiting deltas together.
    std::size_t waiting = 65'536;          ///< Deltas whose base comes later.
    unsigned delta_depth = 4095;           ///< As git's own `pack.depth` allows.
};

/// Reads one pack (gitformat-pack) from memory while it arrives, in pieces of any size; what
/// arrives is hostile. Memory: the objects that are kept (PackLimits::kept_bytes), 16 bytes for
/// every object, and 16 KiB. All of gitformat-pack's entries are understood, deltas also where
/// the base comes later; thin packs are refused. Every failure is a ProtocolError or PackTooLarge.
class PackReader {
public:
    explicit PackReader(PackKeep keep, const PackLimits& limits = {});
    PackReader(const PackReader&) = delete;
    PackReader& operator=(const PackReader&) = delete;
    ~PackReader();

    void feed(std::string_view piece);

    /// Objects that the pack's header announces; nothing before it arrived.
    [[nodiscard]] std::optional<std::uint32_t> announced() const noexcept { return m_announced; }

    /// The kept objects in the pack's order, each id once. Throws unless the pack ended exactly,
    /// with the right checksum, and every kept delta had its base. To be called once.
    [[nodiscard]] std::vector<PackObject> finish();

private:
    enum class State { header, entry, offset, base_id, data, trailer, complete };
    enum class EntryType : std::uint8_t {
        commit = 1,
        tree = 2,
        blob = 3,
        tag = 4,
        offset_delta = 6,
        id_delta = 7
    };
    struct Entry {
        std::uint64_t start = 0;
        EntryType type = EntryType::commit;
        std::uint64_t size = 0;
        std::uint64_t base_distance = 0;
    };
    /// What became of an entry: an index into m_kept, or one of the two below.
    using Slot = std::uint32_t;
    static constexpr Slot k_skipped = 0xFFFFFFFF;
    static constexpr Slot k_waiting = 0xFFFFFFFE;
    struct Located {
        std::uint64_t start = 0;
        Slot slot = k_skipped;
    };
    /// A delta's base: the index into m_located of an earlier entry, or an id.
    struct Base {
        std::size_t located = 0;
        std::optional<ObjectId> id;
    };
    struct Waiting {
        std::size_t located = 0;  ///< Its own index into m_located.
        Base base;
        std::string delta;
    };
    struct IdHash {
        std::size_t operator()(const ObjectId& id) const noexcept;
    };

    std::size_t consume(std::string_view piece);
    std::size_t consume_header(std::string_view piece);
    void consume_entry_byte(std::uint8_t byte);
    void consume_offset_byte(std::uint8_t byte);
    std::size_t consume_base_id(std::string_view piece);
    std::size_t consume_data(std::string_view piece);
    std::size_t consume_trailer(std::string_view piece);
    std::size_t fill_field(std::string_view piece, std::size_t size);
    void begin_data(bool storing);
    void end_entry();
    [[nodiscard]] std::size_t located_at(std::uint64_t start) const;
    [[nodiscard]] Slot slot_of(const Base& base) const;
    Slot keep(ObjectType type, std::string bytes, unsigned depth);
    Slot keep_delta(Slot base, std::string_view delta);
    void count_kept(std::size_t bytes);
    void resolve_waiting();

    PackKeep m_keep;
    PackLimits m_limits;
    State m_state = State::header;
    std::string m_field;  ///< A header, id or trailer while it is incomplete.
    std::uint64_t m_received = 0;
    std::uint64_t m_position = 0;  ///< Bytes of the pack that were consumed.
    std::uint64_t m_inflated = 0;
    std::size_t m_kept_bytes = 0;
    std::optional<std::uint32_t> m_announced;
    Entry m_entry;
    Base m_base;
    unsigned m_shift = 0;  ///< Bits of a variable-length number so far.
    bool m_storing = false;
    std::uint64_t m_produced = 0;  ///< Inflated bytes of the present entry.
    std::string m_bytes;           ///< The same, where they are stored.
    std::unique_ptr<PackInflater> m_inflater;
    std::unique_ptr<PackDigest> m_digest;
    std::vector<Located> m_located;  ///< In the pack's order, so sorted by `start`.
    std::vector<PackObject> m_kept;
    std::vector<unsigned> m_depths;  ///< Deltas below each of m_kept.
    std::unordered_map<ObjectId, Slot, IdHash> m_by_id;
    std::vector<Waiting> m_waiting;
};

}  // namespace headway::git
