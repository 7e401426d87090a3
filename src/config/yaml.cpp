#include "config/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "config/config.hpp"
#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

using MutableNode = std::shared_ptr<Node>;

Place place_of(const YAML::Mark& mark) {
    return {std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1};
}

/// Builds the tree from yaml-cpp's events. Its own node graph is not used: it drops the places
/// of keys, lets duplicate keys through, and has no bounds.
class Builder final : public YAML::EventHandler {
public:
    explicit Builder(std::string_view path) : m_path(path) {}

    [[nodiscard]] NodePointer take() { return std::move(m_root); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (m_root != nullptr) {
            fail(mark, "a second document begins here", "the file is one YAML document",
                 {"remove it, or what ends the first one"});
        }
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(mark, anchor, new_node(NodeKind::nothing, mark));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = m_anchors.find(anchor);
        if (found == m_anchors.end()) {
            fail(mark, "an alias refers to the value that it is part of", {}, {});
        }
        add(mark, 0, found->second);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_tag(mark, tag);
        auto node = new_node(NodeKind::text, mark);
        node->text = value;
        node->quoted = tag == "!";
        add(mark, anchor, std::move(node));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        open(NodeKind::list, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        open(NodeKind::map, mark, tag, anchor);
    }
    void OnMapEnd() override { close(); }

    [[noreturn]] void fail(const YAML::Mark& mark, const std::string& what, std::string because,
                           std::vector<std::string> hints) const {
        const Place place = place_of(mark);
        refuse({fmt::format("{}:{}:{}", m_path, place.line, place.column)}, what,
               std::move(because), std::move(hints));
    }

private:
    struct Open {
        MutableNode node;
        YAML::Mark mark;
        YAML::anchor_t anchor = 0;
        NodePointer key;  ///< Of the value that comes next.
        std::unordered_set<std::string_view> keys;
    };

    static MutableNode new_node(NodeKind kind, const YAML::Mark& mark) {
        auto node = std::make_shared<Node>();
        node->kind = kind;
        node->place = place_of(mark);
        return node;
    }

    void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
        if (!tag.empty() && tag != "?" && tag != "!") {
            fail(mark, fmt::format("the YAML tag {} is not understood", in_quotes(tag)),
                 "headway's file has no tags", {"remove the tag"});
        }
    }

    void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag,
              YAML::anchor_t anchor) {
        refuse_tag(mark, tag);
        if (m_open.size() >= k_max_nesting) {
            fail_nesting(mark);
        }
        Open opened;
        opened.node = new_node(kind, mark);
        opened.mark = mark;
        opened.anchor = anchor;
        m_open.push_back(std::move(opened));
    }

    void close() {
        Open closed = std::move(m_open.back());
        m_open.pop_back();
        add(closed.mark, closed.anchor, std::move(closed.node));
    }

    [[noreturn]] void fail_nesting(const YAML::Mark& mark) const {
        fail(mark, "the nesting is too deep",
             fmt::format("at most {} levels are read, aliases included", k_max_nesting), {});
    }

    void add(const YAML::Mark& mark, YAML::anchor_t anchor, NodePointer node) {
        if (anchor != 0) {
            m_anchors[anchor] = node;
        }
        if (m_open.empty()) {
            m_root = std::move(node);
            return;
        }
        Open& parent = m_open.back();
        parent.node->unfolded += node->unfolded;
        parent.node->height = std::max(parent.node->height, node->height + 1);
        if (parent.node->unfolded > k_max_nodes) {
            fail(mark, "the file unfolds to too many values",
                 fmt::format("at most {} are read, aliases included", k_max_nodes), {});
        }
        if (parent.node->height > k_max_nesting) {
            fail_nesting(mark);
        }
        if (parent.node->kind == NodeKind::list) {
            parent.node->items.push_back(std::move(node));
        } else if (parent.key == nullptr) {
            add_key(parent, mark, std::move(node));
        } else {
            parent.node->entries.push_back({std::move(parent.key), std::move(node)});
            parent.key = nullptr;
        }
    }

    void add_key(Open& parent, const YAML::Mark& mark, NodePointer key) const {
        if (key->kind != NodeKind::text) {
            fail(mark, "a key is missing or is not text", {}, {"write it as key: value"});
        }
        if (!parent.keys.insert(key->text).second) {
            const auto first =
                std::find_if(parent.node->entries.begin(), parent.node->entries.end(),
                             [&](const Entry& entry) { return entry.key->text == key->text; });
            fail(mark, fmt::format("the key {} appears twice here", in_quotes(key->text)),
                 fmt::format("the first one is in line {}", (*first).key->place.line),
                 {"keep one of the two"});
        }
        parent.key = std::move(key);
    }

    std::string m_path;
    std::vector<Open> m_open;
    std::unordered_map<YAML::anchor_t, NodePointer> m_anchors;
    NodePointer m_root;
};

/// What yaml-cpp would read in silence as an end, a line break or another character.
void refuse_unreadable(std::string_view text, std::string_view path) {
    if (text.size() > k_max_file_bytes) {
        refuse({std::string(path)},
               fmt::format("the file has more than {} KiB", k_max_file_bytes / 1024),
               fmt::format("it has {} bytes", text.size()), {"is it the right file?"});
    }
    int number = 0;
    while (!text.empty()) {
        ++number;
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        const auto last = line.find_last_not_of(" \r");
        line = line.substr(0, last == std::string_view::npos ? 0 : last + 1);
        const std::string shown = printable(line, std::numeric_limits<std::size_t>::max());
        const auto [bad, unused] =
            std::mismatch(line.begin(), line.end(), shown.begin(), shown.end());
        if (bad != line.end()) {
            refuse({fmt::format("{}:{}:{}", path, number, bad - line.begin() + 1)},
                   "a control character, or a byte that is not UTF-8",
                   "the file is plain text in UTF-8", {"save it as UTF-8 without a mark"});
        }
    }
}

/// yaml-cpp's words. What it quotes from the file is cut off: it may be part of a secret.
std::string parser_words(const YAML::Exception& error) {
    return printable(std::string_view(error.msg).substr(0, error.msg.find(": ")));
}

/// `column` counts from 1.
std::vector<std::string> parser_hints(std::string_view line, int column) {
    const auto place = static_cast<std::size_t>(column) - 1;
    if (place < line.size() && line[place] == '?') {
        // yaml-cpp takes it for the start of a key inside { } and [ ], wherever it stands.
        return {"put the text with the '?' in quotes"};
    }
    if (line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos) {
        return {"indent with spaces: YAML has no tabs there"};
    }
    return {"compare the line and the one above it with examples/headway.yml"};
}

}  // namespace

NodePointer parse_yaml(std::string_view text, std::string_view path) {
    refuse_unreadable(text, path);
    // Behind a newline at the very end, yaml-cpp takes an open quote for a closed one.
    const auto last = text.find_last_not_of(" \t\r\n");
    std::istringstream stream{
        std::string(text.substr(0, last == std::string_view::npos ? 0 : last + 1))};
    Builder builder(path);
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& error) {
        const Place place = place_of(error.mark);
        const auto lines = lines_of(text);
        const auto index = static_cast<std::size_t>(place.line) - 1;
        builder.fail(
            error.mark, parser_words(error), "the file is not valid YAML",
            parser_hints(index < lines.size() ? lines[index] : std::string{}, place.column));
    }
    NodePointer root = builder.take();
    return root != nullptr ? root : std::make_shared<const Node>();
}

}  // namespace headway::config
