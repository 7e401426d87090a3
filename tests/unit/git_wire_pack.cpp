#include <openssl/evp.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "git/pack_delta.hpp"
#include "git/pack_reader.hpp"
#include "git/pkt_line.hpp"
#include "git_wire_support.hpp"

namespace headway::git {

using test::recorded;
using test::recorded_id;

namespace {

std::vector<PackObject> read_pack(std::string_view pack, PackKeep keep, std::size_t piece = 1 << 20,
                                  const PackLimits& limits = {}) {
    PackReader reader(keep, limits);
    while (!pack.empty()) {
        reader.feed(pack.substr(0, piece));
        pack.remove_prefix(std::min(piece, pack.size()));
    }
    return reader.finish();
}

std::string deflated(std::string_view bytes) {
    std::string result(compressBound(bytes.size()), '\0');
    uLongf size = result.size();
    REQUIRE(compress(reinterpret_cast<Bytef*>(result.data()), &size,
                     reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()) == Z_OK);
    result.resize(size);
    return result;
}

/// An entry's head: type and size as gitformat-pack has them.
std::string entry_head(unsigned type, std::uint64_t size) {
    std::string head;
    auto byte = static_cast<unsigned>(type << 4U | (size & 15U));
    size >>= 4U;
    while (size > 0) {
        head += static_cast<char>(byte | 0x80U);
        byte = size & 0x7FU;
        size >>= 7U;
    }
    head += static_cast<char>(byte);
    return head;
}

std::string entry(unsigned type, std::string_view bytes, std::string_view base = {}) {
    return entry_head(type, bytes.size()) + std::string(base) + deflated(bytes);
}

/// A pack of these entries, with a right header and trailer.
std::string make_pack(std::uint32_t count, std::string_view entries) {
    std::string pack = "PACK";
    for (const std::uint32_t number : {std::uint32_t{2}, count}) {
        for (int shift = 24; shift >= 0; shift -= 8) {
            pack += static_cast<char>(number >> shift & 0xFFU);
        }
    }
    pack += entries;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    REQUIRE(EVP_Digest(pack.data(), pack.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
    return pack.append(reinterpret_cast<const char*>(digest.data()), size);
}

std::string bytes_of(const ObjectId& id) {
    return {reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size()};
}

constexpr std::string_view k_commit =
    "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
    "author A <a@b> 1700000000 +0000\n"
    "committer A <a@b> 1700000000 +0000\n\nmessage\n";

std::string delta_number(std::size_t value) {
    std::string bytes;
    while (value >= 128) {
        bytes += static_cast<char>((value & 127U) | 128U);
        value >>= 7U;
    }
    return bytes += static_cast<char>(value);
}

/// A delta that copies its base, which has `base` bytes, and adds `added`.
std::string growing_delta(std::size_t base, std::string_view added) {
    std::string delta = delta_number(base) + delta_number(base + added.size());
    if (base > 0) {
        delta += '\xB0';
        delta += static_cast<char>(base & 255U);
        delta += static_cast<char>(base >> 8U);
    }
    delta += static_cast<char>(added.size());
    return delta.append(added);
}

/// The distance to an offset delta's base, below 128 + 128².
std::string offset_of(std::size_t distance) {
    if (distance < 128) {
        return std::string(1, static_cast<char>(distance));
    }
    std::string bytes(1, static_cast<char>(((distance >> 7U) - 1) | 128U));
    return bytes += static_cast<char>(distance & 127U);
}

}  // namespace

TEST_CASE("a pack of git's is read in full, whatever pieces it comes in") {
    const std::string name = GENERATE("pack_offset_deltas", "pack_id_deltas");
    const std::size_t piece = GENERATE(1U, 2U, 13U, 1U << 20U);
    const auto objects = read_pack(recorded(name), PackKeep::everything, piece);
    CHECK(objects.size() == 26);
    for (const PackObject& object : objects) {
        CHECK(object_id_of(object.type, object.bytes) == object.id);
    }
    for (const std::string_view wanted :
         {"c1", "c6", "event3", "side", "file1", "file6", "tree6"}) {
        INFO(wanted);
        CHECK(std::any_of(objects.begin(), objects.end(), [&](const PackObject& object) {
            return object.id == recorded_id(wanted);
        }));
    }
}

TEST_CASE("trees and files are left out where only commits are kept") {
    const auto objects = read_pack(recorded("pack_offset_deltas"), PackKeep::commits);
    CHECK(objects.size() == 10);
    for (const PackObject& object : objects) {
        CHECK(object.type == ObjectType::commit);
    }
}

TEST_CASE("each beginning of a pack is refused") {
    const std::string name = GENERATE("pack_offset_deltas", "pack_id_deltas");
    test::check_every_prefix_fails(recorded(name), [](std::string_view prefix) {
        (void)read_pack(prefix, PackKeep::everything);
    });
}

TEST_CASE("each flipped bit of a pack is noticed") {
    const std::string name = GENERATE("pack_offset_deltas", "pack_id_deltas");
    CHECK(test::flip_every_bit(recorded(name), [](std::string_view flipped) {
              (void)read_pack(flipped, PackKeep::everything);
          }) == 0);
}

TEST_CASE("bytes behind a pack are refused") {
    CHECK_THROWS_AS(read_pack(recorded("pack_offset_deltas") + "x", PackKeep::commits),
                    ProtocolError);
}

TEST_CASE("an empty pack has no objects") {
    const std::string pack = make_pack(0, {});
    CHECK(pack.size() == 32);
    CHECK(read_pack(pack, PackKeep::commits).empty());
    test::check_every_prefix_fails(
        pack, [](std::string_view prefix) { (void)read_pack(prefix, PackKeep::commits); });
}

TEST_CASE("a delta may come before its base, chained and in any order") {
    const std::string small = "base";
    const ObjectId base = object_id_of(ObjectType::blob, small);
    const ObjectId middle = object_id_of(ObjectType::blob, "base-middle");
    const std::string pack =
        make_pack(3, entry(7, growing_delta(11, "-top"), bytes_of(middle)) +
                         entry(7, growing_delta(4, "-middle"), bytes_of(base)) + entry(3, small));
    const auto objects = read_pack(pack, PackKeep::everything);
    REQUIRE(objects.size() == 3);
    CHECK(objects[2].bytes == "base-middle-top");
    PackLimits limits;
    limits.delta_depth = 1;
    CHECK_THROWS_AS(read_pack(pack, PackKeep::everything, 99, limits), PackTooLarge);
    limits = {};
    limits.waiting = 1;
    CHECK_THROWS_AS(read_pack(pack, PackKeep::everything, 99, limits), PackTooLarge);
}

TEST_CASE("an offset delta on a delta whose base comes later is resolved") {
    const std::string small = "base";
    const std::string first =
        entry(7, growing_delta(4, "-a"), bytes_of(object_id_of(ObjectType::blob, small)));
    const auto objects =
        read_pack(make_pack(3, first + entry(6, growing_delta(6, "-b"), offset_of(first.size())) +
                                   entry(3, small)),
                  PackKeep::everything);
    REQUIRE(objects.size() == 3);
    CHECK(objects[2].bytes == "base-a-b");
}

TEST_CASE("an object that comes twice is told once") {
    CHECK(read_pack(make_pack(2, entry(1, k_commit) + entry(1, k_commit)), PackKeep::commits)
              .size() == 1);
}

TEST_CASE("a delta of a dropped tree is dropped, and one of a commit is kept") {
    const std::string tree = entry(2, "");
    const std::string commit = entry(1, k_commit);
    const std::string entries = tree + entry(6, growing_delta(0, "x"), offset_of(tree.size()));
    CHECK(read_pack(make_pack(2, entries), PackKeep::commits).empty());
    const auto objects = read_pack(
        make_pack(4,
                  entries + commit +
                      entry(6, growing_delta(k_commit.size(), "more\n"), offset_of(commit.size()))),
        PackKeep::commits);
    REQUIRE(objects.size() == 2);
    CHECK(objects[1].type == ObjectType::commit);
    CHECK(objects[1].bytes == std::string(k_commit) + "more\n");
}

TEST_CASE("malformed packs are refused") {
    struct Case {
        const char* name;
        std::string pack;
    };
    const std::string unknown_base(20, '\7');
    const Case cases[] = {
        {"another signature", "KCAP" + make_pack(0, {}).substr(4)},
        {"version 4", std::string("PACK\0\0\0\4\0\0\0\0", 12) + std::string(20, 'x')},
        {"type 0", make_pack(1, entry(0, "x"))},
        {"type 5", make_pack(1, entry(5, "x"))},
        {"fewer objects than announced", make_pack(2, entry(3, "x"))},
        {"more objects than announced", make_pack(1, entry(3, "x") + entry(3, "y"))},
        {"a longer object than announced", make_pack(1, entry_head(3, 1) + deflated("xy"))},
        {"a shorter object than announced", make_pack(1, entry_head(3, 3) + deflated("xy"))},
        {"no zlib", make_pack(1, entry_head(3, 2) + "xyxyxyxyxyxyxyxyxyxyxyxy")},
        {"a size without an end", make_pack(1, std::string(20, '\xBF'))},
        {"an offset without an end", make_pack(1, entry_head(6, 4) + std::string(20, '\xFF'))},
        {"an offset of 0", make_pack(1, entry(6, growing_delta(1, "y"), std::string(1, '\0')))},
        {"an offset before the pack", make_pack(1, entry(6, growing_delta(1, "y"), "\x7f"))},
        {"an offset into an object",
         make_pack(2, entry(3, "x") + entry(6, growing_delta(1, "y"), "\2"))},
        {"a base that is not there", make_pack(1, entry(7, growing_delta(1, "y"), unknown_base))},
        {"a base of another size",
         make_pack(2, entry(3, "xx") + entry(7, growing_delta(1, "y"),
                                             bytes_of(object_id_of(ObjectType::blob, "xx"))))},
    };
    for (const Case& item : cases) {
        INFO(item.name);
        CHECK_THROWS_AS(read_pack(item.pack, PackKeep::everything), ProtocolError);
        CHECK_THROWS_AS(read_pack(item.pack, PackKeep::everything, 1), ProtocolError);
    }
}

TEST_CASE("a pack beyond a limit is refused as soon as that is known") {
    const std::string bomb(1U << 20U, '\0');
    const std::string large = make_pack(1, entry(3, bomb + "x"));
    CHECK(large.size() < 2000);
    CHECK_THROWS_AS(read_pack(large, PackKeep::everything), PackTooLarge);
    CHECK(read_pack(large, PackKeep::commits).empty());
    PackLimits limits;
    limits.inflated_bytes = 1U << 20U;
    CHECK_THROWS_AS(read_pack(large, PackKeep::commits, 99, limits), PackTooLarge);
    limits = {};
    limits.kept_bytes = 1U << 20U;
    CHECK_THROWS_AS(read_pack(make_pack(1, entry(3, bomb)), PackKeep::everything, 99, limits),
                    PackTooLarge);
    limits = {};
    limits.pack_bytes = 100;
    CHECK_THROWS_AS(read_pack(large, PackKeep::commits, 99, limits), PackTooLarge);
    limits = {};
    limits.objects = 9;
    CHECK_THROWS_AS(read_pack(make_pack(10, {}), PackKeep::commits, 99, limits), PackTooLarge);
    CHECK_THROWS_AS(read_pack(make_pack(2'000'001, {}), PackKeep::commits), PackTooLarge);
}

TEST_CASE("deltas are applied as gitformat-pack says") {
    CHECK(apply_delta("0123456789", std::string("\x0a\x05\x91\x02\x03\x02xy", 8), 100) == "234xy");
    const std::string base(0x10000, 'b');
    CHECK(apply_delta(base, std::string("\x80\x80\x04\x80\x80\x04\x80", 7), 1U << 20U) == base);
    struct Case {
        const char* name;
        std::string delta;
    };
    const Case malformed[] = {
        {"empty", ""},
        {"no result size", "\x0a"},
        {"another base", std::string("\x09\x01\x01x", 4)},
        {"command 0", std::string("\x0a\x01\x00x", 4)},
        {"copy beyond the base", std::string("\x0a\x05\x91\x08\x05", 5)},
        {"copy from beyond the base", std::string("\x0a\x05\x91\x0b\x01", 5)},
        {"insert more than there is", std::string("\x0a\x05\x05xy", 5)},
        {"copy without its numbers", std::string("\x0a\x05\xff\x01", 4)},
        {"result too long", std::string("\x0a\x01\x02xy", 5)},
        {"result too short", std::string("\x0a\x03\x02xy", 5)},
        {"a size without an end", std::string(12, '\xff')},
    };
    for (const Case& item : malformed) {
        INFO(item.name);
        CHECK_THROWS_AS(apply_delta("0123456789", item.delta, 100), ProtocolError);
    }
    CHECK_THROWS_AS(apply_delta("0123456789", std::string("\x0a\x65\x01x", 4), 100), PackTooLarge);
}

}  // namespace headway::git
