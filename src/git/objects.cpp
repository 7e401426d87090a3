#include "objects.hpp"

#include <git2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "headway/error.hpp"
#include "libgit2.hpp"
#include "memory_objects.hpp"

namespace headway::git {

namespace {

constexpr std::size_t k_max_commit_bytes = std::size_t{1} << 20U;
constexpr std::size_t k_max_parents = 256;
constexpr std::size_t k_max_time_digits = 18;
constexpr std::string_view k_tree = "tree ";
constexpr std::string_view k_parent = "parent ";
constexpr std::string_view k_encoding = "encoding ";

Error damaged(const ObjectId& id, std::string because) {
    return {ExitCode::failed, "commit " + id.hex() + " cannot be read", std::move(because)};
}

/// Takes the next line off `rest`, without its end.
std::string_view next_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return line;
}

std::size_t parents_in(std::string_view header) {
    next_line(header);
    std::size_t count = 0;
    while (header.starts_with(k_parent)) {
        next_line(header);
        ++count;
    }
    return count;
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](char letter) { return letter >= '0' && letter <= '9'; });
}

/// Takes the last word off `text` when `wanted` accepts it.
template <typename Predicate>
std::string_view take_last_word(std::string_view& text, Predicate wanted) {
    const std::size_t last = text.find_last_not_of(' ');
    const std::string_view body = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
    const std::size_t space = body.rfind(' ');
    const std::string_view word = space == std::string_view::npos ? body : body.substr(space + 1);
    if (!wanted(word)) {
        return {};
    }
    text = body.substr(0, body.size() - word.size());
    return word;
}

/// What can be understood of an author or committer line, in the form that libgit2 reads. Old
/// importers left lines without an address, a time or a zone; git reads those as empty or zero.
std::string mended_signature(std::string_view field, std::string_view value) {
    const std::string_view zone = take_last_word(value, [](std::string_view word) {
        return word.size() == 5 && (word[0] == '+' || word[0] == '-') && all_digits(word.substr(1));
    });
    const std::string_view when = take_last_word(value, [](std::string_view word) {
        return all_digits(word.starts_with('-') ? word.substr(1) : word);
    });
    const std::size_t open = value.find('<');
    const std::string_view name = value.substr(0, open);
    const std::string_view behind =
        open == std::string_view::npos ? std::string_view{} : value.substr(open + 1);
    std::string email(behind.substr(0, behind.find('>')));
    std::erase(email, '<');
    std::string line(field);
    line.append(name).append(" <").append(email).append("> ");
    line.append(when.empty() || when.size() > k_max_time_digits ? "0" : when);
    line.append(" ").append(zone.empty() ? "+0000" : zone).append("\n");
    return line;
}

/// The header with author and committer mended; nothing when not even tree and parents are right.
std::optional<std::string> mended(std::string_view header) {
    std::string result;
    const auto copy_id_line = [&](std::string_view prefix) {
        std::string_view rest = header;
        const std::string_view line = next_line(rest);
        if (!line.starts_with(prefix) || !ObjectId::parse(line.substr(prefix.size()))) {
            return false;
        }
        result.append(line).append("\n");
        header = rest;
        return true;
    };
    if (!copy_id_line(k_tree)) {
        return std::nullopt;
    }
    while (header.starts_with(k_parent)) {
        if (!copy_id_line(k_parent)) {
            return std::nullopt;
        }
    }
    constexpr std::array<std::string_view, 2> k_fields{"author ", "committer "};
    for (const std::string_view field : k_fields) {
        std::string_view value;
        for (std::string_view rest = header; !rest.empty();) {
            const std::string_view line = next_line(rest);
            if (line.starts_with(field)) {
                value = line.substr(field.size());
                break;
            }
        }
        result += mended_signature(field, value);
    }
    return result += '\n';
}

/// libgit2 forgets the first of two encodings, and with it its memory.
bool names_encoding_twice(std::string_view header) {
    std::size_t count = 0;
    while (!header.empty()) {
        count += next_line(header).starts_with(k_encoding) ? 1U : 0U;
    }
    return count > 1;
}

/// Reads the parts of a commit that libgit2 takes; `because` is why it does not take the rest.
CommitHandle read_mended(const MemoryObjects& objects, const ObjectId& id, std::string_view bytes,
                         std::string_view header, const std::string& because) {
    const auto repaired = mended(header);
    if (!repaired || object_id_of(ObjectType::commit, bytes) != id) {
        throw damaged(id, because);
    }
    try {
        return objects.read_commit(object_id_of(ObjectType::commit, *repaired), *repaired);
    } catch (const Error&) {
        throw damaged(id, because);
    }
}

CommitHandle read_tolerantly(const MemoryObjects& objects, const ObjectId& id,
                             std::string_view bytes, std::string_view header) {
    if (names_encoding_twice(header)) {
        return read_mended(objects, id, bytes, header, "it names its encoding twice");
    }
    try {
        return objects.read_commit(id, bytes);
    } catch (const Error& error) {
        return read_mended(objects, id, bytes, header, error.because());
    }
}

Signature to_signature(const git_signature& signature) {
    return {signature.name, signature.email, signature.when.time, signature.when.offset};
}

}  // namespace

ObjectId object_id_of(ObjectType type, std::string_view bytes) {
    const Library library;
    git_oid oid{};
    check(git_odb_hash(&oid, bytes.data(), bytes.size(), native_type(type)),
          "an object cannot be hashed");
    return from_oid(oid);
}

Commit parse_commit(const ObjectId& id, std::string_view bytes) {
    if (bytes.size() > k_max_commit_bytes) {
        throw damaged(id, "it is larger than 1 MiB");
    }
    const std::size_t end = bytes.find("\n\n");
    const std::string_view header = bytes.substr(0, end);
    if (parents_in(header) > k_max_parents) {
        throw damaged(id, "it has more than " + std::to_string(k_max_parents) + " parents");
    }

    const MemoryObjects objects;
    const CommitHandle handle = read_tolerantly(objects, id, bytes, header);
    Commit commit;
    commit.id = id;
    commit.tree = from_oid(*git_commit_tree_id(handle.get()));
    for (unsigned index = 0; index < git_commit_parentcount(handle.get()); ++index) {
        commit.parents.push_back(from_oid(*git_commit_parent_id(handle.get(), index)));
    }
    commit.author = to_signature(*git_commit_author(handle.get()));
    commit.committer = to_signature(*git_commit_committer(handle.get()));
    if (end != std::string_view::npos) {
        // Not git_commit_message_raw: it ends at the first NUL.
        commit.message = bytes.substr(end + 2);
    }
    return commit;
}

struct ObjectStore::Implementation {
    std::optional<MemoryObjects> objects{std::in_place};
};

ObjectStore::ObjectStore() : m_implementation(std::make_unique<Implementation>()) {}

ObjectStore::~ObjectStore() = default;

ObjectId ObjectStore::add_commit(const CommitDraft& draft) {
    return m_implementation->objects->add_commit(draft);
}

ObjectId ObjectStore::add_object(ObjectType type, std::string_view bytes) {
    return m_implementation->objects->add_object(type, bytes);
}

std::string ObjectStore::pack() const {
    return m_implementation->objects->pack();
}

void ObjectStore::clear() {
    m_implementation->objects.emplace();
}

}  // namespace headway::git
